using Passpack.Packing.Keys;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>The link of a local account to its online account: server, device and keys, as the local account's row holds them.</summary>
internal static class AccountLink
{
    /// <summary>The row of a local account.</summary>
    /// <returns>Null if there is no such account.</returns>
    public static AccountRow? Read(AccountFolder folder)
    {
        if (!folder.Exists)
            return null;
        using FileStream? _ = VaultLocks.LockForReading(folder);
        using VaultConnection connection = VaultFile.Open(folder);
        return AccountRow.Load(connection);
    }

    /// <summary>The row with the online account's keys, and linked to its server as the device.</summary>
    /// <param name="row">Of the local account.</param>
    /// <param name="keys">The online account's.</param>
    /// <param name="record">Its key record.</param>
    /// <param name="client">To the server.</param>
    /// <param name="device">This machine.</param>
    /// <param name="token">Its token, which is awake.</param>
    public static AccountRow Complete(AccountRow row, VaultKeys keys, StoredKeyRecord record, OnlineClient client, Guid device,
        ReadOnlySpan<byte> token) => row.With(record) with
    {
        Epoch = keys.Epoch,
        EarlierKeys = keys.EarlierKeys,
        OnlineError = null,
        Server = client.Server.AbsoluteUri,
        Certificate = client.Certificate?.Stored,
        DeviceId = device,
        DeviceToken = SealedToken.Seal(keys, device, token, client.Server.AbsoluteUri, row.UserId),
    };

    /// <summary>Replaces the link of this machine's account.</summary>
    /// <param name="folder">Of the local account.</param>
    /// <param name="keys">The account's; the vault that is returned owns them.</param>
    /// <param name="complete">Puts the link into the row.</param>
    /// <param name="startAnew">Drops what another online account left in the local account.</param>
    public static LocalVault Replace(AccountFolder folder, VaultKeys keys, Func<AccountRow, AccountRow> complete, bool startAnew = false)
    {
        FileStream useLock = VaultLocks.LockForUse(folder);
        try
        {
            using VaultConnection connection = VaultFile.Open(folder);
            connection.BeginImmediate();
            int epoch = AccountRow.Load(connection).Epoch;
            // That the row opens proves that the new keys lead to those that this machine had.
            using VaultKeys? before = epoch < keys.Epoch ? keys.At(epoch) : null;
            AccountRow row = startAnew
                ? VaultDetach.MakeOffline(connection, keys, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds())
                : AccountRow.Load(connection, before ?? keys);
            row = complete(row);
            if (before is null)
                row.Save(connection, keys);
            else
                EpochChange.Apply(connection, keys, row with { IsResealing = true });
            connection.Commit();
            return new LocalVault(folder, row, keys, useLock, TimeProvider.System);
        }
        catch
        {
            useLock.Dispose();
            throw;
        }
    }

    /// <summary>Undoes a connection that failed its proof. If the vault was replaced for it, the earlier vault gets its place back.</summary>
    /// <param name="vault">Unlocked; it is locked by this.</param>
    /// <param name="before">The row before. Null if the connection made the local account.</param>
    /// <param name="aside">Where the earlier vault lies. Null if the vault was not replaced.</param>
    public static void Undo(LocalVault vault, AccountRow? before, string? aside)
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
