using Npgsql;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Postgres;
using Passpack.Server.Tests.Support;
using Passpack.Server.Tests.Support.Postgres;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>The contract over PostgreSQL, and what is particular to it.</summary>
public sealed class PostgresStoreTests : StoreContract, IAsyncLifetime
{
    private readonly List<PostgresStore> stores = [];
    private string database = "";

    private protected override IServerStore Store => stores[0];

    private protected override async Task<IServerStore> OtherNodeAsync()
    {
        var store = new PostgresStore(PostgresAddress.Parse(database));
        stores.Add(store);
        await store.PrepareAsync(default);
        return store;
    }

    public async ValueTask InitializeAsync()
    {
        database = await PostgresCluster.NewDatabaseAsync();
        await OtherNodeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (stores.Count == 0)
            return;
        // Whatever the test did: what the quotas count is what there is.
        foreach (string counted in new[] { Counters.OfVaultsInPostgres, Counters.OfAllInPostgres })
            Assert.Equal(0, await AskAsync<long>(counted));
        stores.ForEach(store => store.Dispose());
        await PostgresCluster.DropAsync(database);
    }

    private async Task<T> AskAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
