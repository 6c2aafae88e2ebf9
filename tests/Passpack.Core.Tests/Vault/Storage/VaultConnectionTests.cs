using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class VaultConnectionTests
{
    // Endless within SQLite: no row comes back between which a token could be looked at.
    private const string Endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    [Fact]
    public async Task A_read_without_an_end_is_stopped_within_SQLite_and_a_transaction_around_it_stands()
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        connection.Execute("CREATE TABLE kept (value INTEGER)");
        connection.BeginImmediate();
        connection.Execute("INSERT INTO kept VALUES (1)");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Task.Run(() => connection.Query(Endless, row => row.GetInt64(0), stop.Token).ToList()).WaitAsync(TimeSpan.FromMinutes(2)));
        connection.Execute("INSERT INTO kept VALUES (2)");
        connection.Commit();
        Assert.Equal(2, connection.Scalar<long>("SELECT count(*) FROM kept"));
    }

    [Fact]
    public void A_read_that_was_stopped_before_it_began_reads_nothing()
    {
        using VaultConnection connection = VaultConnection.OpenInMemory();
        Assert.ThrowsAny<OperationCanceledException>(() => connection.Query(Endless, row => row.GetInt64(0), new CancellationToken(canceled: true)).ToList());
    }
}
