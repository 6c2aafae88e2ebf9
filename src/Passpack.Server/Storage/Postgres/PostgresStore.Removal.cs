using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Removing accounts: they disappear at once and are erased in parts.</summary>
internal sealed partial class PostgresStore
{
    // The tables with what is large in them, ordered so that no remaining row refers to an erased one.
    private static readonly (string Table, string Large)[] VaultTables = 
        [("record", "body"), ("earlier_version", "body"), ("manifest", "sealed"), ("vault_statement", "bytes"), ("vault_member", "fingerprint")];

    public Task<ChangeOutcome> RemoveAccountAsync(long account, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            if (!(await LockAsync(work, account, act.Now)).IsHead(head))
                return ChangeOutcome.HeadMoved;
            await RemoveAsync(work, [account], act);
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<PendingRemoval?> RequestRemovalAsync(long account, Guid removal, RemovalTimes times, Act act, CancellationToken cancel) => WriteAsync(
        async work =>
        {
            DateTimeOffset now = act.Now;
            LockedAccount locked = await LockAsync(work, account, now);
            var noted = work.Run(
                """
                UPDATE account SET removal_id = @removal, removal_due = CASE WHEN
                    EXISTS (SELECT 1 FROM device WHERE device.account = account.id AND device.epoch = account.epoch AND last_seen > @since) THEN @long ELSE @short END
                WHERE id = @account AND user_id IS NOT NULL AND removal_id IS NULL
                """,
                ("account", account), ("removal", removal), ("since", (now - times.Long).ToStored()),
                ("long", (now + times.Long).ToStored()), ("short", (now + times.Short).ToStored()));
            PendingRemoval? pending = await work.FirstNowAsync(
                "SELECT removal_id, removal_due FROM account WHERE id = @account AND user_id IS NOT NULL", row => ToRemoval(row, 0), ("account", account));
            if (noted.RecordsAffected == 1)
                AppendEvent(work, locked.Log, EventType.RemovalRequested, act);
            return (noted.RecordsAffected == 1, pending);
        },
        cancel);

    public Task<ChangeOutcome> CancelRemovalAsync(long account, Guid removal, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount locked = await LockAsync(work, account, act.Now);
            int cancelled = await work.RunNowAsync(
                "UPDATE account SET removal_id = NULL, removal_due = NULL WHERE id = @account AND removal_id = @removal",
                ("account", account), ("removal", removal));
            if (cancelled == 0)
                return ChangeOutcome.NotThere;
            if (!locked.IsHead(head))
                return ChangeOutcome.HeadMoved;
            AppendEvent(work, locked.Log, EventType.RemovalCancelled, act);
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<bool> RemoveDueAsync(DateTimeOffset now, CancellationToken cancel) => UpkeepAsync(
        async work =>
        {
            List<long> due = await work.AllNowAsync(
                """
                SELECT account.id FROM account JOIN vault ON vault.account = account.id AND vault.vault_id = account.vault_id
                WHERE removal_due <= @now AND user_id IS NOT NULL ORDER BY account.id LIMIT @most FOR UPDATE
                """,
                row => row.GetInt64(0), ("now", now.ToStored()), ("most", UpkeepBatch));
            if (due.Count > 0)
                await RemoveAsync(work, due, Act.OfServer(now));
            return (due.Count > 0, due.Count == UpkeepBatch);
        },
        cancel);

    private static async Task RemoveAsync(PostgresWork work, IReadOnlyList<long> accounts, Act act, OpenLog? serverLog = null)
    {
        foreach (long account in accounts)
        {
            work.Run("UPDATE account SET user_id = NULL, removal_id = NULL, removal_due = NULL WHERE id = @account", ("account", account));
            await HandOverAsync(work, account);
            work.Run("DELETE FROM vault_invitation WHERE account = @account", ("account", account));
            VoidReset(work, account);
            RevokeAll(work, account);
            work.Run("UPDATE invitation SET made_by = NULL WHERE made_by = @account", ("account", account));
            work.Run("DELETE FROM known_place WHERE account = @account", ("account", account));
            ForgetSecondFactor(work, account);
            work.Run("DELETE FROM event_sum WHERE account = @account", ("account", account));
        }

        // Their own logs go with them, and so does what would tell who they were.
        OpenLog log = serverLog ?? await OpenServerLogAsync(work);
        foreach (long account in accounts)
            AppendEvent(work, log, EventType.AccountRemoved, act with { Device = null, Address = null }, subject: account);
    }

    public Task<bool> EraseRemovedAsync(CancellationToken cancel) => UpkeepAsync(
        async work =>
        {
            long? found = await work.FirstNowAsync<long?>(
                "SELECT id FROM account WHERE user_id IS NULL ORDER BY id LIMIT 1 FOR UPDATE", row => row.GetInt64(0));
            if (found is not { } account)
                return (false, false);
            long? vault = await work.FirstNowAsync<long?>("SELECT id FROM vault WHERE account = @account LIMIT 1", row => row.GetInt64(0), ("account", account));
            if (vault is not null)
            {
                if (!await EraseSomeAsync(work, vault.Value))
                {
                    work.Run("DELETE FROM push_queue WHERE vault = @vault", ("vault", vault));
                    work.Run("DELETE FROM shared_vault WHERE vault = @vault", ("vault", vault));
                    work.Run("DELETE FROM vault WHERE id = @vault", ("vault", vault));
                }
            }
            else if (await work.RunNowAsync(
                "DELETE FROM event WHERE account = @account AND number IN (SELECT number FROM event WHERE account = @account LIMIT @most)",
                ("account", account), ("most", UpkeepBatch)) == 0)
            {
                work.Run("DELETE FROM event_log WHERE account = @account", ("account", account));
                work.Run("DELETE FROM account WHERE id = @account", ("account", account));
            }

            return (true, true);
        },
        cancel);

    private static async Task<bool> EraseSomeAsync(PostgresWork work, long vault)
    {
        foreach ((string table, string large) in VaultTables)
        {
            int erased = await work.RunNowAsync(
                $"""
                DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM (
                    SELECT ctid, sum(octet_length({large})) OVER (ORDER BY ctid ROWS UNBOUNDED PRECEDING) - octet_length({large}) AS before
                    FROM (SELECT ctid, {large} FROM {table} WHERE vault = @vault LIMIT @most) picked) sized WHERE before < @bytes)
                """,
                ("vault", vault), ("most", UpkeepBatch), ("bytes", EraseBytes));
            if (erased > 0)
                return true;
        }

        return await work.RunNowAsync(
            "DELETE FROM push WHERE vault = @vault AND push_id IN (SELECT push_id FROM push WHERE vault = @vault LIMIT @most)",
            ("vault", vault), ("most", UpkeepBatch)) > 0;
    }
}
