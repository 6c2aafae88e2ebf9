using Npgsql;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Postgres;
using Passpack.Server.Tests.Support;
using Passpack.Tests.Postgres;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>The contract over PostgreSQL, and what is particular to it.</summary>
public sealed class PostgresStoreTests : StoreContract, IAsyncLifetime
{
    private readonly List<PostgresStore> stores = [];
    private string database = "";

    private protected override IServerStore Store => stores[0];

    private protected override async Task<IServerStore> OtherNodeAsync() => await NodeAsync(PostgresSchema.Steps);

    private async Task<PostgresStore> NodeAsync(PostgresStep[] steps)
    {
        var store = new PostgresStore(PostgresAddress.Parse(database), null, steps);
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

    private protected override bool GoesOn => false;

    // Each is three transactions otherwise.
    private protected override Task AddDevicesAsync(VaultKey vault, int count) => PostgresCluster.RunAsync(database, $"""
        INSERT INTO device (account, device_id, name, token_hash, epoch, created, last_seen)
        SELECT {vault.Account}, gen_random_uuid(), 'laptop', sha256(int4send(i)), epoch, {Now.ToUnixTimeMilliseconds()}, {Now.ToUnixTimeMilliseconds()}
        FROM generate_series(1, {count}) AS i, account WHERE account.id = {vault.Account}
        """);

    private static async Task<StoreException> RefusedAsync(string database)
    {
        using var store = new PostgresStore(PostgresAddress.Parse(database));
        return await Assert.ThrowsAsync<StoreException>(() => store.PrepareAsync(default));
    }

    [Fact]
    public async Task Several_nodes_may_make_one_new_database()
    {
        string empty = await PostgresCluster.NewDatabaseAsync(prepared: false);
        byte[][] secrets = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var store = new PostgresStore(PostgresAddress.Parse(empty));
            await store.PrepareAsync(default);
            return await store.GetSecretAsync(default);
        })));
        Assert.All(secrets, secret => Assert.Equal(secrets[0], secret));
        await PostgresCluster.DropAsync(empty);
    }

    [Fact]
    public async Task Old_and_new_nodes_work_at_once_where_a_step_only_adds_else_the_old_is_refused()
    {
        const string Adds = "ALTER TABLE account ADD COLUMN later text NOT NULL DEFAULT 'x'; ALTER TABLE record ADD COLUMN later text; CREATE TABLE later (id integer)";
        PostgresStep[] next = [.. PostgresSchema.Steps, new(Adds, Oldest: 1)], another = [.. next, new("DROP TABLE later", Oldest: next.Length + 1)];
        VaultKey[] vaults = [await AddAsync("0"), await AddAsync("1"), await AddAsync("2"), await AddAsync("3")];
        var migrated = new TaskCompletionSource<IServerStore>();
        int pushed = 0;
        Task[] working = [.. vaults.Select((vault, i) => Task.Run(async () =>
        {
            for (int n = 0; n < 12 || !migrated.Task.IsCompleted; n++)
            {
                IServerStore node = i % 2 == 1 && migrated.Task.IsCompletedSuccessfully ? await migrated.Task : Store;
                Assert.Equal(PushStatus.Accepted, (await node.ApplyPushAsync(vault, Sealed(Make.Push(n, Make.Record(Guid.NewGuid()))), default))!.Status);
                Assert.NotNull(await node.GetKeysAsync(vault.Account, default));
                Interlocked.Increment(ref pushed);
            }
        }))];
        while (Volatile.Read(ref pushed) < 12 && !working.Any(work => work.IsFaulted))
            await Task.Delay(1);
        PostgresStore newer = await NodeAsync(next);
        migrated.SetResult(newer);
        await Task.WhenAll(working);
        Assert.Equal(next.Length, await AskAsync<int>("SELECT version FROM passpack_schema"));

        // One of before is started again, changes nothing, and goes on.
        IServerStore old = await OtherNodeAsync();
        Assert.Equal("x", await AskAsync<string>("SELECT later FROM account LIMIT 1"));
        await AddAsync("berta");
        Assert.NotNull(await newer.FindLoginAsync("berta", default));
        Assert.NotNull(await old.FindLoginAsync("berta", default));

        await NodeAsync(another);
        Assert.Contains("newer server", (await RefusedAsync(database)).Message, StringComparison.Ordinal);
        Assert.Equal(another.Length, await AskAsync<int>("SELECT version FROM passpack_schema"));
    }

    [Fact]
    public async Task A_vaults_queue_is_the_same_at_every_node()
    {
        VaultKey anna = await AddAsync();
        IServerStore there = await OtherNodeAsync();
        Guid first = Guid.NewGuid(), second = Guid.NewGuid();
        Assert.Null(await Store.QueueAsync(anna, first, Now, default));
        Assert.Equal(0, await there.QueueAsync(anna, first, Now, default));
        Assert.Null(await there.QueueAsync(anna, second, Now, default));
        Assert.Equal(1, await Store.QueueAsync(anna, second, Now, default));
        Push push = Sealed(Make.Push(0, Make.Record(Guid.NewGuid())));
        Assert.Equal(PushStatus.NotItsTurn, (await there.ApplyPushAsync(anna, push with { Device = second }, default))!.Status);
        Assert.Equal(PushStatus.Accepted, (await there.ApplyPushAsync(anna, push with { Device = first }, default))!.Status);
    }

    [Fact]
    public async Task Databases_of_others_of_another_encoding_or_not_there_are_refused()
    {
        string alien = await PostgresCluster.NewDatabaseAsync(prepared: false), latin = await PostgresCluster.NewDatabaseAsync(prepared: false, encoding: "LATIN1");
        await PostgresCluster.RunAsync(alien, "CREATE TABLE precious (x integer)");
        Assert.Contains("not a database of this server", (await RefusedAsync(alien)).Message, StringComparison.Ordinal);
        Assert.Contains("UTF8", (await RefusedAsync(latin)).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", (await RefusedAsync(database.Replace("test_", "nothing_", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
        StoreException away = await RefusedAsync("Host=/tmp/there-is-nothing;Database=passpack;Username=anna;Password=geheim;Timeout=2");
        Assert.Equal(StoreFailure.Busy, away.Failure);
        Assert.Contains("cannot be reached", away.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", away.ToString(), StringComparison.Ordinal);
        await PostgresCluster.DropAsync(alien);
        await PostgresCluster.DropAsync(latin);
    }

    [Fact]
    public async Task User_IDs_of_any_characters_are_kept_as_they_are()
    {
        foreach (string userId in new[] { "a\0b", "straße", "𝒂nna", "ANNA" })
        {
            await AddAsync(userId);
            Assert.Equal(userId, (await Store.FindLoginAsync(userId, default))!.UserId);
        }

        Assert.Null(await Store.FindLoginAsync("anna", default));
    }

    [Fact]
    public async Task Of_a_removed_account_no_row_is_left()
    {
        VaultKey anna = await AddAsync();
        Guid id = Guid.NewGuid();
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Record(id))), default);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, Make.Record(id, version: 2))), default);
        await Store.RemoveAccountAsync(anna.Account, Make.Head(3), Make.Act(), default);
        while (await Store.EraseRemovedAsync(default))
        {
        }

        foreach (string table in new[] { "account", "vault", "device", "record", "earlier_version", "manifest", "push", "sign_in", "known_place", "event_sum", "push_queue" })
            Assert.Equal(0, await AskAsync<long>($"SELECT count(*) FROM {table}"));
    }

    [Fact]
    public async Task User_IDs_that_are_made_up_without_end_neither_fill_the_disk_nor_end_a_lockout()
    {
        AttemptKeys locked = new(Make.Bytes(32), [0, .. Make.Bytes(31)], null);
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddYears(60);
        while (await Store.CountAttemptAsync(locked, null, proved: false, now, default) is null)
        {
        }

        await PostgresCluster.RunAsync(database, $"""
            INSERT INTO bucket (subject, empty) SELECT sha256(int4send(i)), {now.ToUnixTimeMilliseconds()} + i FROM generate_series(1, {StoreRules.MostBuckets + 5000}) AS i
            """);
        AttemptKeys next = new(Make.Bytes(32), [0, .. Make.Bytes(31)], null);
        Assert.Null(await Store.CountAttemptAsync(next, null, proved: false, now, default));
        Assert.InRange(await AskAsync<long>("SELECT count(*) FROM bucket"), StoreRules.MostBuckets, StoreRules.MostBuckets + 3);
        Assert.NotNull(await Store.CountAttemptAsync(locked, null, proved: true, now, default));
    }

    [Fact]
    public async Task Connections_that_the_database_has_closed_are_made_anew_without_an_error()
    {
        VaultKey anna = await AddAsync();
        for (int i = 0; i < 3; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.GetKeysAsync(anna.Account, default)));
            await PostgresCluster.RunAsync(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, Sealed(Make.Push(i, Make.Record(Guid.NewGuid()))), default))!.Status);
        }
    }

    [Fact]
    public async Task A_push_whose_commit_got_no_answer_is_stored_once_and_other_changes_are_unsure()
    {
        VaultKey anna = await AddAsync();
        await using var proxy = new CutProxy(database);
        using var store = new PostgresStore(PostgresAddress.Parse(proxy.Database));
        Push push = Sealed(Make.Push(0, Make.Record(Guid.NewGuid())));
        proxy.CutNext();
        Assert.Equal(new Passpack.Protocol.PushAnswer(1, 2), (await store.ApplyPushAsync(anna, push, default))!.Answer);
        Assert.Equal(1, await AskAsync<long>("SELECT count(*) FROM push"));

        proxy.CutNext();
        StoreException unsure = await Assert.ThrowsAsync<StoreException>(() => store.RequestRemovalAsync(anna.Account, Guid.NewGuid(), RemovalTimes.Default, Make.Act(), default));
        Assert.Equal(StoreFailure.Unsure, unsure.Failure);
        // It was made, as asking again tells, once the database has come to what was sent to it.
        for (int wait = 0; wait < 600 && (await Store.GetKeysAsync(anna.Account, default))!.Removal is null; wait++)
            await Task.Delay(50);
        Assert.NotNull((await Store.GetKeysAsync(anna.Account, default))!.Removal);

        proxy.CutNext(closes: true);
        Push second = Sealed(Make.Push(1, Make.Record(Guid.NewGuid())));
        StoreFailure failure = (await Assert.ThrowsAsync<StoreException>(() => store.ApplyPushAsync(anna, second, default))).Failure;
        Assert.Equal(StoreFailure.Unsure, failure);
        proxy.Reopen();
        Assert.Equal(new Passpack.Protocol.PushAnswer(2, 3), (await store.ApplyPushAsync(anna, second, default))!.Answer);
    }
}
