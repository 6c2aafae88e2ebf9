using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Reading earlier versions, and keeping them within their limits.</summary>
internal sealed partial class PostgresStore
{
    // Whether a version is beyond the retention.
    private const string Expired = """
        ((r.deleted AND r.stored < @recycle) OR (e.replaced < @days AND e.version IS DISTINCT FROM (
            SELECT version FROM earlier_version k WHERE k.vault = e.vault AND k.stream = e.stream AND k.record_id = e.record_id AND NOT k.deleted
            ORDER BY version DESC LIMIT 1)))
        """;

    private const string OfRecord = "r.vault = e.vault AND r.stream = e.stream AND r.record_id = e.record_id";

    public Task<VersionSlice?> ReadVersionsAsync(VaultKey vault, RecordKey record, long before, CancellationToken cancel) => SnapshotAsync(
        async work =>
        {
            List<FoundVault> found = AskVault(work, vault);
            List<(EarlierVersion Version, long Chosen)> page = await work.AllNowAsync(
                $"""
                SELECT {RecordColumns}, stored, replaced, chosen FROM (
                    SELECT *, row_number() OVER places AS place, sum(octet_length(body)) OVER places - octet_length(body) AS before, count(*) OVER () AS chosen FROM (
                        SELECT {RecordColumns}, stored, replaced FROM earlier_version
                        WHERE vault = {OfVault} AND stream = @stream AND record_id = @id AND version < @before ORDER BY version DESC LIMIT @most) picked
                    WINDOW places AS (ORDER BY version DESC ROWS UNBOUNDED PRECEDING)) sized
                {UpToBytes}
                """,
                row => (new EarlierVersion(ToChange(row), row.Time(6), row.Time(7)), row.GetInt64(8)),
                ("account", vault.Account), ("vault", vault.Vault), ("stream", (short)record.Stream), ("id", record.Id), ("before", before),
                ("most", Limits.RecordsPerBatch + 1), ("bytes", (long)Limits.BatchBodyBytes));
            if (found.Count == 0)
                return null;
            List<EarlierVersion> versions = [.. page.Take(Limits.RecordsPerBatch).Select(row => row.Version)];
            return new VersionSlice(versions, versions.Count > 0 && versions.Count < page[0].Chosen ? versions[^1].Record.Version : null);
        },
        cancel);

    public Task<SweepPosition?> RemoveExpiredAsync(Retention retention, SweepPosition after, DateTimeOffset now, CancellationToken cancel) =>
        UpkeepAsync<SweepPosition?>(
            async work =>
            {
                long days = now.AddDays(-retention.Days).ToStored(), recycle = now.AddDays(-retention.RecycleDays).ToStored();
                // Every sweep meets versions that are kept at any age again: one index lookup each.
                List<AgedVersion> aged = await work.AllNowAsync(
                    $"""
                    SELECT e.place, e.replaced, e.vault, {Expired} FROM earlier_version e JOIN record r ON {OfRecord}
                    WHERE (e.replaced, e.place) > (@replaced, @place) AND e.replaced < @before ORDER BY e.replaced, e.place LIMIT @most
                    """,
                    row => new AgedVersion(row.GetInt64(0), row.Time(1), row.GetInt64(2), row.GetBoolean(3)),
                    ("recycle", recycle), ("days", days), ("before", Math.Max(days, recycle)), ("replaced", after.Replaced.ToStored()),
                    ("place", after.Row), ("most", UpkeepBatch));
                SweepPosition? end = aged.Count == UpkeepBatch ? new SweepPosition(aged[^1].Replaced, aged[^1].Place) : null;
                AgedVersion[] expired = [.. aged.Where(version => version.Expired)];
                if (expired.Length == 0)
                    return (false, end);

                // Pushes may have changed them meanwhile: judged again once their vaults are held.
                work.All(
                    "SELECT 1 FROM vault WHERE id = ANY (@vaults) ORDER BY id FOR NO KEY UPDATE", _ => 0,
                    ("vaults", expired.Select(version => version.Vault).Distinct().ToArray()));
                int freed = await work.RunNowAsync(
                    $"""
                    WITH gone AS (
                        DELETE FROM earlier_version e USING record r
                        WHERE {OfRecord} AND (e.replaced, e.place) IN (SELECT * FROM unnest(@times, @places)) AND {Expired}
                        RETURNING e.vault, octet_length(e.body) + @cost AS bytes)
                    UPDATE vault SET bytes = vault.bytes - freed.bytes FROM (SELECT vault, sum(bytes)::bigint AS bytes FROM gone GROUP BY vault) freed
                    WHERE vault.id = freed.vault
                    """,
                    ("times", expired.Select(version => version.Replaced.ToStored()).ToArray()), ("places", expired.Select(version => version.Place).ToArray()),
                    ("recycle", recycle), ("days", days), ("cost", QuotaCost.Row));
                return (freed > 0, end);
            },
            cancel);

