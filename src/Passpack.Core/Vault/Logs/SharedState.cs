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
    /// <param name="find">Finds a key that the log commits to beside the file; null if there is none.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>, <see cref="ErrorCodes.VaultKeyMissing"/>.</exception>
    public static (AccountRow Row, SharedLog Log, VaultKeys Keys) Open(
        VaultConnection connection, AccountFolder folder, VaultKeys account, AccountIdentity identity, Func<SharedLog, SharedVaultKey?> find)
    {
        // Nothing of it is used before the row, under a key of this account, has vouched for the last statement.
        AccountRow claimed = AccountRow.Load(connection);
        SharedLog log = SharedLog.Read(connection) ?? throw VaultErrors.Damaged(connection.Path, "the log of the shared vault cannot be read");
        Guid id = folder.SharedId!.Value;
        if (log.Log.VaultId != id)
            throw VaultErrors.Damaged(connection.Path, $"its log is of the shared vault {log.Log.VaultId}");
        SharedVaultKey? own = claimed.WrappedKey is { } wrapped && log.EpochOf(claimed.Epoch) is { } epoch
            ? account.TryUnwrap(wrapped, epoch, id, identity.UserId) : null;
        SharedVaultKey? known = find(log);
        var keys = VaultKeys.OfShared(id, own ?? known ?? throw SharedErrors.KeyMissing(id), account);
        try
        {
            if (own is not null && known is not null)
                keys.Add(known);
            foreach (int newest in log.State.Epochs.Keys.Reverse().Where(keys.Has).ToList())
                log.OpenEarlier(keys, newest);
            AccountRow row = AccountRow.Load(connection, keys);
            if (row.VaultId != id || row.Statement != log.Head)
                throw VaultErrors.Altered(connection.Path);
            if (!keys.Has(row.Epoch))
                throw SharedErrors.KeyMissing(id);
            keys.GoTo(row.Epoch);
            return (row, log, keys);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Saves statements that were verified, in the caller's transaction. If they lead to another epoch whose key is there, it is the present one from now on:
    /// whoever rolls back goes back to the one before.
    /// </summary>
    /// <param name="connection">Of the vault.</param>
    /// <param name="keys">The vault's.</param>
    /// <param name="log">After the statements.</param>
    /// <param name="statements">Those that the file does not have.</param>
    /// <param name="wrappedKey">The key of the newest epoch, wrapped for this account. Null: it stays as it is.</param>
    /// <returns>Whether there is another epoch: what waits on this machine has to be sealed anew under it.</returns>
    public static bool Save(VaultConnection connection, VaultKeys keys, SharedLog log, IEnumerable<SignedStatement> statements, byte[]? wrappedKey)
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
        if (isNewEpoch)
            keys.GoTo(log.State.Epoch);
        return isNewEpoch;
    }

    /// <summary>Takes up what another process, or another thread, has added to the file. One query if that is nothing.</summary>
    /// <param name="connection">Of the file.</param>
    /// <param name="keys">The vault's.</param>
    /// <param name="account">The account's own.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>, <see cref="ErrorCodes.VaultKeyMissing"/>.</exception>
    public void Refresh(VaultConnection connection, VaultKeys keys, VaultKeys account)
    {
        // Only forward: a transaction of another thread that leads to a new epoch may not have been committed yet.
        if (!IsAhead(connection, keys))
            return;
        lock (_gate)
        {
            AccountRow row = AccountRow.Load(connection, keys);
            SharedLog log = _log.Copy();
            foreach (byte[] bytes in StatementTable.From(connection, log.Log.Count))
            {
                if (!SignedStatement.TryRead(bytes, out SignedStatement? statement, out _) || log.TryAppend(statement) != StatementFault.None)
                    throw VaultErrors.Damaged(connection.Path, "the log of the shared vault cannot be read");
            }
            if (row.Statement != log.Head)
                throw VaultErrors.Altered(connection.Path);
            if (!keys.Has(row.Epoch) && row.WrappedKey is { } wrapped && log.EpochOf(row.Epoch) is { } epoch
                && account.TryUnwrap(wrapped, epoch, row.VaultId, identity.UserId) is { } key)
            {
                keys.Add(key);
                log.OpenEarlier(keys, row.Epoch);
            }
            if (!keys.Has(row.Epoch))
                throw SharedErrors.KeyMissing(row.VaultId);
            if (row.Epoch > keys.Epoch)
                keys.GoTo(row.Epoch);
            _log = log;
        }
    }

    /// <summary>Refuses a write that this account may not make.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.VaultClosed"/>.</exception>
    public void RequireWritable(Guid vaultId) => RequireWritable(vaultId, _log.State, Fingerprint);

    /// <summary>The same by a log that may be newer than the file's.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, <see cref="ErrorCodes.VaultClosed"/>.</exception>
    public static void RequireWritable(Guid vaultId, LogState state, Hash256 member)
    {
        switch (state.RoleOf(member))
        {
            case null:
                throw SharedErrors.NotPermitted(vaultId, "this account is no member of it any more, and what this machine has of it can only be read");
            case VaultRole.Reader:
                throw SharedErrors.NotPermitted(vaultId, "this account is a Reader of it; an Owner can change that (Set-PasspackVaultMember)");
        }
        if (state.IsClosed)
            throw SharedErrors.Closed(vaultId);
    }

    private bool IsAhead(VaultConnection connection, VaultKeys keys) => connection.First<(long? Last, long Epoch)?>(
        "SELECT statement_number, epoch FROM account", row => (row.GetInt64OrNull(0), row.GetInt64(1))) is { } at
        && (at.Last > _log.Head.Number || at.Epoch > keys.Epoch);
}
