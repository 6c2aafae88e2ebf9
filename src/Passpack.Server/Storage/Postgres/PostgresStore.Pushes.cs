using Npgsql;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Storing pushes: what it is judged by, the records, what they change beside them, and the commit, a round trip each.</summary>
internal sealed partial class PostgresStore
{
    public Task<PushBase?> FindPushBaseAsync(VaultKey vault, Guid pushId, CancellationToken cancel) => vault.As is null
        ? FindOwnBaseAsync(vault, pushId, cancel)
        : SnapshotAsync(
            async work =>
            {
                List<EarlierPush?> earlier = work.All(
                    $"SELECT digest, revision, generation FROM push WHERE vault = {OfVault} AND push_id = @push", row => ToEarlier(row, 0),
                    ("account", vault.Account), ("vault", vault.Vault), ("push", pushId));
                List<ManifestLink> newest = work.All(
                    $"SELECT generation, sealed FROM manifest WHERE vault = {OfVault} ORDER BY generation DESC LIMIT 1", ToManifest,
                    ("account", vault.Account), ("vault", vault.Vault));
                return await FindVaultAsync(work, vault) is { } found
                    ? new PushBase(null, found.Revision, ManifestName.Of(newest[0]), earlier.FirstOrDefault()) { QuotaBytes = found.Quota, Log = found.Log } : null;
            },
            cancel);

    private Task<PushBase?> FindOwnBaseAsync(VaultKey vault, Guid pushId, CancellationToken cancel) => ReadAsync(
        work => work.FirstNowAsync(
            $"""
            SELECT {KeyColumns}, pushed.revision, push.digest, push.revision, push.generation, quota
            FROM {Heads} JOIN vault pushed ON pushed.account = account.id AND pushed.vault_id = @vault LEFT JOIN push ON push.vault = pushed.id AND push_id = @push
            WHERE account.id = @account AND user_id IS NOT NULL AND account.vault_id = @vault
            """,
            row =>
            {
                KeysAnswer keys = ToKeys(row, 0);
                return new PushBase(keys.Keys, row.GetInt64(KeyColumnCount), keys.Head, ToEarlier(row, KeyColumnCount + 1)) { QuotaBytes = row.NumberOrNull(KeyColumnCount + 4) };
            },
            ("account", vault.Account), ("vault", vault.Vault), ("push", pushId)),
        cancel);

    // Repeatable: what was stored already is known by the push's id.
    public Task<PushOutcome?> ApplyPushAsync(VaultKey vault, Push push, CancellationToken cancel) => WriteAsync<PushOutcome?>(
        async work =>
        {
            PushRequest request = push.Request;
            (FoundVault? found, EarlierPush? earlier, bool isHead, PushedRecords records, List<PushPlace> queue) = await LockVaultAsync(work, vault, push);
            if (found is null)
                return (false, null);
            if (earlier is not null)
                return (false, PushOutcome.OfEarlier(earlier, push.Digest));
            if (request.BaseRevision != found.Revision || request.Manifest.Generation != found.Generation + 1)
                return (false, PushOutcome.Refused(PushStatus.RevisionConflict, PushOutcome.WhereVaultIs(found.Revision, found.Generation)));
            if (!isHead)
                return (false, PushOutcome.Refused(PushStatus.RevisionConflict, PushOutcome.OtherManifest(found.Generation)));
            if (PushQueue.Turn(queue, push.Now) is { } first && first != push.Device)
                return (false, PushOutcome.OthersAreAhead);

            long revision = found.Revision + 1, stored = After(found.Pushed, push.Now);
            if (records.Apply(request.Records, stored) is { } conflict)
                return (false, conflict);
            long freed = records.Freed + await WriteRecordsAsync(work, found.Id, revision, stored, records, push);

            // Checked after applying the retention, so that a vault at its quota can still replace records. Each record adds one row: its own, or the
            // row of the version that it replaces; one that is sealed anew none, because it takes the place of its state before.
            long bytes = found.Bytes + request.Manifest.Sealed.Length + request.Records.Sum(record => (long)record.Body.Length)
                + ((request.Records.Count + 1L) * QuotaCost.Row) - freed;
            if (bytes + found.BytesBeside > push.QuotaBytes)
                return (false, PushOutcome.BeyondQuota(bytes, found.BytesBeside, push.QuotaBytes.Value));

            if (queue.Any(place => place.Device == push.Device))
                work.Run("DELETE FROM push_queue WHERE vault = @vault AND device = @device", ("vault", found.Id), ("device", push.Device));
            AddManifest(work, found.Id, request.Manifest);
            work.Run(
                "UPDATE vault SET revision = @revision, generation = @generation, bytes = @bytes, pushed = @pushed WHERE id = @vault",
                ("revision", revision), ("generation", request.Manifest.Generation), ("bytes", bytes), ("pushed", stored), ("vault", found.Id));
            work.Run(
                """
                INSERT INTO push (vault, push_id, digest, revision, generation, accepted)
                VALUES (@vault, @push, @digest, @revision, @generation, @now)
                """,
                ("vault", found.Id), ("push", request.PushId), ("digest", push.Digest), ("revision", revision),
                ("generation", request.Manifest.Generation), ("now", stored));
            SumEvent(work, vault.Asker, EventType.Pushed, new Act(EventActor.Owner, push.Device, null, push.Now), DayOf(push.Now), 1,
                request.Records.Sum(record => (long)record.Body.Length));
            List<(LogHead Head, LogHead Anchor)> log = work.All(LogEnds, ToEnds, ("account", vault.Asker));
            if (await IsBeyondTotalAsync(work, push.TotalQuotaBytes))
                return (false, PushOutcome.Refused(PushStatus.QuotaExceeded, "All accounts together would hold more than this server takes. Ask who runs it."));
            await work.SendAsync();
            return (true, PushOutcome.Accepted(revision, request.Manifest.Generation, log[0].Head));
        },
        cancel, isRepeatable: true);

