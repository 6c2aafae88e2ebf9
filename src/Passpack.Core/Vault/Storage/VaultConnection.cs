using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Vault.Storage;

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
    // A push that waits for its answer is the largest.
    private const int MostValueBytes = 2 * Limits.MessageBytes;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private SqliteTransaction? _transaction;
    private PasspackException? _rolledBack;

    static VaultConnection() => SQLitePCL.Batteries_V2.Init();

    private VaultConnection(SqliteConnection connection, string path)
    {
        _connection = connection;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Whether a transaction is open that <see cref="Commit"/> would end.</summary>
    public bool InTransaction => _transaction is not null;

    public static VaultConnection Open(string path, bool create = false)
    {
        if (create)
            OwnerOnly.CreateFile(path).Dispose();
        try
        {
            return Open(path, path, create);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.ReadOnly && !create && IsWholeWithoutJournal(path))
        {
            // On read-only media SQLite cannot make the shared memory that WAL needs. Nobody else can write there either, so the file is
            // read as one that does not change.
            return Open(path, $"{new Uri(path).AbsoluteUri}?immutable=1", create);
        }
    }

    /// <summary>Opens a file that nobody uses, and changes nothing: neither it nor its journal.</summary>
    public static VaultConnection OpenToRead(string path)
    {
        if (!File.Exists(path))
            throw VaultErrors.Missing(path);
        return Open(path, IsWholeWithoutJournal(path) ? $"{new Uri(path).AbsoluteUri}?immutable=1" : new Uri(path).AbsoluteUri, create: false);
    }

    /// <summary>An empty database that no file holds.</summary>
    public static VaultConnection OpenInMemory() => Open(":memory:", ":memory:", create: false);

    public int Execute(string sql, params object?[] values)
    {
        SqliteCommand command = Take(sql, values);
        try
        {
            return command.ExecuteNonQuery();
        }
        catch (Exception e) when (Translate(e) is PasspackException translated)
        {
            throw translated;
        }
        finally
        {
            Return(sql, command);
        }
    }

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
            while (TryRead(reader, read, out T value))
                yield return value;
        }
        finally
        {
            reader?.Dispose();
            Return(sql, command);
        }
    }

    /// <summary>The same of a statement that only reads and may take long within SQLite, which is interrupted there.</summary>
    /// <exception cref="OperationCanceledException">It was.</exception>
    public IEnumerable<T> Query<T>(string sql, Func<SqliteDataReader, T> read, CancellationToken stopping)
    {
        using var interruption = new Interruption(_connection, stopping);
        using IEnumerator<T> rows = Query(sql, read).GetEnumerator();
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                if (!rows.MoveNext())
                    yield break;
            }
            catch (Exception e) when (stopping.IsCancellationRequested && e is PasspackException or SqliteException)
            {
                throw new OperationCanceledException("The reading was stopped.", e, stopping);
            }
            yield return rows.Current;
        }
    }

    /// <summary>The first row's value, or the default.</summary>
    public T? First<T>(string sql, Func<SqliteDataReader, T> read, params object?[] values) => Query(sql, read, values).FirstOrDefault();

    /// <summary>Starts a transaction that may write: waits for others', up to 30 seconds.</summary>
    public void BeginImmediate()
    {
        _transaction = Guard(() => _connection.BeginTransaction(deferred: false));
        Steps.Reached("begun");
    }

    /// <summary>Starts a transaction that only reads: all of it sees one moment, and nobody waits for it.</summary>
    public void BeginRead() => _transaction = Guard(() => _connection.BeginTransaction(deferred: true));

    public void Commit()
    {
        SqliteTransaction transaction = _transaction ?? throw new InvalidOperationException("There is nothing to commit.");
        ThrowIfRolledBack();
        Steps.Reached("before commit");
        Guard(() =>
        {
            transaction.Commit();
            return 0;
        });
        EndTransaction();
        Steps.Reached("committed");
    }

    /// <summary>Turns to a write-ahead journal, unless the file is read-only or in use by another.</summary>
    public void TrySetJournal()
    {
        try
        {
            Execute("PRAGMA journal_mode = WAL");
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.ReadOnly or ErrorCodes.VaultInUse)
        {
        }
    }

    /// <summary>Rolls back what was not committed; nothing when no transaction is open.</summary>
    public void RollBack() => EndTransaction();

    public void Dispose()
    {
        try
        {
            EndTransaction();
        }
        finally
        {
            foreach (SqliteCommand command in _commands.Values)
                command.Dispose();
            _commands.Clear();
            _connection.Dispose();
        }
    }

    private static VaultConnection Open(string path, string source, bool create)
    {
        // Not pooled: a file that a pool still held could not be moved aside, on Windows.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = source,
            Mode = source == path ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadOnly,
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
            // The file may come from anybody: nothing in it may reach beyond its tables, and no value be larger than any that a vault has.
            SQLitePCL.raw.sqlite3_db_config(connection.Handle, SQLitePCL.raw.SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
            SQLitePCL.raw.sqlite3_limit(connection.Handle, SQLitePCL.raw.SQLITE_LIMIT_LENGTH, MostValueBytes);
            vault.Execute("PRAGMA trusted_schema = OFF");
            // SQLite's own wait is finer than the command timeout's loop, which moreover does not know of a journal under recovery.
            vault.Execute("PRAGMA busy_timeout = 30000");
            if (create)
                vault.Execute("PRAGMA journal_mode = WAL");
            vault.Execute("PRAGMA synchronous = FULL");
            vault.Execute("PRAGMA cache_size = -16384");
            // The first look into the file: whether it can be read at all shows here.
            vault.Scalar<long>("PRAGMA schema_version");
            return vault;
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    private static bool IsWholeWithoutJournal(string path) =>
        File.Exists(path) && new FileInfo($"{path}-wal") is { Exists: false } or { Length: 0 };

    private void EndTransaction()
    {
        SqliteTransaction? transaction = _transaction;
        _transaction = null;
        _rolledBack = null;
        transaction?.Dispose();
    }

    // A command leaves the cache while it runs, so that a nested use of the same statement gets one of its own.
    private SqliteCommand Take(string sql, object?[] values)
    {
        ThrowIfRolledBack();
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

    private bool TryRead<T>(SqliteDataReader reader, Func<SqliteDataReader, T> read, out T value)
    {
        try
        {
            if (!reader.Read())
            {
                value = default!;
                return false;
            }
        }
        catch (Exception e) when (Translate(e) is PasspackException translated)
        {
            throw translated;
        }
        try
        {
            value = read(reader);
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException or ArgumentException or FormatException or OverflowException)
        {
            throw VaultErrors.Damaged(Path, "a row of it does not hold what it has to", e);
        }
        catch (Exception e) when (Translate(e) is PasspackException translated)
        {
            throw translated;
        }
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (Translate(e) is PasspackException translated)
        {
            throw translated;
        }
    }

    private PasspackException? Translate(Exception exception)
    {
        PasspackException? translated = VaultErrors.Translate(exception, Path);
        // Some errors (a full disk, a failing one) make SQLite roll the whole transaction back by itself. What went before in it is gone,
        // so nothing may go on as if it were not.
        if (translated is not null && _transaction is not null && SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) != 0)
            _rolledBack ??= translated;
        return translated;
    }

    private void ThrowIfRolledBack()
    {
        if (_rolledBack is { } cause)
            throw new PasspackException(cause.ErrorId, cause.Message, cause) { Target = cause.Target };
    }

    /// <summary>
    /// Interrupts what a connection is reading. Again and again: SQLite forgets an interruption that comes between two statements. Only around reads,
    /// because an interrupted write rolls its whole transaction back.
    /// </summary>
    private sealed class Interruption : IDisposable
    {
        private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(100);

        private readonly Timer _timer;

        public Interruption(SqliteConnection connection, CancellationToken stopping) => _timer = new Timer(
            _ =>
            {
                if (stopping.IsCancellationRequested)
                    SQLitePCL.raw.sqlite3_interrupt(connection.Handle);
            },
            null, s_often, s_often);

        // Waits for one that is under way, which would meet the next statement.
        public void Dispose() => _timer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
