using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Npgsql;
using Passpack.Server.Storage.Postgres;

namespace Passpack.Server.Storage.Migration;

/// <summary>A database of PostgreSQL, in one transaction that keeps all others from writing.</summary>
[SuppressMessage("Security", "CA2100", Justification = "Tables and columns are named by this program; values are bound.")]
internal sealed class PostgresSide : IMigrationSide
{
    private readonly NpgsqlDataSource source;
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private PostgresSide(NpgsqlDataSource source, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (this.source, this.connection, this.transaction) = (source, connection, transaction);

    /// <exception cref="StoreException">A server is connected to it.</exception>
    public static async Task<PostgresSide> OpenAsync(PostgresAddress database, CancellationToken cancel)
    {
        NpgsqlDataSource source = database.Open();
        NpgsqlConnection connection = await source.OpenConnectionAsync(cancel);
        var side = new PostgresSide(source, connection, await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel));
        try
        {
            string tables = string.Join(", ", StoreTables.All.Select(table => table.Name));
            await side.RunAsync($"LOCK TABLE {tables}, total IN EXCLUSIVE MODE NOWAIT", cancel);
            long others = (long)(await side.AskAsync(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()
                """,
                cancel))!;
            return others == 0 ? side : throw new StoreException(StoreFailure.Busy, $"{database} is in use by a server. Stop it first.");
        }
        catch
        {
            await side.DisposeAsync();
            throw;
        }
    }

    /// <summary>The columns of a table, and their types.</summary>
    public async Task<IReadOnlyList<StoreColumn>> TypesAsync(string table, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = table });
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancel);
        var columns = new List<StoreColumn>();
        while (await row.ReadAsync(cancel))
            columns.Add(new StoreColumn(row.GetString(0), row.GetString(1)));
        return columns;
    }

    public async Task<IReadOnlyList<string>> ColumnsAsync(string table, CancellationToken cancel) =>
        [.. (await TypesAsync(table, cancel)).Select(column => column.Name)];

    public async IAsyncEnumerable<object?[]> ReadAsync(
        string table, string key, IReadOnlyList<StoreColumn> columns, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand($"SELECT {Names(columns)} FROM {table} ORDER BY {key}", connection, transaction) { CommandTimeout = 0 };
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancel);
        while (await row.ReadAsync(cancel))
            yield return [.. Enumerable.Range(0, columns.Count).Select(i => row.IsDBNull(i) ? null : row.GetValue(i))];
    }

    public async Task WriteAsync(string table, IReadOnlyList<StoreColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken cancel)
    {
        // The one row that a new database has: the server's secret is the other's from now on.
        if (table == "server")
            await RunAsync("DELETE FROM server", cancel);
        await using (NpgsqlBinaryImporter import = await connection.BeginBinaryImportAsync($"COPY {table} ({Names(columns)}) FROM STDIN (FORMAT BINARY)", cancel))
        {
            await foreach (object?[] row in rows)
            {
                await import.StartRowAsync(cancel);
                for (int i = 0; i < columns.Count; i++)
                {
                    if (row[i] is null)
                        await import.WriteNullAsync(cancel);
                    else
                        await import.WriteAsync(row[i]!, columns[i].Type, cancel);
                }
            }

            await import.CompleteAsync(cancel);
        }

        // Numbers that are given next come after those that were brought.
        if (table is "account" or "vault")
            await RunAsync($"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)", cancel);
    }

    public Task CommitAsync(CancellationToken cancel) => transaction.CommitAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
        await source.DisposeAsync();
    }

    private static string Names(IReadOnlyList<StoreColumn> columns) => string.Join(", ", columns.Select(column => column.Name));

    private async Task RunAsync(string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<object?> AskAsync(string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        return await command.ExecuteScalarAsync(cancel);
    }
}
