using Npgsql;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Reading logs, and keeping them within their limits.</summary>
internal sealed partial class PostgresStore
{
    private const string EventColumns =
        "SELECT number, time, type, actor, device, since, count, bytes, subject, address_hash, address_key, address, hash FROM event ";

    private const string SumColumns = "SELECT account, type, device, since, count, bytes, last, address FROM event_sum ";

    public Task<EventPage?> ReadEventsAsync(long account, long after, DateTimeOffset now, CancellationToken cancel) => WriteAsync<EventPage?>(
        async work =>
        {
            OpenLog log;
            if (account == ServerLog)
                log = await OpenServerLogAsync(work);
            else if (await LockAsync(work, account, now) is { IsThere: true } locked)
                log = locked.Log;
            else
                return (false, null);

            bool closed = CloseSums(work, log) > 0;
            LogHead? before = after <= log.Anchor.Number ? log.Anchor : after >= log.Head.Number ? log.Head : null;
            List<LogHead> there = before is not null ? [before] : work.All(
                EventColumns + "WHERE account = @account AND number = @after", row => new LogHead(row.GetInt64(0), row.Bytes(12)),
                ("account", account), ("after", after));
            List<LoggedEvent> events = work.All(
                EventColumns + "WHERE account = @account AND number > @after ORDER BY number LIMIT @most", ToEvent,
                ("account", account), ("after", before?.Number ?? after), ("most", Limits.EventsPerPage));
            List<OpenSum> open = work.All(
                SumColumns + "WHERE account = @account AND count > 0 ORDER BY since, type, device LIMIT @most",
                row => new OpenSum(row.GetInt32(1), DeviceOf(row.GetGuid(2)), row.Time(3), row.Time(6), row.GetInt64(4), row.GetInt64(5)),
                ("account", account), ("most", Limits.EventsPerPage));
            await work.SendAsync();
            return (closed, new EventPage(there[0], events, log.Head, open));
        },
        cancel);

