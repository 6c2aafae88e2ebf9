using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Storing pushes.</summary>
internal sealed partial class SqliteStore
{
    public Task<PushOutcome?> ApplyPushAsync(VaultKey vault, Push push, CancellationToken cancel) => WriteAsync<PushOutcome?>(
        connection =>
        {
            if (FindVault(connection, vault) is not { } found)
                return (false, null);
            if (EarlierAnswer(connection, found.Id, push) is { } earlier)
                return (false, earlier);

            PushRequest request = push.Request;
            if (request.BaseRevision != found.Revision || request.Manifest.Generation != found.Generation + 1)
            {
                return (false, PushOutcome.Refused(PushStatus.RevisionConflict, string.Create(
                    CultureInfo.InvariantCulture, $"The vault is at revision {found.Revision}, generation {found.Generation}.")));
            }

            if (request.Previous is { } previous && !IsNewest(connection, found, previous))
                return (false, PushOutcome.Refused(PushStatus.RevisionConflict, $"The vault's manifest {found.Generation} is another one."));

            long revision = found.Revision + 1, stored = After(NewestStored(connection, found.Id), push.Now);
            if (WriteRecords(connection, found.Id, revision, stored, push.Request.Records) is { } conflict)
                return (false, conflict);

            // Checked after applying the retention, so that a vault at its quota can still replace records. Each record adds one row: its own, or the
            // row of the version that it replaces.
            long bytes = found.Bytes + request.Manifest.Sealed.Length + request.Records.Sum(record => (long)record.Body.Length)
                + ((request.Records.Count + 1L) * QuotaCost.Row) - RemoveBeyondBounds(connection, found.Id, push);
            if (bytes > push.QuotaBytes)
            {
                return (false, PushOutcome.Refused(PushStatus.QuotaExceeded, string.Create(
                    CultureInfo.InvariantCulture, $"The vault would hold {bytes} of {push.QuotaBytes} bytes, earlier versions included.")));
            }

            AddManifest(connection, found.Id, request.Manifest);
            connection.Run(
                "UPDATE vault SET revision = $revision, generation = $generation, bytes = $bytes WHERE id = $vault",
                ("$revision", revision), ("$generation", request.Manifest.Generation), ("$bytes", bytes), ("$vault", found.Id));
            if (IsBeyondTotal(connection, push.TotalQuotaBytes))
                return (false, PushOutcome.Refused(PushStatus.QuotaExceeded, "All accounts together would hold more than this server takes. Ask who runs it."));
            connection.Run(
                """
                INSERT INTO push (vault, push_id, bytes_hash, revision, generation, accepted)
                VALUES ($vault, $push, $hash, $revision, $generation, $now)
                """,
                ("$vault", found.Id), ("$push", request.PushId.ToStored()), ("$hash", push.BytesHash), ("$revision", revision),
                ("$generation", request.Manifest.Generation), ("$now", stored));
            return (true, PushOutcome.Accepted(revision, request.Manifest.Generation));
        },
        cancel);

    private static PushOutcome? EarlierAnswer(SqliteConnection connection, long vault, Push push) => connection.First(
        "SELECT bytes_hash, revision, generation FROM push WHERE vault = $vault AND push_id = $push",
        row => row.Bytes(0).AsSpan().SequenceEqual(push.BytesHash)
            ? PushOutcome.Accepted(row.GetInt64(1), row.GetInt64(2))
            : PushOutcome.Refused(PushStatus.PushIdReused, "An earlier push with this id had other bytes."),
        ("$vault", vault), ("$push", push.Request.PushId.ToStored()));

