using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Vault.Entries;
using Passpack.Vault.Logs;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>
/// Shared vaults: each a vault file of its own below the account's folder, unlocked with the account and locked with it. docs/sharing.md, "On the machine".
/// </summary>
public sealed partial class LocalVault
{
    private readonly SharedState? _shared;
    private readonly Dictionary<Guid, LocalVault> _opened = [];

    private LocalVault(LocalVault owner, AccountFolder folder, AccountRow account, VaultKeys keys, SharedState shared, FileStream? useLock)
        : this(folder, account, keys, useLock, owner.Clock)
    {
        Owner = owner;
        _shared = shared;
    }

    /// <summary>Of a shared vault: the account that opened it. Null of an account's own vault.</summary>
    public LocalVault? Owner { get; }

    /// <summary>Of a shared vault: the account's own name for it. Null of an account's own vault.</summary>
    public string? SharedName => Owner?.Personal(records => records.SharedVault(Folder.SharedId!.Value))?.Name;

    /// <summary>Of a shared vault: what this account may do in it; null if it is no member any more. Null of an account's own vault, too.</summary>
    public VaultRole? Role
    {
        get
        {
            using VaultUse use = Use();
            return _shared?.Role;
        }
    }

    /// <summary>Of a shared vault: what its log says, as far as this machine has verified it.</summary>
    /// <exception cref="InvalidOperationException">It is an account's own vault.</exception>
    public VaultLog ReadLog()
    {
        using VaultUse use = Use();
        return RequireShared().Log.Log.Copy();
    }

    /// <summary>Of a shared vault: the statements of its log, in order.</summary>
    public IReadOnlyList<Statement> ReadStatements()
    {
        using VaultUse use = Use();
        return [.. StatementTable.From(use.Connection, 0)
            .Select(bytes => SignedStatement.TryRead(bytes, out SignedStatement? statement, out _) ? statement.Content : null).OfType<Statement>()];
    }

    /// <summary>Of a shared vault: the key of its newest epoch, to wrap it for a member or to chain it. The caller disposes it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultKeyMissing"/>.</exception>
    public SharedVaultKey CopyKey()
    {
        using VaultUse use = Use();
        int epoch = RequireShared().Log.State.Epoch;
        return use.Keys.Has(epoch) ? use.Keys.CopyOf(epoch) : throw SharedErrors.KeyMissing(Folder.SharedId!.Value);
    }

    /// <summary>Of a shared vault: the newest manifest that this machine verified, which a statement has to name.</summary>
    public ChainHead ReadManifestHead()
    {
        using VaultUse use = Use();
        RequireShared();
        return AccountRow.Load(use.Connection, use.Keys).Checkpoint is { } last ? new ChainHead(last.Generation, Hash256.Read(last.Hash)) : ChainHead.None;
    }

    /// <summary>Makes the file of a shared vault, and opens it.</summary>
    /// <param name="statements">Its log, from number 0 on; all of it is verified.</param>
    /// <param name="key">The key of the newest epoch of the log, held to its commitment. This object takes ownership.</param>
    /// <param name="wrappedKey">The key of the newest epoch, as it was wrapped for this account. Null if it is not known.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ServerTampered"/>: the statements are no log; <see cref="ErrorCodes.AccountExists"/>: there is such a file.
    /// </exception>
    internal LocalVault CreateShared(IEnumerable<SignedStatement> statements, SharedVaultKey key, byte[]? wrappedKey)
    {
        using VaultUse use = Use();
        AccountRow own = AccountRow.Load(use.Connection, use.Keys);
        List<SignedStatement> all = [.. statements];
        SharedLog log = Verify(all);
        AccountFolder folder = Folder.Shared(log.Log.VaultId);
        using SharedVaultKey again = key.Copy();
        using VaultKeys keys = VaultKeys.OfShared(log.Log.VaultId, key, use.Keys);
        VaultFile.Install(folder, path =>
        {
            using VaultConnection connection = VaultConnection.Open(path, create: true);
            VaultSchema.Migrate(connection, create: true);
            connection.InTransaction(() =>
            {
                foreach (SignedStatement statement in all)
                    StatementTable.Append(connection, statement);
                new AccountRow
                {
                    UserId = own.UserId,
                    VaultId = log.Log.VaultId,
                    Epoch = keys.Epoch,
                    PackVersion = KeyEnvelope.PackVersion,
                    KeyEnvelope = "",
                    Statement = log.Head,
                    WrappedKey = wrappedKey,
                    HistoryDays = own.HistoryDays,
                    HistoryVersions = own.HistoryVersions,
                }.Save(connection, keys);
            });
        });
        return OpenShared(use, log.Log.VaultId, _ => again.Copy());
    }

