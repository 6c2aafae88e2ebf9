using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Vault.Storage;

/// <summary>
/// One connection to a vault file: statements prepared once, parameters by place (<c>$1</c>, <c>$2</c> ...), errors in this product's
/// words. For one thread at a time.
/// </summary>
/// <remarks>
/// Nothing but SQLite may open a vault file that is in use: on POSIX systems closing any descriptor of a file drops all locks that the
/// process holds on it (sqlite.org, "How To Corrupt An SQLite Database File", section 2.2).
/// </remarks>
internal sealed partial class VaultConnection : IDisposable
{
    /// <summary>For other processes and connections that use the file.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    private const int PartOfWaitSeconds = 1;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private SqliteTransaction? _transaction;
    private bool _writes;
    private PasspackException? _rolledBack;

    private VaultConnection(SqliteConnection connection, string path)
    {
        _connection = connection;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Whether a transaction is open.</summary>
    public bool HasTransaction => _transaction is not null;

    // Statements of a writing transaction, reads too, are not interrupted: an interrupted write would roll the whole transaction back.
    private CancellationToken Stopping => _writes ? CancellationToken.None : StoppableWork.Token;

    public int Execute(string sql, params object?[] values)
    {
        if (_writes && values.Length > 0)
            return Write(sql, values);
        CancellationToken cancellationToken = _transaction is null ? Stopping : CancellationToken.None;
        using Interruption? _ = Interruption.Of(_connection, cancellationToken);
        SqliteCommand command = Take(sql, values);
        try
        {
            return Run(command.ExecuteNonQuery, cancellationToken);
        }
        finally
        {
            Return(sql, command);
        }
    }

    /// <summary>The first column of the only row.</summary>
    public T Scalar<T>(string sql, params object?[] values) => Query(sql, row => row.GetFieldValue<T>(0), values).Single();

    /// <summary>Rows, one by one, read as they are enumerated. Ends, within SQLite too, with <see cref="StoppableWork"/>.</summary>
    public IEnumerable<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params object?[] values)
    {
        CancellationToken cancellationToken = Stopping;
        using Interruption? _ = Interruption.Of(_connection, cancellationToken);
        SqliteCommand command = Take(sql, values);
        SqliteDataReader? reader = null;
        try
        {
            reader = Run(command.ExecuteReader, cancellationToken);
            while (TryRead(reader, read, cancellationToken, out T value))
                yield return value;
        }
        finally
        {
            reader?.Dispose();
            Return(sql, command);
        }
    }

    /// <summary>The first row's value, or the default.</summary>
    public T? First<T>(string sql, Func<SqliteDataReader, T> read, params object?[] values) => Query(sql, read, values).FirstOrDefault();

    /// <summary>Does something in one transaction: all of it is saved, or nothing.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultInUse"/>: another writer did not finish within 30 seconds.</exception>
    public void InTransaction(Action action)
    {
        BeginImmediate();
        try
        {
            action();
            Commit();
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>
    /// Starts a transaction that may write: waits for others', up to 30 seconds, or about a second once <see cref="StoppableWork"/> is stopped.
    /// </summary>
    public void BeginImmediate()
    {
        _transaction = Guard(() => Wait(() => _connection.BeginTransaction(deferred: false)));
        _writes = true;
        Failpoints.Hit("begun");
    }

    /// <summary>Starts a transaction that only reads: all its reads see one state of the vault, and it blocks nobody.</summary>
    public void BeginRead() => _transaction = Guard(() => _connection.BeginTransaction(deferred: true));

    public void Commit()
    {
        SqliteTransaction transaction = _transaction ?? throw new InvalidOperationException("There is nothing to commit.");
        ThrowIfRolledBack();
        Failpoints.Hit("before commit");
        Guard(() =>
        {
            transaction.Commit();
            return 0;
        });
        EndTransaction();
        Failpoints.Hit("committed");
    }

    /// <summary>Switches to a write-ahead journal, unless the file is read-only or in use by another process.</summary>
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

    /// <summary>Rolls back an open transaction, if any.</summary>
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
            foreach (Statement statement in _statements.Values)
                statement.Handle.Dispose();
            _statements.Clear();
            _connection.Dispose();
        }
    }

    // Within a transaction there is nobody to wait for.
    private T Run<T>(Func<T> action, CancellationToken cancellationToken) =>
        _transaction is not null ? Guard(action, cancellationToken) : RunWaiting(action, cancellationToken);

    private T RunWaiting<T>(Func<T> action, CancellationToken cancellationToken) => Guard(() => Wait(action), cancellationToken);

    // SQLite's own wait for another writer cannot be interrupted, so it is taken in parts.
    private T Wait<T>(Func<T> action)
    {
        CancellationToken stopping = StoppableWork.WaitToken;
        long begun = TimeProvider.System.GetTimestamp();
        SQLitePCL.raw.sqlite3_busy_timeout(_connection.Handle, PartOfWaitSeconds * 1000);
        try
        {
            while (true)
            {
                try
                {
                    return action();
                }
                catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_BUSY && TimeProvider.System.GetElapsedTime(begun) < s_longestWait)
                {
                    if (stopping.IsCancellationRequested)
                        throw new OperationCanceledException("The wait for another writer was stopped.", e, stopping);
                }
            }
        }
        finally
        {
            SQLitePCL.raw.sqlite3_busy_timeout(_connection.Handle, (int)s_longestWait.TotalMilliseconds);
        }
    }

    private void EndTransaction()
    {
        SqliteTransaction? transaction = _transaction;
        _transaction = null;
        _writes = false;
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

    private bool TryRead<T>(SqliteDataReader reader, Func<SqliteDataReader, T> read, CancellationToken cancellationToken, out T value)
    {
        if (!Guard(reader.Read, cancellationToken))
        {
            value = default!;
            return false;
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

    private T Guard<T>(Func<T> action, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return action();
        }
        catch (SqliteException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The reading was stopped.", e, cancellationToken);
        }
        catch (Exception e) when (Translate(e) is PasspackException translated)
        {
            throw translated;
        }
    }

    private PasspackException? Translate(Exception exception)
    {
        PasspackException? translated = VaultErrors.Translate(exception, Path);
        // Some errors (a full disk, a failing one) make SQLite roll the whole transaction back by itself. Its earlier statements are undone, so the
        // caller must not go on.
        if (translated is not null && _transaction is not null && SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) != 0)
            _rolledBack ??= translated;
        return translated;
    }

    private void ThrowIfRolledBack()
    {
        if (_rolledBack is { } cause)
            throw new PasspackException(cause.ErrorId, cause.Message, cause) { Target = cause.Target };
    }
}