    /// <summary>Holds a vault's row until the commit, and reads what a push onto it is judged by.</summary>
    private static async Task<(FoundVault? Vault, EarlierPush? Earlier, bool IsHead, PushedRecords Records, List<PushPlace> Queue)> LockVaultAsync(
        PostgresWork work, VaultKey vault, Push push)
    {
        PushRequest request = push.Request;
        (string, object?)[] named = [("account", vault.Account), ("vault", vault.Vault)];
        // The account's row is only kept from being removed, so that pushes to its vaults do not wait for each other.
        work.All("SELECT 1 FROM account WHERE id = @account AND user_id IS NOT NULL FOR KEY SHARE", _ => 0, named);
        work.All("SELECT 1 FROM vault WHERE account = @account AND vault_id = @vault FOR NO KEY UPDATE", _ => 0, named);
        List<FoundVault> found = AskVault(work, vault);
        List<EarlierPush?> earlier = work.All(
            $"SELECT digest, revision, generation FROM push WHERE vault = {OfVault} AND push_id = @push", row => ToEarlier(row, 0),
            [.. named, ("push", request.PushId)]);
        List<ManifestName> head = work.All(
            "SELECT m.generation, sealed FROM vault JOIN manifest m ON m.vault = vault.id AND m.generation = vault.generation WHERE account = @account AND vault_id = @vault",
            row => ToHead(row, 0), named);
        List<PushPlace> queue = work.All($"SELECT {PlaceColumns} FROM push_queue WHERE vault = {OfVault}", ToPlace, named);
        RecordKey[] keys = [.. request.Records.Select(record => new RecordKey(record.Stream, record.Id)).Distinct()];
        var records = new PushedRecords(keys);
        List<int> states = work.All(
            """
            SELECT r.stream, r.record_id, r.version, r.deleted, r.stored, octet_length(r.body), substring(r.body FROM 1 FOR @front)
            FROM unnest(@streams, @ids) AS k (stream, id) JOIN vault ON vault.account = @account AND vault.vault_id = @vault
            JOIN record r ON r.vault = vault.id AND r.stream = k.stream AND r.record_id = k.id
            """,
            row =>
            {
                byte stream = row.Stream(0);
                bool deleted = row.GetBoolean(3);
                records.Found(
                    new RecordKey(stream, row.GetGuid(1)), row.GetInt64(4),
                    new StoredState(row.GetInt64(2), deleted, row.GetInt32(5), StoredState.EpochOf(stream, deleted, row.Bytes(6))));
                return 0;
            },
            [.. named, ("front", StoredState.FrontBytes), ("streams", records.Streams), ("ids", records.Ids)]);
        await work.SendAsync();
        // Of a shared vault the manifest may follow an earlier one, which it was judged by.
        ManifestName expected = push.Heads is { } judged ? new ManifestName(judged.Manifest.Number, judged.Manifest.Hash.ToBytes())
            : new ManifestName(request.Manifest.Generation - 1, request.Previous);
        bool isHead = found.Count > 0 && head.Count > 0 && expected.IsSame(head[0]) && found[0].Log == push.Heads?.Log;
        return (found.FirstOrDefault(), earlier.FirstOrDefault(), isHead, records, queue);
    }

