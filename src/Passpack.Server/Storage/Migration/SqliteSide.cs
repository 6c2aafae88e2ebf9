using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;
using Passpack.Server.Storage.Sqlite;

namespace Passpack.Server.Storage.Migration;

/// <summary>A database of SQLite, which nobody else has open.</summary>
[SuppressMessage("Security", "CA2100", Justification = "Tables and columns are named by this program; values are bound.")]
internal sealed class SqliteSide : IMigrationSide
{
    private readonly SqliteConnection connection;
    private readonly SqliteTransaction transaction;

    private SqliteSide(SqliteConnection connection, SqliteTransaction transaction) => (this.connection, this.transaction) = (connection, transaction);

    /// <exception cref="StoreException">It is not there, or somebody has it open.</exception>
    public static SqliteSide Open(string path)
    {
        SqliteConnection connection = SqliteInspection.Open(path);
        try
        {
            connection.Run("PRAGMA busy_timeout = 0; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
            // Refused while anybody else has the file open, whether he reads or not; a server makes it a write-ahead log again when it starts.
            if (connection.First("PRAGMA journal_mode = DELETE", row => row.GetString(0)) == "delete")
                return new SqliteSide(connection, connection.BeginTransaction(deferred: false));
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_BUSY)
        {
            connection.Dispose();
            throw InUse(path);
        }

        connection.Dispose();
        throw InUse(path);
    }

    public Task<IReadOnlyList<string>> ColumnsAsync(string table, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>(connection.All($"SELECT name FROM pragma_table_info('{table}')", row => row.GetString(0)));

    public async IAsyncEnumerable<object?[]> ReadAsync(
        string table, string key, IReadOnlyList<StoreColumn> columns, [EnumeratorCancellation] CancellationToken cancel)
    {
        using SqliteCommand command = connection.Sql($"SELECT {Names(columns)} FROM {table} ORDER BY {key}");
        using SqliteDataReader row = command.ExecuteReader();
        while (await row.ReadAsync(cancel))
            yield return [.. columns.Select((column, i) => row.IsDBNull(i) ? null : ToShared(row.GetValue(i), column.Type))];
    }

    public async Task WriteAsync(string table, IReadOnlyList<StoreColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken cancel)
    {
        if (table == "server")
        {
            await foreach (object?[] row in rows)
            {
                for (int i = 0; i < columns.Count; i++)
                    connection.Run($"UPDATE server SET {columns[i].Name} = $value", ("$value", FromShared(table, columns[i], row[i])));
            }

            return;
        }

        using SqliteCommand insert = connection.Sql(
            $"INSERT INTO {table} ({Names(columns)}) VALUES ({string.Join(", ", columns.Select(column => "$" + column.Name))})");
        await foreach (object?[] row in rows)
        {
            insert.Parameters.Clear();
            for (int i = 0; i < columns.Count; i++)
                insert.Parameters.AddWithValue("$" + columns[i].Name, FromShared(table, columns[i], row[i]) ?? DBNull.Value);
            await insert.ExecuteNonQueryAsync(cancel);
        }
    }

    public Task CommitAsync(CancellationToken cancel) => transaction.CommitAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    private static StoreException InUse(string path) => new(StoreFailure.Busy, $"{path} is in use. Stop the server first.");

    private static string Names(IReadOnlyList<StoreColumn> columns) => string.Join(", ", columns.Select(column => column.Name));

    private static object ToShared(object value, string type) => (type, value) switch
    {
        ("uuid", byte[] { Length: 0 }) => Guid.Empty,
        ("uuid", byte[] id) => new Guid(id, bigEndian: true),
        ("bool", long flag) => flag != 0,
        ("int4", long number) => checked((int)number),
        ("int2", long number) => checked((short)number),
        ("bytea", string text) => Encoding.UTF8.GetBytes(text),
        _ => value,
    };

    private static object? FromShared(string table, StoreColumn column, object? value) => (column.Name, value) switch
    {
        ("device", Guid id) when table == "event_sum" && id == Guid.Empty => Array.Empty<byte>(),
        ("user_id", byte[] text) => Encoding.UTF8.GetString(text),
        (_, Guid id) => id.ToStored(),
        _ => value,
    };
}
