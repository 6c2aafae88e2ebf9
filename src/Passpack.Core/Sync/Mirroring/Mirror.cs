using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Mirroring;

/// <summary>A verified record of the online account: its body is the one that the manifest vouches for, or missing.</summary>
internal sealed record OnlineRecord(byte Stream, Guid Id, long Version, bool Deleted, byte[] Digest, byte[]? Body)
{
    public RecordStream Kind => (RecordStream)Stream;

    public RecordKey Key => new(Stream, Id);

    /// <summary>Whether this says of a chunk of an attachment that it is online: its body is not of the mirror.</summary>
    public bool IsChunk => Kind == RecordStream.Attachment && !Deleted;

    public static OnlineRecord Of(RecordChange change) => new(change.Stream, change.Id, change.Version, change.Deleted, change.Digest, change.Body);
}

/// <summary>What a sound record holds.</summary>
/// <param name="Summary">Of an entry's data. Null if the record is a tombstone or of another stream.</param>
/// <param name="NameKey">Of the summary's name. Null if there is no summary.</param>
internal sealed record OpenedOnline(EntryContent? Summary, byte[]? NameKey);

/// <summary>One record of the mirror.</summary>
internal sealed record MirrorRecord(long Version, bool Deleted, byte[] Digest, long? ContentVersion, byte[]? Head, byte[]? Tail);

/// <summary>Writes to the mirror, and to nothing else.</summary>
internal static class Mirror
{
    public static MirrorRecord? Find(VaultConnection connection, RecordKey key) =>
        connection.First("SELECT version, deleted, digest, content_version, head, tail FROM mirror WHERE stream = $1 AND id = $2", row =>
            new MirrorRecord(row.GetInt64(0), row.GetBoolean(1), row.GetBytes(2), row.GetInt64OrNull(3), row.GetBytesOrNull(4), row.GetBytesOrNull(5)),
            (long)key.Stream, key.Id);

