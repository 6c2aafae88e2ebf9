using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Pulling;

/// <summary>A staged record beside the mirror's of the same key.</summary>
/// <param name="Record">Without its body.</param>
/// <param name="OldVersion">The mirror's. Null if it has no such record.</param>
/// <param name="OldDeleted">Whether the mirror's is a tombstone.</param>
/// <param name="OldDigest">The mirror's. Null if it has no such record.</param>
internal readonly record struct StagedRecord(OnlineRecord Record, long? OldVersion, bool OldDeleted, byte[]? OldDigest);

/// <summary>The tables of a pull: records that came down and are not verified yet, and the page at which the pull goes on.</summary>
internal static class Staging
{
    /// <summary>
    /// Creates temporary staging tables for -WhatIf. SQLite resolves their names before those of the vault's tables, so the same statements leave the
    /// vault unchanged.
    /// </summary>
    public static void MakeTemporary(VaultConnection connection)
    {
        connection.Execute("CREATE TEMP TABLE IF NOT EXISTS staged AS SELECT * FROM main.staged WHERE 0");
        connection.Execute("CREATE UNIQUE INDEX IF NOT EXISTS temp.staged_key ON staged (stream, id)");
        connection.Execute("CREATE TEMP TABLE IF NOT EXISTS staging AS SELECT * FROM main.staging WHERE 0");
        connection.Execute("DELETE FROM temp.staged");
        connection.Execute("DELETE FROM temp.staging");
    }

    public static void DropTemporary(VaultConnection connection)
    {
        connection.Execute("DROP TABLE IF EXISTS temp.staged");
        connection.Execute("DROP TABLE IF EXISTS temp.staging");
    }

    public static void Empty(VaultConnection connection)
    {
        connection.Execute("DELETE FROM staged");
        connection.Execute("DELETE FROM staging");
    }

    public static bool Any(VaultConnection connection) => connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM staged)") != 0;

    public static long Count(VaultConnection connection) => connection.Scalar<long>("SELECT count(*) FROM staged");

    public static long BodyBytes(VaultConnection connection) => connection.Scalar<long>("SELECT coalesce(sum(length(body)), 0) FROM staged");

    /// <summary>Where an interrupted pull goes on, and the revision after which it began. Null if none was interrupted.</summary>
    public static (long After, string Page)? Interrupted(VaultConnection connection) =>
        connection.Query("SELECT after, page FROM staging", row => ((long, string)?)(row.GetInt64(0), row.GetString(1))).FirstOrDefault();

    /// <summary>Sets where the pull goes on if it is interrupted now. A page of null means that it is complete.</summary>
    public static void GoOnAt(VaultConnection connection, long after, string? page)
    {
        connection.Execute("DELETE FROM staging");
        if (page is not null)
            connection.Execute("INSERT INTO staging (one, after, page) VALUES (1, $1, $2)", after, page);
    }

    /// <summary>Stages a record, in place of an older one.</summary>
    /// <returns>False if a record of the same key is staged that is not older.</returns>
    public static bool Put(VaultConnection connection, OnlineRecord record) =>
        connection.Execute("""
            INSERT INTO staged (stream, id, version, deleted, digest, body) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (stream, id) DO UPDATE SET version = $3, deleted = $4, digest = $5, body = $6 WHERE version < $3
            """, (long)record.Stream, record.Id, record.Version, record.Deleted ? 1L : 0L, record.Digest, record.Body) > 0;

    /// <summary>The staged record of a key. Null if there is none.</summary>
    public static OnlineRecord? Find(VaultConnection connection, RecordKey key) =>
        connection.First("SELECT version, deleted, digest, body FROM staged WHERE stream = $1 AND id = $2", row =>
            new OnlineRecord(key.Stream, key.Id, row.GetInt64(0), row.GetBoolean(1), row.GetBytes(2), row.GetBytesOrNull(3)), (long)key.Stream, key.Id);

    /// <summary>The staged records, entry data first, and of each whether nothing on this machine has its id.</summary>
    /// <remarks>In a first sync most records are new. The one statement that reads all of them tells which, instead of one query a record.</remarks>
    public static IEnumerable<(OnlineRecord Record, bool IsNew)> All(VaultConnection connection) =>
        connection.Query("""
            SELECT stream, id, version, deleted, digest, body,
                NOT EXISTS (SELECT 1 FROM mirror m WHERE m.stream = s.stream AND m.id = s.id)
                AND NOT EXISTS (SELECT 1 FROM local_data l WHERE l.id = s.id)
                AND NOT EXISTS (SELECT 1 FROM local_tags t WHERE t.id = s.id)
                AND NOT EXISTS (SELECT 1 FROM local_favorites f WHERE f.id = s.id)
            FROM staged s ORDER BY stream
            """, row => (new OnlineRecord((byte)row.GetInt64(0), row.GetId(1), row.GetInt64(2), row.GetBoolean(3), row.GetBytes(4), row.GetBytesOrNull(5)),
                row.GetBoolean(6)));

    /// <summary>The staged records with what they replace in the mirror; if it is to be compared with an empty one, with nothing.</summary>
    public static IEnumerable<StagedRecord> BesideMirror(VaultConnection connection, bool besideEmpty) =>
        connection.Query("""
            SELECT s.stream, s.id, s.version, s.deleted, s.digest, m.version, m.deleted, m.digest
            FROM staged s LEFT JOIN mirror m ON m.stream = s.stream AND m.id = s.id AND $1
            """, row => new StagedRecord(
                new OnlineRecord((byte)row.GetInt64(0), row.GetId(1), row.GetInt64(2), row.GetBoolean(3), row.GetBytes(4), null),
                row.GetInt64OrNull(5), row.GetInt64OrNull(6) is 1, row.GetBytesOrNull(7)), besideEmpty ? 0L : 1L);

    /// <summary>The keys of which the whole staged account and the mirror differ, entry data first.</summary>
    /// <remarks>Read at once, because both tables change while the differences are gone through.</remarks>
    public static IReadOnlyList<RecordKey> DifferingFromMirror(VaultConnection connection) => [.. connection.Query("""
        SELECT m.stream, m.id FROM mirror m LEFT JOIN staged s ON s.stream = m.stream AND s.id = m.id
        WHERE s.digest IS NOT m.digest OR s.version IS NOT m.version OR s.deleted IS NOT m.deleted
        UNION
        SELECT s.stream, s.id FROM staged s WHERE NOT EXISTS (SELECT 1 FROM mirror m WHERE m.stream = s.stream AND m.id = s.id)
        ORDER BY 1, 2
        """, row => new RecordKey((byte)row.GetInt64(0), row.GetId(1)))];

    /// <summary>Removes the staged records that the mirror has as they are.</summary>
    public static void DropMirrored(VaultConnection connection) => connection.Execute("""
        DELETE FROM staged AS s
        WHERE EXISTS (SELECT 1 FROM mirror m WHERE m.stream = s.stream AND m.id = s.id AND m.version = s.version AND m.digest = s.digest)
        """);
}
