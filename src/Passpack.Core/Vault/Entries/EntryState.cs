using Passpack.Packing.Keys;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Entries;

/// <summary>The state of one entry's data: the mirror's record, and the local change over it.</summary>
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

    /// <summary>The history row of a version that lost a conflict and is pushed right before this one.</summary>
    public long? Loser { get; init; }

    public byte[]? LocalDigest { get; init; }

    /// <summary>Whether the newest online record came damaged: then the mirror has the content of the version before, or none.</summary>
    public bool IsOwed { get; init; }

    /// <summary>Whether online has a record, live or deleted.</summary>
    public required bool IsKnownOnline { get; init; }

    public required bool IsDeletedOnline { get; init; }

    public required long? MirrorVersion { get; init; }

    public long? MirrorContentVersion { get; init; }

    /// <summary>Of a local change: the version under which its content is sealed; of a trashed entry, the mirror's version at that time.</summary>
    public long? LocalVersion { get; init; }

    private byte[]? LocalHead { get; init; }

    private byte[]? LocalTail { get; init; }

    public byte[]? MirrorHead { get; init; }

    public byte[]? MirrorTail { get; init; }

    /// <summary>Whether the entry is online and not deleted there.</summary>
    public bool IsOnline => IsKnownOnline && !IsDeletedOnline;

    public bool HasOwnContent => LocalHead is not null;

    /// <summary>Whether the user sees it as an entry.</summary>
    public bool IsLive => IsLocal ? !IsTrashed : IsOnline && MirrorHead is not null;

    /// <summary>
    /// The highest known version + 1, counting tombstones and a loser that is pushed before. Content that is already sealed under a higher version,
    /// from a history that the server lost, keeps that.
    /// </summary>
    public long NextVersion => Math.Max((MirrorVersion ?? 0) + (Loser is null ? 1 : 2), HasOwnContent ? LocalVersion!.Value : 0);

    /// <summary>The version that the content is sealed as.</summary>
    public long Version => HasOwnContent ? LocalVersion!.Value : MirrorContentVersion ?? LocalVersion ?? 0;

    /// <summary>The content that the user sees: the local change's, else the mirror's.</summary>
    public byte[]? Head => LocalHead ?? (IsOnline ? MirrorHead : null);

    public byte[]? Tail => HasOwnContent ? LocalTail : IsOnline ? MirrorTail : null;

    /// <summary>What the user sees, sealed.</summary>
    public SealedVersion Shown => new(Protocol.RecordStream.Data, Id, Version, Head, Tail);

    /// <summary>The mirror's content, sealed.</summary>
    public SealedVersion Mirrored => new(Protocol.RecordStream.Data, Id, MirrorContentVersion!.Value, MirrorHead, MirrorTail);

    /// <summary>The state of an entry. Null if the id is unknown.</summary>
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

    /// <summary>Opens the mirror's content.</summary>
    public EntryContent OpenMirror(VaultKeys keys) => SealedEntry.OpenContent(keys, Id, MirrorContentVersion ?? 0, MirrorHead ?? [], MirrorTail);

    /// <summary>Whether online has changed since the local change was made.</summary>
    public bool HasChangedOnlineSince => HasOwnContent ? BaseVersion != MirrorVersion : LocalVersion != MirrorVersion;

    /// <summary>Keeps the content that the user sees, before it is replaced.</summary>
    /// <returns>The history row.</returns>
    public long KeepInHistory(VaultUse use, HistoryReason reason, long now) =>
        History.Keep(use.Connection, Shown, reason, now);

    /// <summary>
    /// Keeps the mirror's content before a newer online version replaces it: if the user sees it, or if the entry is in the trash, because no other
    /// machine need have it. Under an edit, the base already holds it. Damaged content is not kept.
    /// </summary>
    public void KeepMirrorInHistory(VaultUse use, HistoryReason reason, long now)
    {
        if (IsOnline && MirrorHead is not null && (!IsLocal || (IsTrashed && !IsPurged))
            && Snapshot.TryOpen(use.Keys, Mirrored) is not null)
        {
            History.Keep(use.Connection, Mirrored, reason, now);
        }
    }
}
