using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Storing pushes.</summary>
internal sealed partial class SqliteStore
{
    public Task<PushBase?> FindPushBaseAsync(VaultKey vault, Guid pushId, CancellationToken cancel) => SnapshotAsync<PushBase?>(
        connection =>
        {
            if (FindVault(connection, vault) is not { } found)
                return null;
            ManifestLink newest = Manifests(connection, found.Id, found.Generation - 1, long.MaxValue)[0];
            return new PushBase(
                found.Log is null ? ReadKeys(connection, vault.Account)?.Keys : null, found.Revision, ManifestName.Of(newest), FindPush(connection, found.Id, pushId))
            {
                QuotaBytes = found.Quota, Log = found.Log,
            };
        },
        cancel);

    public Task<int?> QueueAsync(VaultKey vault, Guid device, DateTimeOffset now, CancellationToken cancel) => Task.FromResult(queues.Refuse(vault.ForAll, device, now));

    public async Task<PushOutcome?> ApplyPushAsync(VaultKey vault, Push push, CancellationToken cancel)
    {
        PushOutcome? outcome = await StorePushAsync(vault, push, cancel);
        if (outcome?.Status == PushStatus.Accepted)
            queues.Leave(vault.ForAll, push.Device);
        return outcome;
    }

    private Task<PushOutcome?> StorePushAsync(VaultKey vault, Push push, CancellationToken cancel) => WriteAsync<PushOutcome?>(
        connection =>
        {
            if (FindVault(connection, vault) is not { } found)
                return (false, null);
            if (EarlierAnswer(connection, found.Id, push) is { } earlier)
                return (false, earlier);

            PushRequest request = push.Request;
            if (request.BaseRevision != found.Revision || request.Manifest.Generation != found.Generation + 1)
                return (false, PushOutcome.Refused(PushStatus.RevisionConflict, PushOutcome.WhereVaultIs(found.Revision, found.Generation)));

            bool follows = push.Heads is { } judged
                ? found.Log == judged.Log && IsNewest(connection, found.Id, judged.Manifest)
                : IsHead(connection, vault.Account, new ManifestName(found.Generation, request.Previous));
            if (!follows)
                return (false, PushOutcome.Refused(PushStatus.RevisionConflict, PushOutcome.OtherManifest(found.Generation)));
            if (!queues.IsTurnOf(vault.ForAll, push.Device, push.Now))
                return (false, PushOutcome.OthersAreAhead);

            long revision = found.Revision + 1, stored = After(found.Pushed, push.Now), freed = 0;
            if (WriteRecords(connection, found.Id, revision, stored, push.Request.Records, ref freed) is { } conflict)
                return (false, conflict);

            // Checked after applying the retention, so that a vault at its quota can still replace records. Each record adds one row: its own, or the
            // row of the version that it replaces; one that is sealed anew none, because it takes the place of its state before.
            long bytes = found.Bytes + request.Manifest.Sealed.Length + request.Records.Sum(record => (long)record.Body.Length)
                + ((request.Records.Count + 1L) * QuotaCost.Row) - freed - RemoveBeyondBounds(connection, found.Id, push);
            if (bytes + found.BytesBeside > push.QuotaBytes)
                return (false, PushOutcome.BeyondQuota(bytes, found.BytesBeside, push.QuotaBytes.Value));

            AddManifest(connection, found.Id, request.Manifest);
            connection.Run(
                "UPDATE vault SET revision = $revision, generation = $generation, bytes = $bytes, pushed = $pushed WHERE id = $vault",
                ("$revision", revision), ("$generation", request.Manifest.Generation), ("$bytes", bytes), ("$pushed", stored), ("$vault", found.Id));
            if (IsBeyondTotal(connection, push.TotalQuotaBytes))
                return (false, PushOutcome.Refused(PushStatus.QuotaExceeded, "All accounts together would hold more than this server takes. Ask who runs it."));
            connection.Run(
                """
                INSERT INTO push (vault, push_id, digest, revision, generation, accepted)
                VALUES ($vault, $push, $digest, $revision, $generation, $now)
                """,
                ("$vault", found.Id), ("$push", request.PushId.ToStored()), ("$digest", push.Digest), ("$revision", revision),
                ("$generation", request.Manifest.Generation), ("$now", stored));
            SumEvent(connection, vault.Asker, EventType.Pushed, new Act(EventActor.Owner, push.Device, null, push.Now), DayOf(push.Now), 1,
                request.Records.Sum(record => (long)record.Body.Length));
            return (true, PushOutcome.Accepted(revision, request.Manifest.Generation, ReadLog(connection, vault.Asker).Head));
        },
        cancel);