    /// <summary>Opens a record, to check it before the mirror takes it in.</summary>
    /// <returns>The summary of an entry's data. Null if the record is a tombstone or of another stream.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public static EntryContent? Open(VaultKeys keys, OnlineRecord record)
    {
        // A chunk is asked for, and opened, when somebody wants the content.
        if (record.IsChunk)
            return null;
        if (record.Body is null)
            throw SealedEntry.Damaged(record.Id, record.Kind, RecordPart.Whole);
        switch (record.Kind)
        {
            case RecordStream.Data when record.Deleted:
                SealedEntry.OpenTombstone(keys, record.Id, record.Version, record.Body);
                return null;
            case RecordStream.Data:
                if (!RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> summary, out _))
                    throw SealedEntry.Damaged(record.Id, record.Kind, RecordPart.Whole);
                return SealedEntry.OpenSummary(keys, record.Id, record.Version, summary.ToArray());
            case RecordStream.Attachment or RecordStream.Contact or RecordStream.Invitation or RecordStream.SharedVault when record.Deleted:
                SealedEntry.OpenTombstone(keys, record.Id, record.Version, record.Body, record.Kind);
                return null;
            case RecordStream.Contact or RecordStream.Invitation or RecordStream.SharedVault:
                SealedEntry.RequireOpens(keys, record.Kind, record.Id, record.Version, record.Body);
                return null;
            case RecordStream.Tags or RecordStream.Favorite when record.Deleted:
                // Tags and favorites are cleared by a new record, never by a deletion. A record that was sealed as live proves no deletion.
                throw SealedEntry.Damaged(record.Id, record.Kind, RecordPart.Tombstone);
            case RecordStream.Tags:
                SealedEntry.OpenTags(keys, record.Id, record.Version, record.Body);
                return null;
            case RecordStream.Favorite:
                SealedEntry.OpenFavorite(keys, record.Id, record.Version, record.Body);
                return null;
            default:
                return null;
        }
    }

    /// <summary>Opens a record by <see cref="Open"/>. Null if it is damaged. Touches no connection, so that many can be opened side by side.</summary>
    public static OpenedOnline? TryOpen(VaultKeys keys, OnlineRecord record)
    {
        try
        {
            EntryContent? summary = Open(keys, record);
            return new OpenedOnline(summary, summary is null ? null : keys.NameKey(summary.Name));
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            return null;
        }
    }

    /// <summary>Stores an online record in the mirror.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="keys">For the index of names.</param>
    /// <param name="record">Opened before, by <see cref="Open"/>.</param>
    /// <param name="summary">Of an entry's data: the opened summary.</param>
    public static void Put(VaultConnection connection, VaultKeys keys, OnlineRecord record, EntryContent? summary) =>
        Put(connection, record, summary is null ? null : keys.NameKey(summary.Name));

    /// <summary>The same with the key of the entry's name. Null if there is no summary.</summary>
    public static void Put(VaultConnection connection, OnlineRecord record, byte[]? nameKey)
    {
        (byte[]? head, byte[]? tail) = PartsOf(record);
        connection.Execute("""
            INSERT INTO mirror (stream, id, version, deleted, owed, digest, content_version, name_key, head, tail)
            VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9)
            ON CONFLICT (stream, id) DO UPDATE SET version = $3, deleted = $4, owed = 0, digest = $5, content_version = $6, name_key = $7, head = $8, tail = $9
            """, (long)record.Stream, record.Id, record.Version, record.Deleted ? 1L : 0L, record.Digest,
            record.Deleted || record.IsChunk ? null : record.Version, nameKey, head, tail);
    }

    /// <summary>Stores a live record that this machine sealed anew out of the mirror's, under the same name.</summary>
    /// <returns>False, and nothing is stored, if it is a tombstone, or the mirror has no such record.</returns>
    public static bool TryPutResealed(VaultConnection connection, OnlineRecord record)
    {
        if (record.Deleted)
            return false;
        (byte[]? head, byte[]? tail) = PartsOf(record);
        return connection.Execute("""
            UPDATE mirror SET version = $3, digest = $4, content_version = $3, head = $5, tail = $6
            WHERE stream = $1 AND id = $2 AND deleted = 0 AND owed = 0 AND head IS NOT NULL
            """, (long)record.Stream, record.Id, record.Version, record.Digest, head, tail) > 0;
    }

    private static (byte[]? Head, byte[]? Tail) PartsOf(OnlineRecord record)
    {
        if (record.Deleted || record.IsChunk)
            return (null, null);
        return record.Kind == RecordStream.Data && RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail)
            ? (head.ToArray(), tail.ToArray()) : (record.Body, null);
    }

    /// <summary>
    /// Stores a record whose body is missing or damaged: it counts for the sums, and its body is asked for again. The previous content stays
    /// readable.
    /// </summary>
    public static void Owe(VaultConnection connection, OnlineRecord record) =>
        connection.Execute("""
            INSERT INTO mirror (stream, id, version, deleted, owed, digest) VALUES ($1, $2, $3, $4, 1, $5)
            ON CONFLICT (stream, id) DO UPDATE SET version = $3, deleted = $4, owed = 1, digest = $5
            """, (long)record.Stream, record.Id, record.Version, record.Deleted ? 1L : 0L, record.Digest);

    /// <summary>The records whose body is missing or damaged.</summary>
    public static IReadOnlyList<RecordKey> Owed(VaultConnection connection) => [.. connection.Query(
        "SELECT stream, id FROM mirror WHERE owed = 1 ORDER BY stream, id", row => new RecordKey((byte)row.GetInt64(0), row.GetId(1)))];

    /// <summary>The streams of an entry whose body is missing or damaged.</summary>
    public static IReadOnlyList<RecordStream> OwedStreams(VaultConnection connection, Guid id) => [.. connection.Query(
        "SELECT stream FROM mirror WHERE id = $1 AND owed = 1", row => (RecordStream)row.GetInt64(0), id)];

    public static bool IsOwed(VaultConnection connection, RecordKey key) =>
        connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM mirror WHERE stream = $1 AND id = $2 AND owed = 1)", (long)key.Stream, key.Id) != 0;

    /// <summary>Has the body of a record asked for again.</summary>
    public static void SetOwed(VaultConnection connection, RecordKey key) =>
        connection.Execute("UPDATE mirror SET owed = 1 WHERE stream = $1 AND id = $2", (long)key.Stream, key.Id);

    /// <summary>Whether a chunk of an attachment is online.</summary>
    public static bool HasChunk(VaultConnection connection, Guid id) =>
        connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM mirror WHERE stream = 4 AND id = $1 AND deleted = 0)", id) != 0;

    /// <summary>The chunks of attachments that are online.</summary>
    public static IReadOnlyList<Guid> Chunks(VaultConnection connection) =>
        [.. connection.Query("SELECT id FROM mirror WHERE stream = 4 AND deleted = 0", row => row.GetId(0))];

    /// <summary>Removes a record that the server went back behind.</summary>
    public static void Forget(VaultConnection connection, RecordKey key) =>
        connection.Execute("DELETE FROM mirror WHERE stream = $1 AND id = $2", (long)key.Stream, key.Id);
}
