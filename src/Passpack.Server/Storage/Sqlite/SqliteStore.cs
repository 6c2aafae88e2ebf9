using Microsoft.Data.Sqlite;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>
/// The default store: one SQLite file. Several processes may use it at once. Reads see one state (WAL); writes run one after the other, and are on
/// the disk when they return (synchronous=FULL).
/// </summary>
internal sealed partial class SqliteStore : StoreRules, IServerStore, IDisposable
{
    public const int BusySeconds = 15;

    private readonly string path;
    private readonly string connectionString;

    // Within this process writers queue here without blocking a thread; SQLite's own lock keeps other processes apart.
    private readonly SemaphoreSlim writers = new(1);

    // What the transaction under way appended to logs; one writer at a time.
    private readonly List<StoredEvent> appended = [];
    private readonly Action<IReadOnlyList<StoredEvent>>? told;

    private readonly PushQueues queues = new();

    // Tells other programs that the file is in use: those of the pool are closed when nobody asks for a while.
    private SqliteConnection? inUse;

    /// <param name="path">The database's file.</param>
    /// <param name="told">Is told of events once they are stored, in their order. Null if nobody listens.</param>
    public SqliteStore(string path, Action<IReadOnlyList<StoredEvent>>? told = null)
    {
        this.told = told;
        SQLitePCL.Batteries_V2.Init();
        this.path = path;
        connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            ForeignKeys = true,
            DefaultTimeout = BusySeconds,
        }.ToString();
    }

    public Task CheckAsync(CancellationToken cancel) => GetSecretAsync(cancel);

    public Task<byte[]> GetSecretAsync(CancellationToken cancel) => ReadAsync(
        connection => connection.First("SELECT secret FROM server", row => row.Bytes(0))
            ?? throw new StoreException(StoreFailure.Unusable, $"{path} is not complete: it holds no server secret."),
        cancel);

    public void Dispose()
    {
        inUse?.Dispose();
        // The last connection to close folds the write-ahead log back into the file.
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
        writers.Dispose();
    }

    /// <summary>Runs reads that see one state of the database.</summary>
    private Task<T> SnapshotAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancel) => ReadAsync(
        connection =>
        {
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
            T result = work(connection);
            transaction.Commit();
            return result;
        },
        cancel);

    /// <summary>Runs a single reading statement.</summary>
    private Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return Task.FromResult(Guarded(work));
    }

    /// <summary>
    /// Runs a write transaction. The write lock is taken before the first read (BEGIN IMMEDIATE), so values that were read stay valid until the
    /// commit. <paramref name="work"/> returns whether to commit.
    /// </summary>
    private async Task<T> WriteAsync<T>(Func<SqliteConnection, (bool Keep, T Result)> work, CancellationToken cancel)
    {
        await writers.WaitAsync(cancel);
        try
        {
            return Guarded(connection =>
            {
                appended.Clear();
                (bool keep, T result) = Transact(connection, work);
                if (!keep)
                    return result;
                if (appended.Count > 0)
                    told?.Invoke(appended);
                FoldLog(connection);
                return result;
            });
        }
        finally
        {
            writers.Release();
        }
    }

    /// <summary>Runs a write transaction, which is kept only if its change was made.</summary>
    private Task<ChangeOutcome> ChangeAsync(Func<SqliteConnection, ChangeOutcome> work, CancellationToken cancel) => WriteAsync(
        connection =>
        {
            ChangeOutcome outcome = work(connection);
            return (outcome == ChangeOutcome.Done, outcome);
        },
        cancel);

    private static (bool Keep, T Result) Transact<T>(SqliteConnection connection, Func<SqliteConnection, (bool Keep, T Result)> work)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        (bool keep, T result) = work(connection);
        if (keep)
            transaction.Commit();
        return (keep, result);
    }

    private T Guarded<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            using SqliteConnection connection = Open();
            return work(connection);
        }
        catch (SqliteException e)
        {
            throw Translate(path, e);
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            // busy_timeout: SQLite's own wait is far finer than the library's. secure_delete: what is deleted is overwritten. None of them touches the disk.
            connection.Run($"PRAGMA busy_timeout = {BusySeconds * 1000}; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static StoreException Translate(string path, SqliteException e) => e.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL => new(StoreFailure.Full, $"No space is left for {path}.", e),
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => new(StoreFailure.Busy, $"{path} is in use by others for too long.", e),
        SQLitePCL.raw.SQLITE_NOTADB => new(StoreFailure.Unusable, $"{path} is not a database of this server.", e),
        _ => new(StoreFailure.Unusable, $"{path} cannot be used: {e.Message}", e),
    };
}