    public Task<IReadOnlyList<UnknownRefusals>> ReadUnknownRefusalsAsync(DateTimeOffset since, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<UnknownRefusals>>(
            async work => await work.AllNowAsync(
                "SELECT hour, refused, locked_out FROM unknown_refusal WHERE hour >= @since ORDER BY hour LIMIT @most",
                row => new UnknownRefusals(row.Time(0), row.GetInt64(1), row.GetInt64(2)),
                ("since", since.ToStored()), ("most", Limits.EventDays * 24)),
            cancel);

    public Task<bool> CloseSumsAsync(DateTimeOffset now, CancellationToken cancel) => UpkeepAsync(
        async work =>
        {
            // Of the accounts whose rows are held then: what was closed meanwhile is not read again.
            List<long> accounts = await work.AllNowAsync(
                """
                SELECT id FROM account WHERE id IN (SELECT account FROM event_sum WHERE due <= @now ORDER BY due LIMIT @most) ORDER BY id FOR NO KEY UPDATE
                """,
                row => row.GetInt64(0), ("now", now.ToStored()), ("most", UpkeepBatch));
            List<DueSum> due = work.All(
                SumColumns + "WHERE due <= @now AND account = ANY (@accounts) ORDER BY due, account, type, device LIMIT @most", ToDue,
                ("now", now.ToStored()), ("accounts", accounts.ToArray()), ("most", UpkeepBatch));
            var ends = accounts.ToDictionary(account => account, account => work.All(LogEnds, ToEnds, ("account", account)));
            await work.SendAsync();
            foreach (IGrouping<long, DueSum> sums in due.GroupBy(sum => sum.Account))
                CloseSums(work, new OpenLog(sums.Key, ends[sums.Key][0].Head, ends[sums.Key][0].Anchor) { Due = [.. sums] });
            return (due.Count > 0, due.Count == UpkeepBatch);
        },
        cancel);

    private static List<DueSum> AskDue(PostgresWork work, long account, DateTimeOffset now) => work.All(
        SumColumns + "WHERE account = @account AND due <= @now ORDER BY due, account, type, device LIMIT @most", ToDue,
        ("account", account), ("now", now.ToStored()), ("most", UpkeepBatch));

    /// <summary>Appends the sums of a log that are due. Returns how many.</summary>
    private static int CloseSums(PostgresWork work, OpenLog log)
    {
        int closed = log.Due.Count;
        foreach (DueSum sum in log.Due)
        {
            work.Run(
                "DELETE FROM event_sum WHERE account = @account AND type = @type AND device = @device AND since = @since",
                ("account", sum.Account), ("type", sum.Type), ("device", sum.Device), ("since", sum.Since));
            if (sum.Row.Count > 0)
                Append(work, log, sum.Row);
        }

        log.Due.Clear();
        return closed;
    }

    private static DueSum ToDue(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt32(1), row.GetGuid(2), row.GetInt64(3),
        ToEvent(row.GetInt32(1), DeviceOf(row.GetGuid(2)), row.Time(3), row.Time(6), row.GetInt64(4), row.GetInt64(5), row.IsDBNull(7) ? null : row.GetString(7)));

    private static Guid? DeviceOf(Guid summed) => summed == Guid.Empty ? null : summed;

    private static LoggedEvent ToEvent(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.Time(1), row.GetInt32(2), row.GetInt32(3), row.IsDBNull(4) ? null : row.GetGuid(4), row.IsDBNull(5) ? null : row.Time(5),
        row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.BytesOrNull(9), row.BytesOrNull(10), row.IsDBNull(11) ? null : row.GetString(11));

    public Task<bool> EraseAddressesAsync(DateTimeOffset before, CancellationToken cancel) => UpkeepAsync(
        async work =>
        {
            var events = work.Run(
                """
                UPDATE event SET address = NULL, address_key = NULL WHERE (account, number) IN (
                    SELECT account, number FROM event WHERE address_key IS NOT NULL AND time < @before ORDER BY time LIMIT @most)
                """,
                ("before", before.ToStored()), ("most", UpkeepBatch));
            int erased = await work.RunNowAsync("UPDATE event_sum SET address = NULL WHERE address IS NOT NULL AND last < @before", ("before", before.ToStored()))
                + events.RecordsAffected;
            return (erased > 0, erased >= UpkeepBatch);
        },
        cancel);

    public Task<bool> TrimEventsAsync(DateTimeOffset before, CancellationToken cancel) => UpkeepAsync(
        async work =>
        {
            var removed = work.Run("DELETE FROM unknown_refusal WHERE hour < @before", ("before", before.ToStored()));
            // A sum that was appended late is older than the row before it: a log is removed up to its first row that stays. What is appended meanwhile is after it.
            List<(long Account, long First, long Kept)> old = await work.AllNowAsync(
                """
                SELECT account, (SELECT min(number) FROM event f WHERE f.account = o.account),
                    coalesce((SELECT min(number) FROM event k WHERE k.account = o.account AND k.time >= @before),
                        (SELECT max(number) + 1 FROM event l WHERE l.account = o.account))
                FROM (SELECT DISTINCT account FROM event WHERE time < @before LIMIT @most) o
                """,
                row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), ("before", before.ToStored()), ("most", UpkeepBatch));
            int trimmed = 0;
            foreach ((long account, long first, long kept) in old.OrderBy(log => log.Account))
            {
                long last = Math.Min(kept, first + UpkeepBatch - trimmed) - 1;
                if (last < first)
                    continue;
                work.Run(
                    """
                    UPDATE event_log SET anchor_number = @last, anchor_hash = (SELECT hash FROM event WHERE account = @account AND number = @last)
                    WHERE account = @account
                    """,
                    ("account", account), ("last", last));
                trimmed += await work.RunNowAsync("DELETE FROM event WHERE account = @account AND number <= @last", ("account", account), ("last", last));
            }

            return (removed.RecordsAffected + trimmed > 0, trimmed == UpkeepBatch);
        },
        cancel);

    /// <summary>Runs a part of the upkeep: one node after the other, so that they do not undo each other.</summary>
    private Task<T> UpkeepAsync<T>(Func<PostgresWork, Task<(bool Keep, T Result)>> part, CancellationToken cancel) => WriteAsync(
        work =>
        {
            Lock(work, UpkeepLock);
            return part(work);
        },
        cancel);
}