    /// <summary>
    /// Appends statements that the server has taken, with what follows from them. Those that a sync brought already are passed over.
    /// </summary>
    /// <param name="statements">In order.</param>
    /// <param name="started">The key of the epoch that the last one starts, which the caller goes on owning. Null if this account started none.</param>
    /// <param name="wrappedKey">That key as it was wrapped for this account.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SyncConflict"/>: the log is not the one that they were made on; sync first.</exception>
    internal void Append(IReadOnlyList<SignedStatement> statements, SharedVaultKey? started = null, byte[]? wrappedKey = null)
    {
        using VaultUse use = Use();
        SharedState shared = RequireShared();
        int epoch = use.Keys.Epoch;
        try
        {
            use.Connection.InTransaction(() => Append(use, shared, statements, started, wrappedKey));
        }
        catch
        {
            use.Keys.GoTo(epoch);
            throw;
        }
        shared.Refresh(use.Connection, use.Keys, Owner!._keys);
    }

    private void Append(VaultUse use, SharedState shared, IReadOnlyList<SignedStatement> statements, SharedVaultKey? started, byte[]? wrappedKey)
    {
        shared.Refresh(use.Connection, use.Keys, Owner!._keys);
        SharedLog log = shared.Log.Copy();
        var fresh = new List<SignedStatement>();
        foreach (SignedStatement statement in statements)
        {
            if (statement.Content.Number < log.Log.Count && log.Log.StateAt(statement.Content.Number).Head == statement.Head)
                continue;
            StatementFault fault = log.TryAppend(statement);
            if (fault != StatementFault.None)
            {
                throw new PasspackException(ErrorCodes.SyncConflict,
                    $"The log of the shared vault {log.Log.VaultId} has moved on ({fault}): sync, and try again.") { Target = log.Log.VaultId };
            }
            fresh.Add(statement);
        }
        if (fresh.Count == 0)
            return;
        if (started is not null)
            use.Keys.Add(started.Copy());
        if (SharedState.Save(use.Connection, use.Keys, log, fresh, started is null ? null : wrappedKey))
            EpochChange.Reseal(use.Connection, use.Keys);
    }

    /// <summary>The shared vaults that this account's own vault lists, by name; nothing is asked of the server.</summary>
    public IReadOnlyList<SharedVaultInfo> SharedVaults() =>
        [.. Personal(records => records.SharedVaults()).OrderBy(record => record.Name, StringComparer.OrdinalIgnoreCase).Select(Describe)];

