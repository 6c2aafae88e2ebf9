using Microsoft.Data.Sqlite;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>Removing accounts: they disappear at once and are erased in parts.</summary>
internal sealed partial class SqliteStore
{
    /// <summary>The size in bytes at which a part ends, because other writers wait while it is freed.</summary>
    private const long EraseBytes = 8 << 20;

    // The tables with their size columns, ordered so that no remaining row refers to an erased one.
    private static readonly (string Table, string Bytes)[] VaultTables =
        [("record", "length(body)"), ("earlier_version", "length(body)"), ("manifest", "length(sealed)")];

    public Task<bool> RemoveAccountAsync(long account, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            int removed = connection.Run("UPDATE account SET user_id = NULL WHERE id = $account AND user_id IS NOT NULL", ("$account", account));
            connection.Run("DELETE FROM device WHERE account = $account", ("$account", account));
            connection.Run("DELETE FROM known_place WHERE account = $account", ("$account", account));
            return (removed == 1, removed == 1);
        },
        cancel);

    public Task<bool> EraseRemovedAsync(CancellationToken cancel) => WriteAsync(
        connection =>
        {
            if (connection.First<long?>("SELECT id FROM account WHERE user_id IS NULL LIMIT 1", row => row.GetInt64(0)) is not { } account)
                return (false, false);
            if (connection.First<long?>("SELECT id FROM vault WHERE account = $account", row => row.GetInt64(0), ("$account", account)) is { } vault)
            {
                if (!EraseSome(connection, vault))
                    connection.Run("DELETE FROM vault WHERE id = $vault", ("$vault", vault));
            }
            else
            {
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
