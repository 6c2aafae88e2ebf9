using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Appending to logs, in the transactions of the changes that they tell.</summary>
internal sealed partial class SqliteStore
{
    private const string InsertSum =
        "INSERT INTO event_sum (account, type, device, since, due, told, count, bytes, last, address) SELECT id, $type, $device, $since, $due, ";

    public Task NoteStartAsync(DateTimeOffset now, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            var act = Act.OfServer(now);
            if (connection.Run("UPDATE server SET logged_schema = $schema WHERE logged_schema <> $schema", ("$schema", Schema.Steps.Length)) > 0)
                AppendEvent(connection, ServerLog, EventType.ServerMigrated, act, count: Schema.Steps.Length);
            AppendEvent(connection, ServerLog, EventType.ServerStarted, act);
            return (true, true);
        },
        cancel);

    public Task NoteServerEventAsync(EventType type, Act act, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            AppendEvent(connection, ServerLog, type, act);
            return (true, true);
        },
        cancel);

    /// <summary>
    /// Appends an event to the log of an account, or of the server: the one way by which a log grows. The caller's transaction has the write lock, so
    /// numbers have no gaps and no two events have one.
    /// </summary>
    private void AppendEvent(
        SqliteConnection connection, long account, EventType type, Act act, long count = 1, long bytes = 0, long subject = 0)
    {
        CloseSums(connection, act.Now, UpkeepBatch, account);
        Append(connection, account, ToEvent(type, act, count, bytes, subject));
    }

    /// <summary>Appends a sign-in, or counts it if there were many in its hour.</summary>
    private void AppendSignIn(SqliteConnection connection, long account, EventType type, Act act, bool byDevice = false)
    {
        (DateTimeOffset since, DateTimeOffset due) = HourOf(act.Now);
        long summed = connection.First(
            InsertSum + """
                1, 0, 0, $now, NULL FROM account WHERE id = $account AND user_id IS NOT NULL
            ON CONFLICT (account, type, device, since) DO UPDATE
                SET told = told + (told < $most), count = count + (told >= $most), last = excluded.last,
                    address = iif(told >= $most, $address, NULL)
            RETURNING count
            """,
            row => row.GetInt64(0),
            ("$account", account), ("$type", (int)type), ("$device", byDevice ? act.Device!.Value.ToStored() : []), ("$since", since.ToStored()), ("$due", due.ToStored()),
            ("$now", act.Now.ToStored()), ("$address", act.Address), ("$most", SignInsAnHour));
        if (summed == 0)
            AppendEvent(connection, account, type, act);
    }

    /// <summary>Counts what comes too often for a row each: once its hour or day is over, the sum is appended.</summary>
    private static void SumEvent(
        SqliteConnection connection, long account, EventType type, Act act, (DateTimeOffset Since, DateTimeOffset Due) period, long count, long bytes = 0) =>
        connection.Run(
            InsertSum + """
                0, $count, $bytes, $now, $address FROM account WHERE id = $account AND user_id IS NOT NULL
            ON CONFLICT (account, type, device, since) DO UPDATE
                SET count = count + excluded.count, bytes = bytes + excluded.bytes, last = excluded.last, address = excluded.address
            """,
            ("$account", account), ("$type", (int)type), ("$device", act.Device?.ToStored() ?? []), ("$since", period.Since.ToStored()),
            ("$due", period.Due.ToStored()), ("$count", count), ("$bytes", bytes), ("$now", act.Now.ToStored()), ("$address", act.Address));

    /// <summary>Notes a wrong proof of a Password: as many statements for a User ID that does not exist as for one that does.</summary>
    private static void NoteRefusal(SqliteConnection connection, long? account, string? address, bool lockedOut, DateTimeOffset now)
    {
        Refuse(EventType.Refused);
        if (lockedOut)
            Refuse(EventType.LockedOut);

        void Refuse(EventType type)
        {
            if (account is { } known)
            {
                SumEvent(connection, known, type, new Act(EventActor.Owner, null, address, now), HourOf(now), 1);
                return;
            }

            connection.Run(
                """
                INSERT INTO unknown_refusal (hour, refused, locked_out) VALUES ($hour, $refused, $locked)
                ON CONFLICT (hour) DO UPDATE SET refused = refused + excluded.refused, locked_out = locked_out + excluded.locked_out
                """,
                ("$hour", HourOf(now).Since.ToStored()), ("$refused", type == EventType.Refused), ("$locked", type == EventType.LockedOut));
        }
    }

    private void Append(SqliteConnection connection, long account, LoggedEvent row)
    {
        (LogHead before, LogHead anchor) = ReadLog(connection, account);
        (row, LogHead head) = Follow(before, row);
        connection.Run(
            """
            INSERT INTO event (account, number, time, type, actor, device, since, count, bytes, subject, hash, address_hash, address_key, address)
            VALUES ($account, $number, $time, $type, $actor, $device, $since, $count, $bytes, $subject, $hash, $addressHash, $addressKey, $address)
            """,
            ("$account", account), ("$number", row.Number), ("$time", row.Time.ToStored()), ("$type", row.Type), ("$actor", row.Actor),
            ("$device", row.Device?.ToStored()), ("$since", row.Since?.ToStored()), ("$count", row.Count), ("$bytes", row.Bytes), ("$subject", row.Subject),
            ("$hash", head.Hash), ("$addressHash", row.AddressHash), ("$addressKey", row.AddressKey), ("$address", row.Address));
        connection.Run(
            """
            INSERT INTO event_log (account, number, hash, anchor_number, anchor_hash) VALUES ($account, $number, $hash, $anchor, $anchorHash)
            ON CONFLICT (account) DO UPDATE SET number = excluded.number, hash = excluded.hash
            """,
            ("$account", account), ("$number", row.Number), ("$hash", head.Hash), ("$anchor", anchor.Number), ("$anchorHash", anchor.Hash));
        appended.Add(new StoredEvent(account, row));
    }

    /// <summary>Where a log ends, and where what is left of it begins.</summary>
    private static (LogHead Head, LogHead Anchor) ReadLog(SqliteConnection connection, long account)
    {
        (LogHead Head, LogHead Anchor)? found = connection.First<(LogHead, LogHead)?>(
            "SELECT number, hash, anchor_number, anchor_hash FROM event_log WHERE account = $account",
            row => (new LogHead(row.GetInt64(0), row.Bytes(1)), new LogHead(row.GetInt64(2), row.Bytes(3))), ("$account", account));
        if (found is { } log)
            return log;
        Guid vault = connection.First("SELECT vault_id FROM account WHERE id = $account", row => row.Id(0), ("$account", account));
        LogHead begin = EventChain.Begin(vault);
        return (begin, begin);
    }
}