    /// <summary>
    /// Writes all records, and moves replaced ones to the earlier versions. Returns the reason if the push is refused, otherwise null.
    /// </summary>
    private static PushOutcome? WriteRecords(SqliteConnection connection, long vault, long revision, long now, IReadOnlyList<RecordChange> records)
    {
        // Prepared once, run for each record.
        using SqliteCommand find = connection.Sql("SELECT version FROM record WHERE vault = $vault AND stream = $stream AND record_id = $id");
        using SqliteCommand keep = connection.Sql(
            """
            INSERT INTO earlier_version (vault, stream, record_id, version, deleted, digest, stored, replaced, body)
            SELECT vault, stream, record_id, version, deleted, digest, stored, $now, body FROM record
            WHERE vault = $vault AND stream = $stream AND record_id = $id
            """);
        using SqliteCommand write = connection.Sql(
            """
            INSERT INTO record (vault, stream, record_id, version, deleted, digest, revision, ordinal, stored, body)
            VALUES ($vault, $stream, $id, $version, $deleted, $digest, $revision, $ordinal, $now, $body)
            ON CONFLICT (vault, stream, record_id) DO UPDATE SET
                version = excluded.version, deleted = excluded.deleted, digest = excluded.digest, revision = excluded.revision,
                ordinal = excluded.ordinal, stored = excluded.stored, body = excluded.body
            """);

        int ordinal = 0;
        var first = new Dictionary<(byte, Guid), long>();
        foreach (RecordChange record in records)
        {
            byte[] id = record.Id.ToStored();
            Bind(find, ("$vault", vault), ("$stream", record.Stream), ("$id", id));
            object? found = find.ExecuteScalar();
            // A record may come more than once: all its versions are compared with the one from before the push.
            long before = first.TryGetValue((record.Stream, record.Id), out long known) ? known : first[(record.Stream, record.Id)] = found as long? ?? 0;
            if (record.Version - before > Limits.VersionsPerPush)
            {
                return PushOutcome.Refused(PushStatus.VersionTooFar, string.Create(CultureInfo.InvariantCulture,
                    $"Record {record.Id} of stream {record.Stream} is at version {before}; a push may bring it to {before + Limits.VersionsPerPush} at most."));
            }

            if (found is long stored)
            {
                if (record.Version <= stored)
                {
                    return PushOutcome.Refused(PushStatus.RevisionConflict, string.Create(CultureInfo.InvariantCulture,
                        $"Record {record.Id} of stream {record.Stream} is at version {stored} already."));
                }

                Bind(keep, ("$vault", vault), ("$stream", record.Stream), ("$id", id), ("$now", now));
                keep.ExecuteNonQuery();
            }

            Bind(write,
                ("$vault", vault), ("$stream", record.Stream), ("$id", id), ("$version", record.Version), ("$deleted", record.Deleted),
                ("$digest", record.Digest), ("$revision", revision), ("$ordinal", ordinal++), ("$now", now), ("$body", record.Body));
            write.ExecuteNonQuery();
        }

        return null;
    }

    /// <summary>
    /// The time of the vault's newest push. Every later push is dated after it, so times never go backwards; otherwise rows written while the clock
    /// was behind would expire as soon as it is corrected. Besides, only versions within one push have the same time of storing and replacing.
    /// </summary>
    private static long? NewestStored(SqliteConnection connection, long vault) => connection.First<long?>(
        "SELECT stored FROM record WHERE vault = $vault ORDER BY revision DESC, ordinal DESC LIMIT 1", row => row.GetInt64(0), ("$vault", vault));

    private static long After(long? earlier, DateTimeOffset now) => Math.Max(now.ToStored(), (earlier + 1) ?? long.MinValue);

    private static void Bind(SqliteCommand command, params ReadOnlySpan<(string Name, object Value)> values)
    {
        command.Parameters.Clear();
        foreach ((string name, object value) in values)
            command.Parameters.AddWithValue(name, value);
    }

    private static bool IsNewest(SqliteConnection connection, FoundVault vault, byte[] hash) =>
        Manifests(connection, vault.Id, vault.Generation - 1, long.MaxValue).Any(newest => SHA256.HashData(newest.Sealed).AsSpan().SequenceEqual(hash));

    private static void AddManifest(SqliteConnection connection, long vault, ManifestLink manifest) => connection.Run(
        "INSERT INTO manifest (vault, generation, sealed) VALUES ($vault, $generation, $sealed)",
        ("$vault", vault), ("$generation", manifest.Generation), ("$sealed", manifest.Sealed));
}
