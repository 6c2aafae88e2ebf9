using Npgsql;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Appending to logs, in the transactions of the changes that they tell.</summary>
internal sealed partial class PostgresStore
{
    // Not of an account that is removed meanwhile: nobody would erase it.
    private const string OfAccount = "FROM account WHERE id = @account AND user_id IS NOT NULL FOR KEY SHARE";

    private const string InsertSum =
        "INSERT INTO event_sum (account, type, device, since, due, told, count, bytes, last, address) SELECT id, @type, @device, @since, @due, ";

    private const string LogEnds =
        """
        SELECT a.vault_id, l.number, l.hash, l.anchor_number, l.anchor_hash FROM (SELECT @account::bigint AS id) asked
        LEFT JOIN account a ON a.id = asked.id LEFT JOIN event_log l ON l.account = asked.id
        """;

    public Task NoteStartAsync(DateTimeOffset now, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            var act = Act.OfServer(now);
            OpenLog log = await OpenServerLogAsync(work);
            if (await work.RunNowAsync("UPDATE server SET logged_schema = @schema WHERE logged_schema < @schema", ("schema", PostgresSchema.Steps.Length)) > 0)
                AppendEvent(work, log, EventType.ServerMigrated, act, count: PostgresSchema.Steps.Length);
            AppendEvent(work, log, EventType.ServerStarted, act);
            return (true, true);
        },
        cancel);

    public Task NoteServerEventAsync(EventType type, Act act, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            AppendEvent(work, await OpenServerLogAsync(work), type, act);
            return (true, true);
        },
        cancel);

    /// <summary>Holds an account's row until the commit, with the vault of its keys, and reads what a change is judged by.</summary>
    /// <param name="work">The transaction. What waits in it is sent.</param>
    /// <param name="account">Whose.</param>
    /// <param name="now">By which sums are due.</param>
    private static async Task<LockedAccount> LockAsync(PostgresWork work, long account, DateTimeOffset now)
    {
        // Read by statements of their own, which see what was committed before the lock was had.
        List<int> there = work.All(
            """
            SELECT 1 FROM account JOIN vault ON vault.account = account.id AND vault.vault_id = account.vault_id
            WHERE account.id = @account AND user_id IS NOT NULL FOR NO KEY UPDATE
            """,
            row => row.GetInt32(0), ("account", account));
        List<ManifestName> head = work.All(
            $"SELECT manifest.generation, sealed FROM {Heads} WHERE account.id = @account AND user_id IS NOT NULL", row => ToHead(row, 0), ("account", account));
        List<DueSum> due = AskDue(work, account, now);
        List<(LogHead Head, LogHead Anchor)> ends = work.All(LogEnds, ToEnds, ("account", account));
        await work.SendAsync();
        return new LockedAccount(there.Count > 0, head.FirstOrDefault(), new OpenLog(account, ends[0].Head, ends[0].Anchor) { Due = due });
    }

    private static async Task<OpenLog> OpenServerLogAsync(PostgresWork work)
    {
        Lock(work, ServerLogLock);
        (LogHead head, LogHead anchor) = await work.FirstNowAsync(LogEnds, ToEnds, ("account", ServerLog));
        return new OpenLog(ServerLog, head, anchor);
    }

    /// <summary>The log of an account that this transaction adds.</summary>
    private static OpenLog AskNewLog(long account, Guid vault) => new(account, EventChain.Begin(vault), EventChain.Begin(vault));

    private static (LogHead Head, LogHead Anchor) ToEnds(NpgsqlDataReader row)
    {
        LogHead begin = EventChain.Begin(row.IsDBNull(0) ? Guid.Empty : row.GetGuid(0));
        return row.IsDBNull(1) ? (begin, begin) : (new LogHead(row.GetInt64(1), row.Bytes(2)), new LogHead(row.GetInt64(3), row.Bytes(4)));
    }

    /// <summary>
    /// Appends an event to a log, after what is due of it: the one way by which a log grows. The transaction holds it, so numbers have no gaps and no two
    /// events have one.
    /// </summary>
    private static void AppendEvent(PostgresWork work, OpenLog log, EventType type, Act act, long count = 1, long bytes = 0, long subject = 0)
    {
        CloseSums(work, log);
        Append(work, log, ToEvent(type, act, count, bytes, subject));
    }

    /// <summary>Appends a sign-in, or counts it if there were many in its hour.</summary>
    private static async Task AppendSignInAsync(PostgresWork work, OpenLog log, EventType type, Act act, bool byDevice = false)
    {
        (DateTimeOffset since, DateTimeOffset due) = HourOf(act.Now);
        long summed = await work.FirstNowAsync(
            InsertSum + $"""
                1, 0, 0, @now, NULL {OfAccount}
            ON CONFLICT (account, type, device, since) DO UPDATE
                SET told = event_sum.told + CASE WHEN event_sum.told < @most THEN 1 ELSE 0 END,
                    count = event_sum.count + CASE WHEN event_sum.told >= @most THEN 1 ELSE 0 END, last = excluded.last,
                    address = CASE WHEN event_sum.told >= @most THEN @address::text END
            RETURNING count
            """,
            row => row.GetInt64(0),
            ("account", log.Account), ("type", (int)type), ("device", byDevice ? act.Device!.Value : Guid.Empty), ("since", since.ToStored()), ("due", due.ToStored()),
            ("now", act.Now.ToStored()), ("address", act.Address), ("most", SignInsAnHour));
        if (summed == 0)
            AppendEvent(work, log, type, act);
    }

    /// <summary>Counts what comes too often for a row each: once its hour or day is over, the sum is appended.</summary>
    private static void SumEvent(
        PostgresWork work, long account, EventType type, Act act, (DateTimeOffset Since, DateTimeOffset Due) period, long count, long bytes = 0) =>
        work.Run(
            InsertSum + $"""
                0, @count, @bytes, @now, @address::text {OfAccount}
            ON CONFLICT (account, type, device, since) DO UPDATE
                SET count = event_sum.count + excluded.count, bytes = event_sum.bytes + excluded.bytes, last = excluded.last, address = excluded.address
            """,
            ("account", account), ("type", (int)type), ("device", act.Device ?? Guid.Empty), ("since", period.Since.ToStored()),
            ("due", period.Due.ToStored()), ("count", count), ("bytes", bytes), ("now", act.Now.ToStored()), ("address", act.Address));

    /// <summary>Notes a wrong proof of a Password: as many statements for a User ID that does not exist as for one that does.</summary>
    private static void NoteRefusal(PostgresWork work, long? account, string? address, bool lockedOut, DateTimeOffset now)
    {
        Refuse(EventType.Refused);
        if (lockedOut)
            Refuse(EventType.LockedOut);

        void Refuse(EventType type)
        {
            if (account is { } known)
            {
                SumEvent(work, known, type, new Act(EventActor.Owner, null, address, now), HourOf(now), 1);
                return;
            }

            work.Run(
                """
                INSERT INTO unknown_refusal (hour, refused, locked_out) VALUES (@hour, @refused, @locked)
                ON CONFLICT (hour) DO UPDATE SET refused = unknown_refusal.refused + excluded.refused, locked_out = unknown_refusal.locked_out + excluded.locked_out
                """,
                ("hour", HourOf(now).Since.ToStored()), ("refused", type == EventType.Refused ? 1L : 0), ("locked", type == EventType.LockedOut ? 1L : 0));
        }
    }

    private static void Append(PostgresWork work, OpenLog log, LoggedEvent row)
    {
        (row, log.Head) = Follow(log.Head, row);
        work.Run(
            """
            INSERT INTO event (account, number, time, type, actor, device, since, count, bytes, subject, hash, address_hash, address_key, address)
            VALUES (@account, @number, @time, @type, @actor, @device, @since, @count, @bytes, @subject, @hash, @addressHash, @addressKey, @address)
            """,
            ("account", log.Account), ("number", row.Number), ("time", row.Time.ToStored()), ("type", row.Type), ("actor", row.Actor), ("device", row.Device),
            ("since", row.Since?.ToStored()), ("count", row.Count), ("bytes", row.Bytes), ("subject", row.Subject), ("hash", log.Head.Hash),
            ("addressHash", row.AddressHash), ("addressKey", row.AddressKey), ("address", row.Address));
        work.Run(
            """
            INSERT INTO event_log (account, number, hash, anchor_number, anchor_hash) VALUES (@account, @number, @hash, @anchor, @anchorHash)
            ON CONFLICT (account) DO UPDATE SET number = excluded.number, hash = excluded.hash
            """,
            ("account", log.Account), ("number", row.Number), ("hash", log.Head.Hash), ("anchor", log.Anchor.Number), ("anchorHash", log.Anchor.Hash));
        work.Appended.Add(new StoredEvent(log.Account, row));
    }
}