    private static PushOutcome? EarlierAnswer(SqliteConnection connection, long vault, Push push) =>
        FindPush(connection, vault, push.Request.PushId) is { } earlier ? PushOutcome.OfEarlier(earlier, push.Digest) : null;

    private static EarlierPush? FindPush(SqliteConnection connection, long vault, Guid pushId) => connection.First(
        "SELECT digest, revision, generation FROM push WHERE vault = $vault AND push_id = $push",
        row => new EarlierPush(row.Bytes(0), new PushAnswer(row.GetInt64(1), row.GetInt64(2))), ("$vault", vault), ("$push", pushId.ToStored()));

    /// <summary>
    /// Writes all records, and moves replaced ones to the earlier versions, but for those that are only sealed anew: their bytes are freed. Returns the
    /// reason if the push is refused, otherwise null.
    /// </summary>
    private static PushOutcome? WriteRecords(
        SqliteConnection connection, long vault, long revision, long now, IReadOnlyList<RecordChange> records, ref long freed)
    {
        // Prepared once, run for each record.
        using SqliteCommand find = connection.Sql(
            "SELECT version, deleted, length(body), substr(body, 1, $front) FROM record WHERE vault = $vault AND stream = $stream AND record_id = $id");
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
                ordinal = excluded.ordinal, stored = iif($resealed, stored, excluded.stored), body = excluded.body
            """);

        int ordinal = 0;
        var first = new Dictionary<(byte, Guid), long>();
        foreach (RecordChange record in records)
        {
            byte[] id = record.Id.ToStored();
            Bind(find, ("$vault", vault), ("$stream", record.Stream), ("$id", id), ("$front", StoredState.FrontBytes));
            StoredState? found = ReadState(find, record.Stream);
            // A record may come more than once: all its versions are compared with the one from before the push.
            long before = first.TryGetValue((record.Stream, record.Id), out long known) ? known : first[(record.Stream, record.Id)] = found?.Version ?? 0;
            if (StoredState.Refuse(found, before, record) is { } refusal)
                return refusal;
            if (record.Resealed)
                freed += found!.Bytes + QuotaCost.Row;
            else if (found is not null)
            {
                Bind(keep, ("$vault", vault), ("$stream", record.Stream), ("$id", id), ("$now", now));
                keep.ExecuteNonQuery();
            }

            Bind(write,
                ("$vault", vault), ("$stream", record.Stream), ("$id", id), ("$version", record.Version), ("$deleted", record.Deleted),
                ("$digest", record.Digest), ("$revision", revision), ("$ordinal", ordinal++), ("$now", now), ("$body", record.Body),
                ("$resealed", record.Resealed));
            write.ExecuteNonQuery();
        }

        return null;
    }

    private static void Bind(SqliteCommand command, params ReadOnlySpan<(string Name, object Value)> values)
    {
        command.Parameters.Clear();
        foreach ((string name, object value) in values)
            command.Parameters.AddWithValue(name, value);
    }

    private static void AddManifest(SqliteConnection connection, long vault, ManifestLink manifest) => connection.Run(
        "INSERT INTO manifest (vault, generation, sealed) VALUES ($vault, $generation, $sealed)",
        ("$vault", vault), ("$generation", manifest.Generation), ("$sealed", manifest.Sealed));

    private static StoredState? ReadState(SqliteCommand find, byte stream)
    {
        using SqliteDataReader row = find.ExecuteReader();
        return row.Read() ? new StoredState(row.GetInt64(0), row.GetBoolean(1), row.GetInt64(2), StoredState.EpochOf(stream, row.GetBoolean(1), row.Bytes(3))) : null;
    }
}
