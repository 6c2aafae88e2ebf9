using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class VaultConnectionTests
{
    // Endless within SQLite: no row comes back between which a token could be looked at.
    private const string Endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    [Fact]
    public async Task An_endless_read_is_stopped_within_SQLite_and_its_transaction_stands()
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        connection.Execute("CREATE TABLE kept (value INTEGER)");
        connection.Execute("INSERT INTO kept VALUES (1)");
        connection.BeginRead();
        await RequireStopped(() => connection.Scalar<long>(Endless));
        Assert.Equal(1, connection.Scalar<long>("SELECT count(*) FROM kept"));
    }

    [Fact]
    public async Task A_statement_without_an_end_outside_of_a_transaction_is_stopped_too()
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        connection.Execute("CREATE TABLE kept (value INTEGER)");
        await RequireStopped(() => connection.Execute($"INSERT INTO kept {Endless}"));
        Assert.Equal(0, connection.Scalar<long>("SELECT count(*) FROM kept"));
    }

    [Fact]
    public void A_read_that_was_stopped_before_it_began_reads_nothing()
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        using StoppableWork _ = StoppableWork.By(new CancellationToken(canceled: true));
        Assert.ThrowsAny<OperationCanceledException>(() => connection.Scalar<long>(Endless));
    }

    [Fact]
    public void What_is_written_is_not_stopped_and_neither_is_what_goes_on_to_its_end()
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        using (StoppableWork.By(new CancellationToken(canceled: true)))
        {
            using (StoppableWork.ToItsEnd())
                connection.Execute("CREATE TABLE kept (value INTEGER)");
            connection.BeginImmediate();
            connection.Execute("INSERT INTO kept VALUES (1)");
            Assert.Equal(1, connection.Scalar<long>("SELECT count(*) FROM kept"));
            connection.Commit();
            Assert.ThrowsAny<OperationCanceledException>(() => connection.Scalar<long>("SELECT count(*) FROM kept"));
        }
        Assert.Equal(1, connection.Scalar<long>("SELECT count(*) FROM kept"));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_wait_for_another_writer_is_stopped_also_in_work_that_goes_to_its_end(bool toItsEnd)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "vault.db");
        using VaultConnection first = VaultConnection.Open(path, create: true), second = VaultConnection.Open(path);
        first.Execute("CREATE TABLE kept (value INTEGER)");
        first.BeginImmediate();
        first.Execute("INSERT INTO kept VALUES (1)");
        await RequireStopped(() =>
        {
            using StoppableWork? _ = toItsEnd ? StoppableWork.ToItsEnd() : null;
            second.BeginImmediate();
        });
        Assert.False(second.HasTransaction);
        first.Commit();
        second.InTransaction(() => second.Execute("INSERT INTO kept VALUES (2)"));
        Assert.Equal(2, first.Scalar<long>("SELECT count(*) FROM kept"));
    }

    [Fact]
    public void What_was_started_in_work_that_is_over_is_not_stopped_with_it()
    {
        using var stop = new CancellationTokenSource();
        ExecutionContext started;
        using (StoppableWork.By(stop.Token))
            started = ExecutionContext.Capture()!;
        stop.Cancel();
        using VaultConnection connection = VaultConnection.OpenInMemory();
        long value = 0;
        ExecutionContext.Run(started, _ => value = connection.Scalar<long>("SELECT 1"), null);
        Assert.Equal(1, value);
    }

    private static async Task RequireStopped(Action work)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() =>
        {
            using StoppableWork _ = StoppableWork.By(stop.Token);
            work();
        }).WaitAsync(TimeSpan.FromMinutes(2)));
    }
}
