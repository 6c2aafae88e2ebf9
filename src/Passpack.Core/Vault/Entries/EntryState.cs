using Passpack.Packing.Keys;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>What is known of one entry's data: the mirror's record and the local change over it.</summary>
internal sealed record EntryState
{
    private const string Sql = """
        SELECT l.row IS NOT NULL, l.version, l.trashed, l.purged, l.base, l.head, l.tail, l.digest,
            m.row IS NOT NULL, m.version, m.deleted, m.content_version, m.head, m.tail, l.pending, b.version, l.loser, m.owed
        FROM (SELECT $1 AS id) x
        LEFT JOIN local_data l ON l.id = x.id
        LEFT JOIN history b ON b.seq = l.base
        LEFT JOIN mirror m ON m.stream = 1 AND m.id = x.id
        """;

    public required Guid Id { get; init; }

    /// <summary>Whether there is a local change.</summary>
    public required bool IsLocal { get; init; }

    public required bool IsTrashed { get; init; }

    public required bool IsPurged { get; init; }

    public bool IsPending { get; init; }

    /// <summary>The history row of the online version that the local edit was made on.</summary>
    public long? Base { get; init; }

    public long? BaseVersion { get; init; }

    /// <summary>The history row of a version that lost a conflict and goes up right before this one.</summary>
    public long? Loser { get; init; }

    public byte[]? LocalDigest { get; init; }

    /// <summary>Whether the newest online record came damaged: what the mirror has is of the version before, or nothing.</summary>
    public bool IsOwed { get; init; }

    /// <summary>Whether online has a record, live or deleted.</summary>
    public required bool IsKnownOnline { get; init; }

    public required bool IsDeletedOnline { get; init; }

    public required long? MirrorVersion { get; init; }

    public long? MirrorContentVersion { get; init; }

    /// <summary>Of the local change: the version that its content is sealed as, or that the mirror had when it was trashed.</summary>
    public long? LocalVersion { get; init; }

    private byte[]? LocalHead { get; init; }

    private byte[]? LocalTail { get; init; }

    public byte[]? MirrorHead { get; init; }

    public byte[]? MirrorTail { get; init; }

    /// <summary>Whether online has it, not deleted.</summary>
    public bool IsOnline => IsKnownOnline && !IsDeletedOnline;

    public bool HasOwnContent => LocalHead is not null;

    /// <summary>Whether the user sees it as an entry.</summary>
    public bool IsLive => IsLocal ? !IsTrashed : IsOnline && MirrorHead is not null;

    /// <summary>
    /// 1 + the highest known version, tombstones included, and a loser that goes up before. What is sealed as a higher one already, because
    /// it is of a history that the server lost, keeps that.
    /// </summary>
    public long NextVersion => Math.Max((MirrorVersion ?? 0) + (Loser is null ? 1 : 2), HasOwnContent ? LocalVersion!.Value : 0);

    /// <summary>The version that the content is sealed as.</summary>
    public long Version => HasOwnContent ? LocalVersion!.Value : MirrorContentVersion ?? LocalVersion ?? 0;

    /// <summary>The content that the user sees: the local change's, else the mirror's.</summary>
    public byte[]? Head => LocalHead ?? (IsOnline ? MirrorHead : null);

    public byte[]? Tail => HasOwnContent ? LocalTail : IsOnline ? MirrorTail : null;

    /// <summary>Null: nothing is known under this id.</summary>
    public static EntryState? Find(VaultConnection connection, Guid id)
    {
        EntryState state = connection.Query(Sql, row => new EntryState
        {
            Id = id,
            IsLocal = row.GetBoolean(0),
            LocalVersion = row.GetInt64OrNull(1),
            IsTrashed = !row.IsDBNull(2),
            IsPurged = row.GetInt64OrNull(3) is 1,
            Base = row.GetInt64OrNull(4),
            LocalHead = row.GetBytesOrNull(5),
            LocalTail = row.GetBytesOrNull(6),
            LocalDigest = row.GetBytesOrNull(7),
            IsKnownOnline = row.GetBoolean(8),
            MirrorVersion = row.GetInt64OrNull(9),
            IsDeletedOnline = row.GetInt64OrNull(10) is 1,
            MirrorContentVersion = row.GetInt64OrNull(11),
            MirrorHead = row.GetBytesOrNull(12),
            MirrorTail = row.GetBytesOrNull(13),
            IsPending = row.GetInt64OrNull(14) is 1,
            BaseVersion = row.GetInt64OrNull(15),
            Loser = row.GetInt64OrNull(16),
            IsOwed = row.GetInt64OrNull(17) is 1,
        }, id).Single();
        return state.IsLocal || state.IsKnownOnline ? state : null;
    }

    /// <summary>Opens the content that the user sees.</summary>
    public EntryContent Open(VaultKeys keys) => SealedEntry.OpenContent(keys, Id, Version, Head ?? [], Tail);

    /// <summary>Opens what the mirror has.</summary>
    public EntryContent OpenMirror(VaultKeys keys) => SealedEntry.OpenContent(keys, Id, MirrorContentVersion ?? 0, MirrorHead ?? [], MirrorTail);

    /// <summary>Whether online has changed since the local change was made.</summary>
    public bool HasChangedOnlineSince => HasOwnContent ? BaseVersion != MirrorVersion : LocalVersion != MirrorVersion;

    /// <summary>Keeps the content that the user sees, before it is replaced.</summary>
    /// <returns>The history row.</returns>
    public long KeepInHistory(VaultUse use, HistoryReason reason, long now) =>
        History.Keep(use.Connection, Protocol.RecordStream.Data, Id, Version, Head, Tail, reason, now);

    /// <summary>
    /// Keeps the mirror's content, before online's replaces it: where the user sees it, and under the trash, for no other machine need have it. An edit
    /// has it as its base. What is damaged is worth no place there.
    /// </summary>
    public void KeepMirrorInHistory(VaultUse use, HistoryReason reason, long now)
    {
        if (IsOnline && MirrorHead is not null && (!IsLocal || (IsTrashed && !IsPurged))
            && Snapshot.TryOpen(use.Keys, Protocol.RecordStream.Data, Id, MirrorContentVersion!.Value, MirrorHead, MirrorTail) is not null)
            History.Keep(use.Connection, Protocol.RecordStream.Data, Id, MirrorContentVersion!.Value, MirrorHead, MirrorTail, reason, now);
    }
}
