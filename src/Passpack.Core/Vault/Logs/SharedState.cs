using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Logs;

/// <summary>What an opened shared vault knows of itself beside its entries: its log, and who this account is in it. Thread-safe.</summary>
internal sealed class SharedState(SharedLog log, AccountIdentity identity)
{
    private readonly object _gate = new();
    private volatile SharedLog _log = log;

    /// <summary>The log as the file has it. Not to be appended to.</summary>
    public SharedLog Log => _log;

    /// <summary>This account's identity, by which the log knows it.</summary>
    public AccountIdentity Identity => identity;

    public Hash256 Fingerprint { get; } = Hash256.Read(identity.Fingerprint);

    public VaultRole? Role => _log.State.RoleOf(Fingerprint);

    /// <summary>Opens the file of a shared vault: log, keys and row have to fit each other, and the row has to be this account's.</summary>
    /// <param name="connection">Of the file.</param>
    /// <param name="folder">Where it lies.</param>
    /// <param name="account">The account's keys.</param>
    /// <param name="identity">The account's.</param>
    /// <param name="known">A key of one of its epochs, which the caller goes on owning. Null if there is none beside the file's.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>, <see cref="ErrorCodes.VaultKeyMissing"/>.</exception>
    public static (AccountRow Row, SharedLog Log, VaultKeys Keys) Open(
        VaultConnection connection, AccountFolder folder, VaultKeys account, AccountIdentity identity, SharedVaultKey? known)
    {
        // Nothing of it is used before the row, under a key of this account, has vouched for the last statement.
        AccountRow claimed = AccountRow.Load(connection);
        SharedLog log = SharedLog.Read(connection) ?? throw VaultErrors.Damaged(connection.Path, "the log of the shared vault cannot be read");
        Guid id = folder.SharedId!.Value;
        if (log.Log.VaultId != id)
            throw VaultErrors.Damaged(connection.Path, $"its log is of the shared vault {log.Log.VaultId}");
        SharedVaultKey? own = claimed.WrappedKey is { } wrapped && log.EpochOf(claimed.Epoch) is { } epoch
            ? account.TryUnwrap(wrapped, epoch, id, identity.UserId) : null;
        if (own is null && (known is null || log.EpochOf(known.Epoch.Number) != known.Epoch))
            throw Account.LocalVault.KeyMissing(id);
        var keys = VaultKeys.OfShared(id, own ?? known!.Copy(), account);
        try
        {
            if (own is not null && known is not null && log.EpochOf(known.Epoch.Number) == known.Epoch)
                keys.Add(known.Copy());
            foreach (int newest in log.State.Epochs.Keys.Reverse().Where(keys.Has).ToList())
                log.OpenEarlier(keys, newest);
            AccountRow row = AccountRow.Load(connection, keys);
            if (row.VaultId != id || row.Statement != log.Head)
                throw VaultErrors.Altered(connection.Path);
            if (!keys.Has(row.Epoch))
                throw Account.LocalVault.KeyMissing(id);
            keys.GoTo(row.Epoch);
            return (row, log, keys);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>Saves statements that were verified, and the epoch that they lead to, in the caller's transaction.</summary>
    /// <param name="connection">Of the vault.</param>
    /// <param name="keys">The vault's; they have the key of the newest epoch, which becomes the present one.</param>
    /// <param name="log">After the statements.</param>
    /// <param name="statements">Those that the file does not have.</param>
    /// <param name="wrappedKey">The key of the newest epoch, wrapped for this account. Null: it stays as it is.</param>
    public static void Save(VaultConnection connection, VaultKeys keys, SharedLog log, IEnumerable<SignedStatement> statements, byte[]? wrappedKey)
    {
        AccountRow row = AccountRow.Load(connection, keys);
        foreach (SignedStatement statement in statements)
            StatementTable.Append(connection, statement);
        bool isNewEpoch = row.Epoch != log.State.Epoch && keys.Has(log.State.Epoch);
        (row with
        {
            Epoch = isNewEpoch ? log.State.Epoch : row.Epoch,
            Statement = log.Head,
            WrappedKey = wrappedKey ?? (isNewEpoch ? null : row.WrappedKey),
        }).SaveStatement(connection, keys);
    }

    /// <summary>Takes up what another process, or another thread, has added to the file. One query if that is nothing.</summary>
    /// <param name="connection">Of the file.</param>
    /// <param name="keys">The vault's.</param>
    public void Refresh(VaultConnection connection, VaultKeys keys)
    {
        (long? last, int epoch) = connection.Query("SELECT statement_number, epoch FROM account", row => (row.IsDBNull(0) ? (long?)null : row.GetInt64(0), row.GetInt32(1)))
            .FirstOrDefault();
        if (last == _log.Head.Number && epoch == keys.Epoch)
            return;
    }

    /// <summary>Refuses a write that this account may not make.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.VaultClosed"/>.</exception>
    public void RequireWritable(Guid vaultId)
    {
    }
}
