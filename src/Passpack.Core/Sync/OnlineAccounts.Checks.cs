using Passpack.Packing;
using Passpack.Protocol;
using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>What a server has to prove when this machine connects.</summary>
public static partial class OnlineAccounts
{
    private const int DeviceTokenBytes = 32;

    // Any other length would be sent with every request from now on.
    private static void CheckToken(OnlineClient client, LoginAnswer answer)
    {
        if (answer.DeviceToken is not { Length: DeviceTokenBytes })
            throw client.NotPasspack("its device token is none");
    }

    /// <exception cref="PasspackException"><see cref="ErrorCodes.PackTooNew"/>.</exception>
    internal static void DemandKnown(int packVersion)
    {
        if (packVersion > KeyEnvelope.PackVersion)
        {
            throw new PasspackException(ErrorCodes.PackTooNew,
                $"The online account is of pack version {packVersion}; this module knows up to {KeyEnvelope.PackVersion}. Nothing was changed. Update the module " +
                "(Update-Module Passpack) and try again.");
        }
    }

    /// <summary>A key record that is the account's own, and yet an earlier one: with the Packing Key or the key derivation of that time.</summary>
    internal static void DemandNotOlder(OnlineClient client, AccountRow local, KeyRecord record)
    {
        if (record.Generation < local.KeyGeneration)
            throw OlderKeys(client, local, record.Generation);
        // What came before pack version 7 had a key derivation that is weaker than any that is accepted now.
        if (local.PackVersion == KeyEnvelope.PackVersion
            && KeyEnvelope.ParametersOf(record.KeyEnvelope).IsWeakerThan(KeyEnvelope.ParametersOf(local.KeyEnvelope)))
            throw Tampered(client, "its key derivation is weaker than what this machine saw before");
    }

    /// <summary>Keys from before the Packing Key was changed are believed by no machine that saw it changed; but it can put them right.</summary>
    internal static PasspackException OlderKeys(OnlineClient client, AccountRow local, int served) => new(ErrorCodes.ServerRolledBack,
        $"{client.Server} has gone back behind what this machine saw before: it serves keys of generation {served}, from before the Packing Key was changed; this machine " +
        $"saw {local.KeyGeneration}. Nothing was changed. If, and only if, whoever runs the server says that it was restored from a backup, " +
        $"'{VaultErrors.ConnectCommand(local.UserId, client.Server)} -AcceptRollback' puts this machine's keys there again; it asks for the Password, which may " +
        "have gone back, too, and for the Packing Key of this machine. Then sync.") { Target = client.Server };

    /// <summary>The machine believes nothing that does not continue the checkpoint: its very first look at the account proves it.</summary>
    private static async Task DemandCheckpointAsync(LocalVault vault, string checkpoint, AccountRow? before, string? aside, CancellationToken cancellationToken)
    {
        try
        {
            await VaultSync.RunAsync(vault, new SyncOptions { WhatIf = true, Checkpoint = checkpoint }, null, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            vault.Dispose();
            Undo(vault.Folder, before, aside);
            throw;
        }
    }

    /// <summary>This machine as it was before a connection that did not prove itself; a vault that joined with it gives its place back to the earlier one.</summary>
    private static void Undo(AccountFolder folder, AccountRow? before, string? aside)
    {
        if (before is null)
        {
            VaultFiles.Discard(folder);
            return;
        }
        if (aside is not null)
        {
            using FileStream alone = VaultFiles.LockAlone(folder);
            VaultFiles.ExchangeBack(folder, aside);
            return;
        }
        using VaultConnection connection = VaultFiles.Open(folder);
        connection.BeginImmediate();
        // No more than what connecting changed: meanwhile the account may have gone on.
        before.SaveKeys(connection);
        before.SaveLink(connection);
        connection.Commit();
    }
}
