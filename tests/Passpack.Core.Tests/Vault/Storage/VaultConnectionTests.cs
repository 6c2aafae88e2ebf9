using Microsoft.Data.Sqlite;
using Passpack.Protocol;
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

    [Fact]
    public void Values_written_in_a_transaction_are_read_as_they_were_whatever_their_order()
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        connection.Execute("CREATE TABLE kept (number INTEGER, flag INTEGER, text TEXT, bytes BLOB, none BLOB, absent INTEGER, id BLOB) STRICT");
        var id = Guid.NewGuid();
        connection.InTransaction(() =>
        {
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal(i + 1, connection.Insert("INSERT INTO kept (id, absent, none, bytes, text, flag, number) VALUES ($7, $6, $5, $4, $3, $2, $1)",
                    long.MaxValue - i, i == 0, "näme", new byte[] { 1, 0, 2 }, Array.Empty<byte>(), null, id));
            }
            Assert.Equal(2, connection.Execute("UPDATE kept SET text = text || $1 WHERE id = $2", "s", id));
            Assert.Equal(0, connection.Execute("UPDATE kept SET text = text || $1 WHERE id = $2", "s", Guid.NewGuid()));
        });
        Assert.Equal(
            [(long.MaxValue, true, "nämes", "010002", 0, true, id), (long.MaxValue - 1, false, "nämes", "010002", 0, true, id)],
            connection.Query("SELECT number, flag, text, bytes, none, absent, id FROM kept", row => (row.GetInt64(0), row.GetBoolean(1), row.GetString(2),
                Convert.ToHexString(row.GetBytes(3)), row.GetBytes(4).Length, row.IsDBNull(5), row.GetId(6))));
    }

    [Fact]
    public void A_write_that_SQLite_refuses_leaves_the_statement_usable_and_is_told()
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        connection.Execute("CREATE TABLE kept (value INTEGER PRIMARY KEY) STRICT");
        connection.InTransaction(() =>
        {
            const string insert = "INSERT INTO kept (value) VALUES ($1)";
            connection.Execute(insert, 1);
            Assert.Throws<SqliteException>(() => connection.Execute(insert, 1));
            connection.Execute(insert, 2);
            Errors.Of(ErrorCodes.VaultDamaged, () => connection.Execute(insert, "text, which a STRICT table does not take"));
            Errors.Of(ErrorCodes.VaultDamaged, () => connection.Execute("INSERT INTO missing VALUES ($1)", 1));
            Assert.Throws<ArgumentException>(() => connection.Execute(insert, 1, 2));
            Assert.Throws<ArgumentException>(() => connection.Execute($"{insert}; DELETE FROM kept", 3));
            Assert.Throws<ArgumentException>(() => connection.Execute("INSERT INTO kept (value) VALUES ($1 + $3)", 3, 4));
        });
        Assert.Equal([1, 2], connection.Query("SELECT value FROM kept", row => row.GetInt64(0)));
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
