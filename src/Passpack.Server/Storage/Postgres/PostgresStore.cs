using System.Data;
using Npgsql;

namespace Passpack.Server.Storage.Postgres;

/// <summary>
/// A database of PostgreSQL, for one node or several. Whoever changes an account holds its row until the commit; what a method reads after that is what it
/// changes. Locks are taken in one order: upkeep, registrations, buckets, accounts and vaults by their ids, the server's log, the sum of all.
/// </summary>
internal sealed partial class PostgresStore : StoreRules, IServerStore, IDisposable
{
    // Of a transaction that was undone because of others.
    private const int MostTries = 6;

    private readonly NpgsqlDataSource source;
    private readonly PostgresStep[] steps;
    private readonly string place;
    private readonly Action<IReadOnlyList<StoredEvent>>? told;
    private readonly Lock telling = new();

    /// <param name="database">Where the database is.</param>
    /// <param name="told">Is told of events once they are stored, those of one account in their order. Null if nobody listens.</param>
    /// <param name="steps">The steps that this node's schema comes of. Null: <see cref="PostgresSchema.Steps"/>; tests make neighbours.</param>
    public PostgresStore(PostgresAddress database, Action<IReadOnlyList<StoredEvent>>? told = null, PostgresStep[]? steps = null)
    {
        this.steps = steps ?? PostgresSchema.Steps;
        this.told = told;
        place = database.ToString();
        source = database.Open();
    }

    public Task CheckAsync(CancellationToken cancel) => GetSecretAsync(cancel);

    public async Task<byte[]> GetSecretAsync(CancellationToken cancel) =>
        await ReadAsync(work => work.FirstNowAsync("SELECT secret FROM server", row => row.Bytes(0)), cancel)
            ?? throw new StoreException(StoreFailure.Unusable, $"{place} is not complete: it holds no server secret.");

    public void Dispose() => source.Dispose();

    /// <summary>Runs a single statement, or one that needs no other beside it.</summary>
    private Task<T> ReadAsync<T>(Func<PostgresWork, Task<T>> work, CancellationToken cancel) => GuardAsync(
        async () =>
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancel);
            return await work(new PostgresWork(connection, null, cancel));
        },
        cancel);

    /// <summary>Runs reads that see one state of the database.</summary>
    private Task<T> SnapshotAsync<T>(Func<PostgresWork, Task<T>> work, CancellationToken cancel) => GuardAsync(
        async () =>
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancel);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
            T result = await work(new PostgresWork(connection, transaction, cancel));
            await transaction.CommitAsync(cancel);
            return result;
        },
        cancel);

    /// <summary>
    /// Runs a transaction that writes. <paramref name="work"/> returns whether to commit. Where it was undone, or the connection was gone before the commit
    /// was sent, it runs again.
    /// </summary>
    /// <param name="work">Everything but the commit.</param>
    /// <param name="cancel">Gives up, before the commit is sent.</param>
    /// <param name="isRepeatable">Whether it may also run again if nobody knows whether it was committed, because it finds what it did before.</param>
    private async Task<T> WriteAsync<T>(Func<PostgresWork, Task<(bool Keep, T Result)>> work, CancellationToken cancel, bool isRepeatable = false)
    {
        (T result, List<StoredEvent> appended) = await GuardAsync(() => TransactAsync(work, cancel), cancel, isRepeatable);
        if (appended.Count > 0)
        {
            lock (telling)
                told?.Invoke(appended);
        }

        return result;
    }

    /// <summary>Runs a transaction that writes, which is kept only if its change was made.</summary>
    private Task<ChangeOutcome> ChangeAsync(Func<PostgresWork, Task<ChangeOutcome>> work, CancellationToken cancel) => WriteAsync(
        async transaction =>
        {
            ChangeOutcome outcome = await work(transaction);
            return (outcome == ChangeOutcome.Done, outcome);
        },
        cancel);

    private async Task<(T Result, List<StoredEvent> Appended)> TransactAsync<T>(Func<PostgresWork, Task<(bool Keep, T Result)>> body, CancellationToken cancel)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancel);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancel);
        var work = new PostgresWork(connection, transaction, cancel);
        (bool keep, T result) = await body(work);
        if (!keep)
        {
            await transaction.RollbackAsync(cancel);
            return (result, []);
        }

        await work.SendAsync();
        try
        {
            // Not to be given up: whoever gave up would not know whether it was made.
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception e) when (PostgresFaults.IsOfDatabase(e) && !PostgresFaults.IsSurelyUndone(e))
        {
            throw new UnsureCommitException(e);
        }

        return (result, work.Appended);
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> body, CancellationToken cancel, bool isRepeatable = false)
    {
        UnsureCommitException? unsure = null;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await body();
            }
            catch (UnsureCommitException e) when (isRepeatable && attempt == 1)
            {
                unsure = e;
            }
            catch (UnsureCommitException e)
            {
                throw PostgresFaults.Unsure(place, e.InnerException!);
            }
            catch (Exception e) when (PostgresFaults.IsOfDatabase(e))
            {
                cancel.ThrowIfCancellationRequested();
                bool again = PostgresFaults.IsUndoneForOthers(e) ? attempt < MostTries : attempt == 1 && PostgresFaults.IsConnectionGone(e);
                // Those that wait in the pool are gone with it.
                if (again && PostgresFaults.IsConnectionGone(e))
                    source.Clear();
                if (!again)
                    throw unsure is null ? PostgresFaults.Translate(place, e) : PostgresFaults.Unsure(place, e);
            }

            // Those who undid each other begin anew at different times.
            await Task.Delay(Random.Shared.Next(5 * attempt * attempt), cancel);
        }
    }

    /// <summary>Nobody knows whether a commit was made.</summary>
    private sealed class UnsureCommitException(Exception fault) : Exception("", fault);
}
