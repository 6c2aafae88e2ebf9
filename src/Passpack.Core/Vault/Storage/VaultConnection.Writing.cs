using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Passpack.Vault.Storage;

// Statements with values in a writing transaction, hundreds of thousands in a row. They go to SQLite directly: a command finds each parameter by its name
// and makes a reader every time, which takes as long as SQLite's own work.
internal sealed partial class VaultConnection
{
    private readonly Dictionary<string, Statement> _statements = [];

    /// <summary>Inserts one row.</summary>
    /// <returns>Its number.</returns>
    public long Insert(string sql, params object?[] values)
    {
        Execute(sql, values);
        return raw.sqlite3_last_insert_rowid(_connection.Handle);
    }

    private int Write(string sql, object?[] values)
    {
        ThrowIfRolledBack();
        try
        {
            (sqlite3_stmt statement, int[] places) = Prepare(sql, values.Length);
            try
            {
                for (int i = 0; i < places.Length; i++)
                    Require(Bind(statement, places[i], values[i]));
                int result;
                do
                    result = raw.sqlite3_step(statement);
                while (result == raw.SQLITE_ROW);
                Require(result);
                return raw.sqlite3_changes(_connection.Handle);
            }
            finally
            {
                // Tells the step's error once more.
                raw.sqlite3_reset(statement);
            }
        }
        catch (SqliteException e) when (Translate(e) is PasspackException translated)
        {
            throw translated;
        }
    }

    private Statement Prepare(string sql, int values)
    {
        if (_statements.TryGetValue(sql, out Statement? known) && known.Places.Length == values)
            return known;
        Require(raw.sqlite3_prepare_v2(_connection.Handle, sql, out sqlite3_stmt handle, out string rest));
        // SQLite counts parameters in the order in which they appear.
        int[] places = [.. Enumerable.Range(1, values).Select(i => raw.sqlite3_bind_parameter_index(handle, $"${i}"))];
        if (known is not null || places.Contains(0) || raw.sqlite3_bind_parameter_count(handle) != values || rest.AsSpan().Trim().Length > 0)
        {
            handle.Dispose();
            throw new ArgumentException("The values are not those of one statement.", nameof(sql));
        }
        var statement = new Statement(handle, places);
        _statements.Add(sql, statement);
        return statement;
    }

    private static int Bind(sqlite3_stmt statement, int place, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(statement, place),
        byte[] bytes => raw.sqlite3_bind_blob(statement, place, bytes),
        long number => raw.sqlite3_bind_int64(statement, place, number),
        int number => raw.sqlite3_bind_int64(statement, place, number),
        bool flag => raw.sqlite3_bind_int64(statement, place, flag ? 1 : 0),
        string text => raw.sqlite3_bind_text(statement, place, text),
        Guid id => Bind(statement, place, id),
        _ => throw new ArgumentException($"A value of type {value.GetType()} is not for a vault.", nameof(value)),
    };

    private static int Bind(sqlite3_stmt statement, int place, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return raw.sqlite3_bind_blob(statement, place, bytes);
    }

    private void Require(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
            SqliteException.ThrowExceptionForRC(result, _connection.Handle);
    }

    private sealed record Statement(sqlite3_stmt Handle, int[] Places);
}
