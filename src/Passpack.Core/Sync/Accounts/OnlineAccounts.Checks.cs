using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>The proofs that this machine requires of a server when it connects.</summary>
public static partial class OnlineAccounts
{
    private const int DeviceTokenBytes = 32;

    // A token of any other length would be sent with every request from now on.
    private static void CheckToken(OnlineClient client, LoginAnswer answer)
    {
        if (answer.DeviceToken is not { Length: DeviceTokenBytes })
            throw client.NotPasspack("its device token is none");
    }

    /// <summary>Requires that the online history contains the checkpoint, before anything else of the account is accepted.</summary>
    private static async Task RequireCheckpointAsync(LocalVault vault, string checkpoint, AccountRow? before, string? aside, CancellationToken cancellationToken)
    {
        try
        {
            await VaultSync.RunAsync(vault, new SyncOptions { WhatIf = true, Checkpoint = checkpoint }, null, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Undo(vault, before, aside);
            throw;
        }
    }

    /// <summary>Undoes a connection that failed its proof. If the vault was replaced for it, the earlier vault gets its place back.</summary>
    private static void Undo(LocalVault vault, AccountRow? before, string? aside)
    {
        AccountFolder folder = vault.Folder;
        if (before is not null && aside is null)
        {
            // Restores only the values that connecting changed: others may have changed since.
            using (VaultUse use = vault.Use())
            {
                use.Connection.InTransaction(() =>
                {
                    before.SaveKeys(use.Connection, use.Keys);
                    before.SaveLink(use.Connection, use.Keys);
                });
            }
            vault.Dispose();
            return;
        }
        vault.Dispose();
        if (before is null)
        {
            VaultFile.Discard(folder);
            return;
        }
        using FileStream alone = VaultLocks.LockAlone(folder);
        VaultReplacement.ExchangeBack(folder, aside!);
    }
}
