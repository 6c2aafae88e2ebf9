using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Removing accounts: they disappear at once and are erased in parts.</summary>
internal sealed partial class SqliteStore
{
    // The tables with their size columns, ordered so that no remaining row refers to an erased one.
    private static readonly (string Table, string Bytes)[] VaultTables =
        [("record", "length(body)"), ("earlier_version", "length(body)"), ("manifest", "length(sealed)"),
            ("vault_statement", "length(bytes)"), ("vault_member", "coalesce(length(wrapped_key), 0)")];

    public Task<ChangeOutcome> RemoveAccountAsync(long account, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            if (!IsHead(connection, account, head))
                return ChangeOutcome.HeadMoved;
            Remove(connection, account, act);
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<PendingRemoval?> RequestRemovalAsync(long account, Guid removal, RemovalTimes times, Act act, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            DateTimeOffset now = act.Now;
            int noted = connection.Run(
                """
                UPDATE account SET removal_id = $removal, removal_due = iif(
                    EXISTS (SELECT 1 FROM device WHERE device.account = account.id AND device.epoch = account.epoch AND last_seen > $since), $long, $short)
                WHERE id = $account AND user_id IS NOT NULL AND removal_id IS NULL
                """,
                ("$account", account), ("$removal", removal.ToStored()), ("$since", (now - times.Long).ToStored()),
                ("$long", (now + times.Long).ToStored()), ("$short", (now + times.Short).ToStored()));
            if (noted == 1)
                AppendEvent(connection, account, EventType.RemovalRequested, act);
            return (noted == 1, connection.First(
                "SELECT removal_id, removal_due FROM account WHERE id = $account AND user_id IS NOT NULL", row => ToRemoval(row, 0), ("$account", account)));
        },
        cancel);

    public Task<ChangeOutcome> CancelRemovalAsync(long account, Guid removal, ManifestName head, Act act, CancellationToken cancel) => ChangeAsync(
        connection =>
        {
            int cancelled = connection.Run(
                "UPDATE account SET removal_id = NULL, removal_due = NULL WHERE id = $account AND removal_id = $removal",
                ("$account", account), ("$removal", removal.ToStored()));
            if (cancelled == 0)
                return ChangeOutcome.NotThere;
            if (!IsHead(connection, account, head))
                return ChangeOutcome.HeadMoved;
            AppendEvent(connection, account, EventType.RemovalCancelled, act);
            return ChangeOutcome.Done;
        },
        cancel);

    public Task<bool> RemoveDueAsync(DateTimeOffset now, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            List<long> due = connection.All(
                "SELECT id FROM account WHERE removal_due <= $now AND user_id IS NOT NULL LIMIT $most", row => row.GetInt64(0),
                ("$now", now.ToStored()), ("$most", UpkeepBatch));
            due.ForEach(account => Remove(connection, account, Act.OfServer(now)));
            return (due.Count > 0, due.Count == UpkeepBatch);
        },
        cancel);

    private void Remove(SqliteConnection connection, long account, Act act)
    {
        connection.Run("UPDATE account SET user_id = NULL, removal_id = NULL, removal_due = NULL WHERE id = $account", ("$account", account));
        HandOver(connection, account);
        connection.Run("DELETE FROM vault_invitation WHERE account = $account", ("$account", account));
        VoidReset(connection, account);
        RevokeAll(connection, account);
        // A later account may have its number.
        connection.Run("UPDATE invitation SET made_by = NULL WHERE made_by = $account", ("$account", account));
        connection.Run("DELETE FROM known_place WHERE account = $account", ("$account", account));
        ForgetSecondFactor(connection, account);
        connection.Run("DELETE FROM event_sum WHERE account = $account", ("$account", account));
        // Its own log goes with it, and so does what would tell who it was.
        AppendEvent(connection, ServerLog, EventType.AccountRemoved, act with { Device = null, Address = null }, subject: account);
    }

    public Task<bool> EraseRemovedAsync(CancellationToken cancel) => WriteAsync(
        connection =>
        {
            if (connection.First<long?>("SELECT id FROM account WHERE user_id IS NULL LIMIT 1", row => row.GetInt64(0)) is not { } account)
                return (false, false);
            if (connection.First<long?>("SELECT id FROM vault WHERE account = $account", row => row.GetInt64(0), ("$account", account)) is { } vault)
            {
                if (!EraseSome(connection, vault))
                {
                    connection.Run("DELETE FROM shared_vault WHERE vault = $vault", ("$vault", vault));
                    connection.Run("DELETE FROM vault WHERE id = $vault", ("$vault", vault));
                }
            }
            else if (connection.Run(
                "DELETE FROM event WHERE account = $account AND number IN (SELECT number FROM event WHERE account = $account LIMIT $most)",
                ("$account", account), ("$most", UpkeepBatch)) == 0)
            {
                connection.Run("DELETE FROM event_log WHERE account = $account", ("$account", account));
                connection.Run("DELETE FROM account WHERE id = $account", ("$account", account));
                // What it held is in the log, too, until that is folded back.
                foldAt = 0;
            }

            return (true, true);
        },
        cancel);

    private static bool EraseSome(SqliteConnection connection, long vault)
    {
        foreach ((string table, string size) in VaultTables)
        {
            List<(long Row, long Bytes)> rows = connection.All(
                $"SELECT rowid, {size} FROM {table} WHERE vault = $vault LIMIT $most", row => (row.GetInt64(0), row.GetInt64(1)),
                ("$vault", vault), ("$most", UpkeepBatch));
            long bytes = 0;
            foreach ((long row, long length) in rows.TakeWhile(row => bytes < EraseBytes))
            {
                connection.Run($"DELETE FROM {table} WHERE rowid = $row", ("$row", row));
                bytes += length;
            }

            if (rows.Count > 0)
                return true;
        }

        return connection.Run(
            "DELETE FROM push WHERE vault = $vault AND push_id IN (SELECT push_id FROM push WHERE vault = $vault LIMIT $most)",
            ("$vault", vault), ("$most", UpkeepBatch)) > 0;
    }
}