    // What is written here is not logged (its table), so it waits for no disk. Each writes its own row; who comes at the same moment is behind.
    public Task<int?> QueueAsync(VaultKey vault, Guid device, DateTimeOffset now, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            (string, object?)[] named = [("account", vault.Account), ("vault", vault.Vault), ("device", device), ("now", now.ToStored())];
            work.Run($"DELETE FROM push_queue WHERE vault = {OfVault} AND device = @device AND until <= @now", named);
            List<long> next = work.All("SELECT nextval('push_place')", row => row.GetInt64(0));
            List<PushPlace> queue = await work.AllNowAsync($"SELECT {PlaceColumns} FROM push_queue WHERE vault = {OfVault}", ToPlace, named);
            (PushPlace mine, int? ahead) = PushQueue.Refuse(queue, device, next[0], now);
            work.Run(
                """
                INSERT INTO push_queue (vault, device, place, refused, until, first) SELECT id, @device, @place, @refused, @until, @first FROM vault WHERE account = @account AND vault_id = @vault
                ON CONFLICT (vault, device) DO UPDATE SET refused = excluded.refused, until = excluded.until, first = excluded.first
                """,
                [.. named, ("place", mine.Order), ("refused", mine.Refused), ("until", mine.Until.ToStored()), ("first", mine.IsFirst)]);
            return (true, ahead);
        },
        cancel);

    private const string PlaceColumns = "device, place, refused, until, first";

    private static PushPlace ToPlace(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetInt64(1), row.GetInt32(2), row.Time(3), row.GetBoolean(4));

    private static EarlierPush? ToEarlier(NpgsqlDataReader row, int first) => row.IsDBNull(first) ? null
        : new EarlierPush(row.Bytes(first), new PushAnswer(row.GetInt64(first + 1), row.GetInt64(first + 2)));

    /// <summary>Writes all records, moves replaced ones to the earlier versions, and removes those beyond the bounds. Returns the bytes that these had.</summary>
    private static Task<long> WriteRecordsAsync(PostgresWork work, long vault, long revision, long now, PushedRecords records, Push push)
    {
        if (records.Replaced.Count > 0)
        {
            work.Run(
                """
                INSERT INTO earlier_version (vault, stream, record_id, version, deleted, digest, stored, replaced, body)
                SELECT r.vault, r.stream, r.record_id, r.version, r.deleted, r.digest, r.stored, @now, r.body
                FROM unnest(@streams, @ids) AS k (stream, id) JOIN record r ON r.vault = @vault AND r.stream = k.stream AND r.record_id = k.id
                """,
                ("vault", vault), ("now", now), ("streams", records.Replaced.Select(key => (short)key.Stream).ToArray()),
                ("ids", records.Replaced.Select(key => key.Id).ToArray()));
        }

        if (records.Passed.Count > 0)
        {
            work.Run(
                """
                INSERT INTO earlier_version (vault, stream, record_id, version, deleted, digest, stored, replaced, body)
                SELECT @vault, stream, id, version, deleted, digest, stored, @now, body
                FROM unnest(@streams, @ids, @versions, @deleted, @digests, @stored, @bodies) AS k (stream, id, version, deleted, digest, stored, body)
                """,
                [("vault", vault), ("now", now), .. Columns(records.Passed)]);
        }

        if (records.Newest.Count > 0)
        {
            work.Run(
                """
                INSERT INTO record (vault, stream, record_id, version, deleted, digest, revision, ordinal, stored, body)
                SELECT @vault, stream, id, version, deleted, digest, @revision, ordinal, stored, body
                FROM unnest(@streams, @ids, @versions, @deleted, @digests, @stored, @bodies, @ordinals)
                    AS k (stream, id, version, deleted, digest, stored, body, ordinal)
                ON CONFLICT (vault, stream, record_id) DO UPDATE SET
                    version = excluded.version, deleted = excluded.deleted, digest = excluded.digest, revision = excluded.revision,
                    ordinal = excluded.ordinal, stored = excluded.stored, body = excluded.body
                """,
                [("vault", vault), ("revision", revision), .. Columns(records.Newest), ("ordinals", records.Newest.Select(row => row.Ordinal).ToArray())]);
        }

        return RemoveBeyondBoundsAsync(work, vault, push, records);
    }

    private static IEnumerable<(string, object?)> Columns(IReadOnlyList<PushedRecord> rows) =>
    [
        ("streams", rows.Select(row => (short)row.Change.Stream).ToArray()), ("ids", rows.Select(row => row.Change.Id).ToArray()),
        ("versions", rows.Select(row => row.Change.Version).ToArray()), ("deleted", rows.Select(row => row.Change.Deleted).ToArray()),
        ("digests", rows.Select(row => row.Change.Digest).ToArray()), ("stored", rows.Select(row => row.Stored).ToArray()),
        ("bodies", rows.Select(row => row.Change.Body).ToArray()),
    ];

    private static void AddManifest(PostgresWork work, long vault, ManifestLink manifest) => work.Run(
        "INSERT INTO manifest (vault, generation, sealed) VALUES (@vault, @generation, @sealed)",
        ("vault", vault), ("generation", manifest.Generation), ("sealed", manifest.Sealed));
}
