using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Reading earlier versions, and keeping them within their limits.</summary>
internal sealed partial class SqliteStore
{
    public Task<VersionSlice?> ReadVersionsAsync(VaultKey vault, RecordKey record, long before, CancellationToken cancel) => SnapshotAsync(
        connection =>
        {
            if (FindVault(connection, vault) is not { } found)
                return null;
            using SqliteCommand command = connection.Sql(
                """
                SELECT stream, record_id, version, deleted, digest, body, stored, replaced FROM earlier_version
                WHERE vault = $vault AND stream = $stream AND record_id = $id AND version < $before ORDER BY version DESC
                """,
                ("$vault", found.Id), ("$stream", record.Stream), ("$id", record.Id.ToStored()), ("$before", before));
            using SqliteDataReader reader = command.ExecuteReader();
            List<EarlierVersion> versions = [];
            long bytes = 0;
            while (reader.Read())
            {
                if (versions.Count == Limits.RecordsPerBatch || bytes >= Limits.BatchBodyBytes)
                    return new VersionSlice(versions, versions[^1].Record.Version);
                RecordChange change = ToChange(reader);
                versions.Add(new EarlierVersion(change, reader.Time(6), reader.Time(7)));
                bytes += change.Body.Length;
            }

            return new VersionSlice(versions, null);
        },
        cancel);

    public Task<SweepPosition?> RemoveExpiredAsync(Retention retention, SweepPosition after, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync<SweepPosition?>(
            connection =>
            {
                long days = now.AddDays(-retention.Days).ToStored(), recycle = now.AddDays(-retention.RecycleDays).ToStored();
                // Every sweep meets versions that are kept at any age again: one index lookup each.
                List<AgedVersion> aged = connection.All(
                    """
                    SELECT e.rowid, e.replaced, e.vault, length(e.body) + $cost, (r.deleted AND r.stored < $recycle)
                        OR (e.replaced < $days AND e.version IS NOT (SELECT version FROM earlier_version k
                            WHERE k.vault = e.vault AND k.stream = e.stream AND k.record_id = e.record_id AND k.deleted = 0
                            ORDER BY version DESC LIMIT 1))
                    FROM earlier_version e JOIN record r ON r.vault = e.vault AND r.stream = e.stream AND r.record_id = e.record_id
                    WHERE (e.replaced, e.rowid) > ($replaced, $row) AND e.replaced < $before ORDER BY e.replaced, e.rowid LIMIT $most
                    """,
                    row => new AgedVersion(row.GetInt64(0), row.Time(1), row.GetInt64(2), row.GetInt64(3), row.GetBoolean(4)),
                    ("$recycle", recycle), ("$days", days), ("$before", Math.Max(days, recycle)), ("$replaced", after.Replaced.ToStored()),
                    ("$row", after.Row), ("$most", UpkeepBatch), ("$cost", QuotaCost.Row));
                AgedVersion[] expired = [.. aged.Where(version => version.Expired)];
                foreach (AgedVersion version in expired)
                    connection.Run("DELETE FROM earlier_version WHERE rowid = $row", ("$row", version.Row));
                foreach (IGrouping<long, AgedVersion> vault in expired.GroupBy(version => version.Vault))
                {
                    connection.Run("UPDATE vault SET bytes = bytes - $freed WHERE id = $vault",
                        ("$freed", vault.Sum(version => version.Bytes)), ("$vault", vault.Key));
                }

                SweepPosition? end = aged.Count == UpkeepBatch ? new SweepPosition(aged[^1].Replaced, aged[^1].Row) : null;
                return (expired.Length > 0, end);
            },
            cancel);

    public Task<PurgePart?> PurgeAsync(
        VaultKey vault, int epoch, ManifestName? head, VersionPosition? after, Act act, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            if (FindVault(connection, vault) is not { } found || (head is not null && !IsNewest(connection, found.Id, new ChainHead(head.Generation, Hash256.Read(head.Hash)))))
                return (false, null);
            VersionPosition from = after ?? default;
            List<(long Row, VersionPosition Place, int? Epoch, long Bytes)> some = connection.All(
                """
                SELECT rowid, stream, record_id, version, deleted, substr(body, 1, $front), length(body) FROM earlier_version
                WHERE vault = $vault AND (stream, record_id, version) > ($stream, $id, $version) ORDER BY stream, record_id, version LIMIT $most
                """,
                row => (row.GetInt64(0), new VersionPosition(row.GetByte(1), row.Id(2), row.GetInt64(3)),
                    StoredState.EpochOf(row.GetByte(1), row.GetBoolean(4), row.Bytes(5)), row.GetInt64(6)),
                ("$vault", found.Id), ("$front", StoredState.FrontBytes), ("$stream", from.Stream), ("$id", from.Record.ToStored()), ("$version", from.Version),
                ("$most", UpkeepBatch));
            long freed = 0, removed = 0;
            foreach ((long row, _, _, long bytes) in some.Where(version => version.Epoch < epoch))
            {
                connection.Run("DELETE FROM earlier_version WHERE rowid = $row", ("$row", row));
                freed += bytes + QuotaCost.Row;
                removed++;
            }

            connection.Run("UPDATE vault SET bytes = bytes - $freed WHERE id = $vault", ("$freed", freed), ("$vault", found.Id));
            if (removed > 0)
                SumEvent(connection, vault.Asker, EventType.VersionsPurged, act, HourOf(act.Now), removed);
            bool isLast = some.Count < UpkeepBatch;
            // What was removed is in the log, too, until that is folded back.
            if (isLast)
                foldAt = 0;
            return (true, (PurgePart?)new PurgePart(isLast ? null : some[^1].Place, removed));
        },
        cancel);

    public Task<bool> ForgetPushesAsync(DateTimeOffset before, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int forgotten = connection.Run(
                "DELETE FROM push WHERE (vault, push_id) IN (SELECT vault, push_id FROM push WHERE accepted < $before ORDER BY accepted LIMIT $most)",
                ("$before", before.ToStored()), ("$most", UpkeepBatch));
            return (forgotten > 0, forgotten == UpkeepBatch);
        },
        cancel);

    /// <summary>Removes earlier versions of a push's records beyond the limits. Returns the freed bytes.</summary>
    private static long RemoveBeyondBounds(SqliteConnection connection, long vault, Push push)
    {
        const string OfRecord = "FROM earlier_version WHERE vault = $vault AND stream = $stream AND record_id = $id";
        using SqliteCommand remove = connection.Sql(
            $"""
            DELETE {OfRecord}
                AND (replaced < $before OR version <= (SELECT version {OfRecord} ORDER BY version DESC LIMIT 1 OFFSET $most))
                AND version IS NOT (SELECT version {OfRecord} AND deleted = 0 ORDER BY version DESC LIMIT 1)
            RETURNING length(body) + $cost
            """);
        long before = push.Now.AddDays(-push.Retention.Days).ToStored(), freed = 0;
        foreach ((byte stream, Guid id) in push.Request.Records.Select(record => (record.Stream, record.Id)).Distinct())
        {
            Bind(remove, ("$vault", vault), ("$stream", stream), ("$id", id.ToStored()), ("$before", before),
                ("$most", push.Retention.Versions), ("$cost", QuotaCost.Row));
            using SqliteDataReader reader = remove.ExecuteReader();
            while (reader.Read())
                freed += reader.GetInt64(0);
        }

        return freed;
    }

    private sealed record AgedVersion(long Row, DateTimeOffset Replaced, long Vault, long Bytes, bool Expired);
}