    public Task<PurgePart?> PurgeAsync(
        VaultKey vault, int epoch, ManifestName? head, VersionPosition? after, Act act, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, vault.Account, act.Now);
            work.All("SELECT 1 FROM vault WHERE account = @account AND vault_id = @vault FOR NO KEY UPDATE", _ => 0, ("account", vault.Account), ("vault", vault.Vault));
            if (await FindVaultAsync(work, vault) is not { } found)
                return (false, null);
            bool isHead = head is null || (vault.As is null ? locked.IsHead(head)
                : await IsNewestAsync(work, found.Id, new ChainHead(head.Generation, Hash256.Read(head.Hash))));
            if (!isHead)
                return (false, null);
            VersionPosition from = after ?? default;
            List<(VersionPosition Place, int? Epoch)> some = await work.AllNowAsync(
                """
                SELECT stream, record_id, version, deleted, substring(body FROM 1 FOR @front) FROM earlier_version
                WHERE vault = @vault AND (stream, record_id, version) > (@stream, @id, @version) ORDER BY stream, record_id, version LIMIT @most
                """,
                row => (new VersionPosition(row.Stream(0), row.GetGuid(1), row.GetInt64(2)),
                    StoredState.EpochOf(row.Stream(0), row.GetBoolean(3), row.Bytes(4))),
                ("vault", found.Id), ("front", StoredState.FrontBytes), ("stream", (short)from.Stream), ("id", from.Record), ("version", from.Version),
                ("most", UpkeepBatch));
            VersionPosition[] old = [.. some.Where(version => version.Epoch < epoch).Select(version => version.Place)];
            if (old.Length > 0)
            {
                work.Run(
                    """
                    WITH gone AS (
                        DELETE FROM earlier_version WHERE vault = @vault AND (stream, record_id, version) IN (SELECT * FROM unnest(@streams, @ids, @versions))
                        RETURNING octet_length(body) + @cost AS bytes)
                    UPDATE vault SET bytes = vault.bytes - (SELECT sum(bytes)::bigint FROM gone) WHERE id = @vault
                    """,
                    ("vault", found.Id), ("streams", old.Select(place => (short)place.Stream).ToArray()), ("ids", old.Select(place => place.Record).ToArray()),
                    ("versions", old.Select(place => place.Version).ToArray()), ("cost", QuotaCost.Row));
                SumEvent(work, vault.Asker, EventType.VersionsPurged, act, HourOf(act.Now), old.Length);
            }

            return (true, (PurgePart?)new PurgePart(some.Count < UpkeepBatch ? null : some[^1].Place, old.Length));
        },
        cancel);

    public Task<bool> ForgetPushesAsync(DateTimeOffset before, CancellationToken cancel) => UpkeepAsync(
        async work =>
        {
            work.Run("DELETE FROM push_queue WHERE until < @before", ("before", before.ToStored()));
            int forgotten = await work.RunNowAsync(
                "DELETE FROM push WHERE (vault, push_id) IN (SELECT vault, push_id FROM push WHERE accepted < @before ORDER BY accepted LIMIT @most)",
                ("before", before.ToStored()), ("most", UpkeepBatch));
            return (forgotten > 0, forgotten == UpkeepBatch);
        },
        cancel);

    /// <summary>Removes earlier versions of a push's records beyond the limits. Returns the freed bytes.</summary>
    private static Task<long> RemoveBeyondBoundsAsync(PostgresWork work, long vault, Push push, PushedRecords records) => work.FirstNowAsync(
        """
        WITH placed AS (
            SELECT e.stream, e.record_id, e.version, e.replaced,
                row_number() OVER (PARTITION BY e.stream, e.record_id ORDER BY e.version DESC) AS place,
                max(e.version) FILTER (WHERE NOT e.deleted) OVER (PARTITION BY e.stream, e.record_id) AS last
            FROM unnest(@streams, @ids) AS k (stream, id) JOIN earlier_version e ON e.vault = @vault AND e.stream = k.stream AND e.record_id = k.id),
        gone AS (
            DELETE FROM earlier_version e USING placed p
            WHERE e.vault = @vault AND e.stream = p.stream AND e.record_id = p.record_id AND e.version = p.version
                AND (p.replaced < @before OR p.place > @most) AND p.version IS DISTINCT FROM p.last
            RETURNING octet_length(e.body) + @cost AS bytes)
        SELECT coalesce(sum(bytes), 0)::bigint FROM gone
        """,
        row => row.GetInt64(0),
        ("vault", vault), ("streams", records.Streams), ("ids", records.Ids), ("before", push.Now.AddDays(-push.Retention.Days).ToStored()),
        ("most", push.Retention.Versions), ("cost", QuotaCost.Row));

    private sealed record AgedVersion(long Place, DateTimeOffset Replaced, long Vault, bool Expired);
}
