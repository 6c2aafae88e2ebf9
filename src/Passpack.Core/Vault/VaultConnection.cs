using Microsoft.Data.Sqlite;

namespace Passpack.Vault;

/// <summary>
/// One connection to a vault file: statements prepared once, parameters by place (<c>$1</c>, <c>$2</c> ...), errors in this product's
/// words. For one thread at a time.
/// </summary>
/// <remarks>
/// Nothing but SQLite may open a vault file that is in use: on POSIX systems closing any descriptor of a file drops all locks that the
/// process holds on it (sqlite.org, "How To Corrupt An SQLite Database File", section 2.2).
/// </remarks>
internal sealed class VaultConnection : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private SqliteTransaction? _transaction;

    static VaultConnection() => SQLitePCL.Batteries_V2.Init();

    private VaultConnection(SqliteConnection connection, string path)
    {
        _connection = connection;
        Path = path;
    }

    public string Path { get; }

    public static VaultConnection Open(string path, bool create = false)
    {
        if (create)
            OwnerOnly.CreateFile(path).Dispose();
        // Not pooled: a file that a pool still held could not be moved aside, on Windows.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            ForeignKeys = true,
        }.ToString());
        var vault = new VaultConnection(connection, path);
        try
        {
            vault.Guard(() =>
            {
                connection.Open();
                return 0;
            });
            vault.Execute("PRAGMA trusted_schema = OFF");
            if (create)
                vault.Execute("PRAGMA journal_mode = WAL");
            vault.Execute("PRAGMA synchronous = FULL");
            vault.Execute("PRAGMA cache_size = -16384");
            return vault;
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    public int Execute(string sql, params object?[] values) => Guard(() =>
    {
        SqliteCommand command = Take(sql, values);
        try
        {
            return command.ExecuteNonQuery();
        }
        finally
        {
            Return(sql, command);
        }
    });

    /// <summary>The first column of the only row.</summary>
    public T Scalar<T>(string sql, params object?[] values) => Query(sql, row => row.GetFieldValue<T>(0), values).Single();

    /// <summary>Rows, one by one: the next is read when it is asked for.</summary>
    public IEnumerable<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params object?[] values)
    {
        SqliteCommand command = Take(sql, values);
        SqliteDataReader? reader = null;
        try
        {
            reader = Guard(command.ExecuteReader);
            while (Guard(reader.Read))
                yield return read(reader);
        }
        finally
        {
            reader?.Dispose();
            Return(sql, command);
        }
    }

    /// <summary>The first row's value, or the default.</summary>
    public T? First<T>(string sql, Func<SqliteDataReader, T> read, params object?[] values) => Query(sql, read, values).FirstOrDefault();

    /// <summary>Starts a transaction that may write: waits for others', up to the command timeout (30 s).</summary>
    public void BeginImmediate() => _transaction = Guard(() => _connection.BeginTransaction(deferred: false));

    public void Commit()
    {
        Guard(() =>
        {
            _transaction!.Commit();
            return 0;
        });
        EndTransaction();
    }

    /// <summary>Rolls back what was not committed; nothing when no transaction is open.</summary>
    public void RollBack() => EndTransaction();

    public void Dispose()
    {
        EndTransaction();
        foreach (SqliteCommand command in _commands.Values)
            command.Dispose();
        _commands.Clear();
        _connection.Dispose();
    }

    private void EndTransaction()
    {
        _transaction?.Dispose();
        _transaction = null;
    }

    // A command leaves the cache while it runs, so that a nested use of the same statement gets one of its own.
    private SqliteCommand Take(string sql, object?[] values)
    {
        if (!_commands.Remove(sql, out SqliteCommand? command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            for (int i = 0; i < values.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
        }
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] switch
            {
                null => DBNull.Value,
                Guid id => id.ToByteArray(bigEndian: true),
                object value => value,
            };
        }
        command.Transaction = _transaction;
        return command;
    }

    private void Return(string sql, SqliteCommand command)
    {
        if (!_commands.TryAdd(sql, command))
            command.Dispose();
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (VaultErrors.Translate(e, Path) is PasspackException translated)
        {
            throw translated;
        }
    }
}