    /// <summary>The shared vault of a name that is this account's own, or of an id in text; capitals do not count.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultNotFound"/>, <see cref="ErrorCodes.VaultAmbiguous"/>.</exception>
    public SharedVaultInfo FindShared(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Guid.TryParse(name, out Guid id))
            return FindShared(id);
        return Personal(records => records.SharedVaults())
            .Where(record => string.Equals(record.Name, name, StringComparison.OrdinalIgnoreCase)).Take(2).ToList() switch
        {
            [] => throw SharedErrors.NotListed(name, UserId),
            [var one] => Describe(one),
            _ => throw SharedErrors.Ambiguous(name, UserId),
        };
    }

    /// <summary>The shared vault of an id.</summary>
    /// <param name="vaultId">The id.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultNotFound"/>.</exception>
    public SharedVaultInfo FindShared(Guid vaultId) => Describe(RequireListed(vaultId));

    /// <summary>Opens a shared vault of this account; the same one for everybody, until the account is locked.</summary>
    /// <param name="vaultId">Its id.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultNotFound"/>: the account's own vault does not list it, or no sync has brought it yet;
    /// <see cref="ErrorCodes.VaultKeyMissing"/>, <see cref="ErrorCodes.VaultDamaged"/>.
    /// </exception>
    public LocalVault OpenShared(Guid vaultId)
    {
        if (Owner is not null)
            return Owner.OpenShared(vaultId);
        SharedVaultRecord record = RequireListed(vaultId);
        using VaultUse use = Use();
        return OpenShared(use, vaultId, log => log.EpochOf(record.Epoch) is { } epoch ? record.OpenKey(use.Keys, epoch) : null);
    }

    private LocalVault OpenShared(VaultUse use, Guid vaultId, Func<SharedLog, SharedVaultKey?> find)
    {
        lock (_opened)
        {
            if (_opened.TryGetValue(vaultId, out LocalVault? opened) && !opened.IsLocked)
                return opened;
            return _opened[vaultId] = OpenFile(use, Folder.Shared(vaultId), find);
        }
    }

    private SharedVaultRecord RequireListed(Guid vaultId) =>
        Personal(records => records.SharedVault(vaultId)) ?? throw SharedErrors.NotListed(vaultId.ToString(), UserId);

    private SharedVaultInfo Describe(SharedVaultRecord record)
    {
        var info = new SharedVaultInfo
        {
            Id = record.VaultId,
            Name = record.Name,
            Status = record.Standing == SharedVaultStanding.Left ? SharedVaultStatus.Left : SharedVaultStatus.Joined,
            Since = record.Since,
        };
        if (!Folder.Shared(record.VaultId).Exists)
            return info;
        try
        {
            LocalVault vault = OpenShared(record.VaultId);
            using VaultUse use = vault.Use();
            LogState state = vault.RequireShared().Log.State;
            return info with
            {
                IsHere = true,
                Status = vault.RequireShared().Role is null ? SharedVaultStatus.Left
                    : use.Keys.Has(state.Epoch) ? info.Status : SharedVaultStatus.KeyMissing,
                Role = vault.RequireShared().Role,
                Members = state.Members.Count,
                IsClosed = state.IsClosed,
                NeedsKeys = state.NeedsEpoch,
            };
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.VaultKeyMissing)
        {
            return info with { IsHere = true, Status = SharedVaultStatus.KeyMissing };
        }
    }

    private LocalVault OpenFile(VaultUse owner, AccountFolder folder, Func<SharedLog, SharedVaultKey?> find)
    {
        if (!folder.Exists)
            throw SharedErrors.NotThere(folder.SharedId!.Value, UserId);
        FileStream? useLock = VaultLocks.LockForReading(folder);
        VaultKeys? keys = null;
        try
        {
            using VaultConnection connection = VaultFile.Open(folder);
            AccountIdentity identity = AccountRow.Load(owner.Connection, owner.Keys).RequireIdentity(owner.Connection);
            (AccountRow row, SharedLog log, keys) = SharedState.Open(connection, folder, owner.Keys, identity, find);
            return new LocalVault(this, folder, row, keys, new SharedState(log, identity), useLock);
        }
        catch
        {
            keys?.Dispose();
            useLock?.Dispose();
            throw;
        }
    }

    private SharedState RequireShared() => _shared ?? throw new InvalidOperationException("It is an account's own vault.");

    /// <summary>The state of a shared vault. Null of an account's own.</summary>
    internal SharedState? Shared => _shared;

    // In a transaction of the vault, before anything is sealed.
    private void RequireWritable(VaultUse use)
    {
        if (_shared is null)
            return;
        _shared.Refresh(use.Connection, use.Keys, Owner!._keys);
        _shared.RequireWritable(Folder.SharedId!.Value);
    }

    private void LockShared()
    {
        List<LocalVault> opened;
        lock (_opened)
        {
            opened = [.. _opened.Values];
            _opened.Clear();
        }
        foreach (LocalVault vault in opened)
            vault.Dispose();
    }

    private static SharedLog Verify(IReadOnlyList<SignedStatement> statements)
    {
        SharedLog? log = null;
        foreach (SignedStatement statement in statements)
        {
            StatementFault fault = log is null ? SharedLog.TryBegin(statement, out log) : log.TryAppend(statement);
            if (fault != StatementFault.None)
            {
                throw new PasspackException(ErrorCodes.ServerTampered,
                    $"Statement {statement.Content.Number} of a shared vault is not to be believed ({fault}). Nothing was changed.");
            }
        }
        return log ?? throw new ArgumentException("A log has a first statement.", nameof(statements));
    }
}
