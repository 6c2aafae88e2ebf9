using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Reading logs, and keeping them within their limits.</summary>
internal sealed partial class SqliteStore
{
    private const string EventColumns =
        "SELECT number, time, type, actor, device, since, count, bytes, subject, address_hash, address_key, address, hash FROM event ";

    public Task<EventPage?> ReadEventsAsync(long account, long after, DateTimeOffset now, CancellationToken cancel) => WriteAsync<EventPage?>(
        connection =>
        {
            if (account != ServerLog
                && connection.First("SELECT 1 FROM account WHERE id = $account AND user_id IS NOT NULL", row => row.GetInt32(0), ("$account", account)) == 0)
            {
                return (false, null);
            }

            bool closed = CloseSums(connection, now, UpkeepBatch, account) > 0;
            (LogHead head, LogHead anchor) = ReadLog(connection, account);
            LogHead? before = after <= anchor.Number ? anchor : after >= head.Number ? head : connection.First(
                EventColumns + "WHERE account = $account AND number = $after", row => new LogHead(row.GetInt64(0), row.Bytes(12)),
                ("$account", account), ("$after", after));
            List<LoggedEvent> events = connection.All(
                EventColumns + "WHERE account = $account AND number > $after ORDER BY number LIMIT $most", ToEvent,
                ("$account", account), ("$after", before!.Number), ("$most", Limits.EventsPerPage));
            List<OpenSum> open = connection.All(
                "SELECT type, device, since, last, count, bytes FROM event_sum WHERE account = $account AND count > 0 ORDER BY since, type, device LIMIT $most",
                row => new OpenSum(row.GetInt32(0), row.Bytes(1).Length == 0 ? null : row.Id(1), row.Time(2), row.Time(3), row.GetInt64(4), row.GetInt64(5)),
                ("$account", account), ("$most", Limits.EventsPerPage));
            return (closed, new EventPage(before, events, head, open));
        },
        cancel);

    public Task<IReadOnlyList<UnknownRefusals>> ReadUnknownRefusalsAsync(DateTimeOffset since, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<UnknownRefusals>>(
            connection => connection.All(
                "SELECT hour, refused, locked_out FROM unknown_refusal WHERE hour >= $since ORDER BY hour LIMIT $most",
                row => new UnknownRefusals(row.Time(0), row.GetInt64(1), row.GetInt64(2)),
                ("$since", since.ToStored()), ("$most", Limits.EventDays * 24)),
            cancel);

    public Task<bool> CloseSumsAsync(DateTimeOffset now, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int closed = CloseSums(connection, now, UpkeepBatch);
            return (closed > 0, closed == UpkeepBatch);
        },
        cancel);

    /// <summary>Appends the sums that are due, of all logs or of one. Returns how many, at most the limit.</summary>
    private int CloseSums(SqliteConnection connection, DateTimeOffset now, int most, long? account = null)
    {
        List<(long Account, int Type, byte[] Device, long Since, LoggedEvent Row)> due = connection.All(
            $"""
            SELECT account, type, device, since, count, bytes, last, address FROM event_sum
            WHERE due <= $now {(account is null ? "" : "AND account = $account")} ORDER BY due, account, type, device LIMIT $most
            """,
            row => (row.GetInt64(0), row.GetInt32(1), row.Bytes(2), row.GetInt64(3), ToSum(row)),
            account is null
                ? [("$now", now.ToStored()), ("$most", most)]
                : [("$now", now.ToStored()), ("$most", most), ("$account", account)]);
        foreach ((long log, int type, byte[] device, long since, LoggedEvent row) in due)
        {
            connection.Run(
                "DELETE FROM event_sum WHERE account = $account AND type = $type AND device = $device AND since = $since",
                ("$account", log), ("$type", type), ("$device", device), ("$since", since));
            if (row.Count > 0)
                Append(connection, log, row);
        }

        return due.Count;
    }

    private static LoggedEvent ToSum(SqliteDataReader row) => ToEvent(
        row.GetInt32(1), row.Bytes(2).Length == 0 ? null : row.Id(2), row.Time(3), row.Time(6), row.GetInt64(4), row.GetInt64(5),
        row.IsDBNull(7) ? null : row.GetString(7));

    private static LoggedEvent ToEvent(SqliteDataReader row) => new(
        row.GetInt64(0), row.Time(1), row.GetInt32(2), row.GetInt32(3), row.IsDBNull(4) ? null : row.Id(4), row.IsDBNull(5) ? null : row.Time(5),
        row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.IsDBNull(9) ? null : row.Bytes(9), row.IsDBNull(10) ? null : row.Bytes(10),
        row.IsDBNull(11) ? null : row.GetString(11));

    public Task<bool> EraseAddressesAsync(DateTimeOffset before, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int erased = connection.Run(
                """
                UPDATE event SET address = NULL, address_key = NULL WHERE (account, number) IN (
                    SELECT account, number FROM event WHERE address_key IS NOT NULL AND time < $before ORDER BY time LIMIT $most)
                """,
                ("$before", before.ToStored()), ("$most", UpkeepBatch));
            erased += connection.Run("UPDATE event_sum SET address = NULL WHERE address IS NOT NULL AND last < $before", ("$before", before.ToStored()));
            // What was erased is in the write-ahead log, too, until that is folded back.
            if (erased is > 0 and < UpkeepBatch)
                foldAt = 0;
            return (erased > 0, erased >= UpkeepBatch);
        },
        cancel);

    public Task<bool> TrimEventsAsync(DateTimeOffset before, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int removed = connection.Run("DELETE FROM unknown_refusal WHERE hour < $before", ("$before", before.ToStored())), trimmed = 0;
            // A sum that was appended late is older than the row before it: a log is removed up to its first row that stays.
            List<(long Account, long First, long Kept)> old = connection.All(
                """
                SELECT account, (SELECT min(number) FROM event f WHERE f.account = o.account),
                    coalesce((SELECT min(number) FROM event k WHERE k.account = o.account AND k.time >= $before),
                        (SELECT max(number) + 1 FROM event l WHERE l.account = o.account))
                FROM (SELECT DISTINCT account FROM event WHERE time < $before LIMIT $most) o
                """,
                row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), ("$before", before.ToStored()), ("$most", UpkeepBatch));
            foreach ((long account, long first, long kept) in old)
            {
                long last = Math.Min(kept, first + UpkeepBatch - trimmed) - 1;
                if (last < first)
                    continue;
                connection.Run(
                    """
                    UPDATE event_log SET anchor_number = $last, anchor_hash = (SELECT hash FROM event WHERE account = $account AND number = $last)
                    WHERE account = $account
                    """,
                    ("$account", account), ("$last", last));
                trimmed += connection.Run("DELETE FROM event WHERE account = $account AND number <= $last", ("$account", account), ("$last", last));
            }

            return (removed + trimmed > 0, trimmed == UpkeepBatch);
        },
        cancel);
}
