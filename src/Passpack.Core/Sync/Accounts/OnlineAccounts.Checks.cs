using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

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
            VaultFile.Discard(folder);
            return;
        }
        if (aside is not null)
        {
            using FileStream alone = VaultLocks.LockAlone(folder);
            VaultReplacement.ExchangeBack(folder, aside);
            return;
        }
        using VaultConnection connection = VaultFile.Open(folder);
        connection.BeginImmediate();
        // No more than what connecting changed: meanwhile the account may have gone on.
        before.SaveKeys(connection);
        before.SaveLink(connection);
        connection.Commit();
    }
}
