using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>The contract over SQLite, and what is particular to a file.</summary>
public sealed class SqliteStoreTests : StoreContract, IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly List<SqliteStore> stores = [];

    private string DatabasePath => folder.Of("data/store.db");

    private protected override IServerStore Store => stores[0];

    private protected override async Task<IServerStore> OtherNodeAsync()
    {
        var store = new SqliteStore(DatabasePath);
        stores.Add(store);
        await store.PrepareAsync(default);
        return store;
    }

    public async ValueTask InitializeAsync() => await OtherNodeAsync();

    public ValueTask DisposeAsync()
    {
        // Whatever the test did: what the quotas count is what there is.
        foreach (string counted in new[] { Counters.OfVaults, Counters.OfAll })
            Assert.Equal(0, Ask<long>(counted));
        stores.ForEach(store => store.Dispose());
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private T Ask<T>(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.Sql(sql);
        return (T)command.ExecuteScalar()!;
    }

    [Fact]
    public void Files_are_readable_by_their_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        AssertMode(0b111_000_000, folder.Of("data"));
        string[] files = Directory.GetFiles(folder.Of("data"));
        Assert.Contains(files, file => file.EndsWith("-wal", StringComparison.Ordinal));
        Assert.All(files, file => AssertMode(0b110_000_000, file));
    }

    private static void AssertMode(int mode, string path)
    {
        if (!OperatingSystem.IsWindows())
            Assert.Equal((UnixFileMode)mode, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task A_file_that_others_could_read_is_closed_and_a_shared_folder_is_left_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode Open = (UnixFileMode)0b111_101_101;
        string shared = folder.Of("shared");
        Directory.CreateDirectory(shared);
        File.SetUnixFileMode(shared, Open);
        await File.WriteAllTextAsync(Path.Combine(shared, "notes.txt"), "not the server's");
        using var store = new SqliteStore(Path.Combine(shared, "store.db"));
        await store.PrepareAsync(default);
        AssertMode(0b111_101_101, shared);

        File.SetUnixFileMode(Path.Combine(shared, "store.db"), Open);
        await store.PrepareAsync(default);
        AssertMode(0b110_000_000, Path.Combine(shared, "store.db"));
    }

    [Fact]
    public async Task User_IDs_that_are_made_up_without_end_neither_fill_the_disk_nor_end_a_lockout()
    {
        AttemptKeys locked = new(Make.Bytes(32), [0, .. Make.Bytes(31)], null);
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddYears(60);
        while (await Store.CountAttemptAsync(locked, null, proved: false, now, default) is null)
        {
        }

        using (var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False"))
        {
            connection.Open();
            connection.Run(
                """
                WITH RECURSIVE made (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM made WHERE i < $count)
                INSERT INTO bucket (subject, empty) SELECT randomblob(32), $now + i FROM made
                """,
                ("$count", SqliteStore.MostBuckets + 5000), ("$now", now.ToStored()));
        }

        AttemptKeys next = new(Make.Bytes(32), [0, .. Make.Bytes(31)], null);
        Assert.Null(await Store.CountAttemptAsync(next, null, proved: false, now, default));
        Assert.InRange(Ask<long>("SELECT count(*) FROM bucket"), SqliteStore.MostBuckets, SqliteStore.MostBuckets + 3);
        Assert.NotNull(await Store.CountAttemptAsync(locked, null, proved: true, now, default));
    }

    [Fact]
    public async Task A_database_of_the_first_schema_keeps_its_secret_and_counts_anew()
    {
        string path = folder.Of("data/first.db");
        byte[] secret;
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            connection.Run(Schema.Steps[0]);
            connection.Run($"PRAGMA application_id = {Schema.ApplicationId}; PRAGMA user_version = 1; INSERT INTO failed_login VALUES (x'01', 5, 6)");
            secret = connection.First("SELECT secret FROM server", row => row.Bytes(0))!;
        }

        using var store = new SqliteStore(path);
        await store.PrepareAsync(default);
        Assert.Equal(secret, await store.GetSecretAsync(default));
        Assert.Null(await store.CountAttemptAsync(new(Make.Bytes(32), Make.Bytes(32), null), null, proved: false, DateTimeOffset.UnixEpoch, default));
    }

    [Fact]
    public void The_log_is_a_write_ahead_log_and_the_schema_is_marked()
    {
        Assert.Equal("wal", Ask<string>("PRAGMA journal_mode"));
        Assert.Equal(Schema.Steps.Length, Ask<long>("PRAGMA user_version"));
        Assert.Equal(Schema.ApplicationId, Ask<long>("PRAGMA application_id"));
    }

    [Fact]
    public async Task A_newer_schema_is_refused_and_left_as_it_is()
    {
        Ask<object>("PRAGMA user_version = 99; SELECT 1");
        using var store = new SqliteStore(DatabasePath);
        StoreException refused = await Assert.ThrowsAsync<StoreException>(() => store.PrepareAsync(default));
        Assert.Contains("newer server", refused.Message, StringComparison.Ordinal);
        Assert.Equal(99, Ask<long>("PRAGMA user_version"));
    }

    [Fact]
    public async Task Another_programs_database_and_a_file_that_is_none_are_refused()
    {
        string alien = folder.Of("alien.db");
        using (var connection = new SqliteConnection($"Data Source={alien};Pooling=False"))
        {
            connection.Open();
            connection.Run("CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
        }

        string text = folder.Of("text.db");
        await File.WriteAllTextAsync(text, string.Join('\n', Enumerable.Repeat("this is no database", 500)));
        foreach (string path in new[] { alien, text })
        {
            using var store = new SqliteStore(path);
            StoreException refused = await Assert.ThrowsAsync<StoreException>(() => store.PrepareAsync(default));
            Assert.Contains("not a database of this server", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Starting_again_and_side_by_side_keeps_what_is_there()
    {
        byte[] secret = await Store.GetSecretAsync(default);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var store = new SqliteStore(DatabasePath);
            await store.PrepareAsync(default);
            Assert.Equal(secret, await store.GetSecretAsync(default));
        })));
    }

    [Fact]
    public async Task Several_nodes_may_make_one_new_database()
    {
        string path = folder.Of("new/store.db");
        byte[][] secrets = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var store = new SqliteStore(path);
            await store.PrepareAsync(default);
            return await store.GetSecretAsync(default);
        })));
        Assert.All(secrets, secret => Assert.Equal(secrets[0], secret));
    }

    [Fact]
    public async Task What_a_push_replaces_is_kept_with_its_content()
    {
        VaultKey anna = await AddAsync();
        Guid id = Guid.NewGuid();
        for (int i = 0; i < 3; i++)
        {
            PushRequest push = Make.Push(i, Make.Record(id, version: i + 1, deleted: i == 2));
            await Store.ApplyPushAsync(anna, new Push(push, null, Retention.Default, DateTimeOffset.UnixEpoch.AddSeconds(i)), default);
        }

        Assert.Equal("1,0,1000|2,1000,2000", Ask<string>(
            "SELECT group_concat(version || ',' || stored || ',' || replaced, '|') FROM (SELECT * FROM earlier_version ORDER BY version)"));
        Assert.Equal(Make.Record(id, version: 2).Body, Ask<byte[]>("SELECT body FROM earlier_version WHERE version = 2"));
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

        foreach (string table in new[] { "account", "vault", "device", "record", "earlier_version", "manifest", "push", "sign_in", "known_place" })
            Assert.Equal(0, Ask<long>($"SELECT count(*) FROM {table}"));
    }

    [Fact]
    public void A_sweep_goes_along_the_index_of_ages_and_never_sorts()
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        List<string> plan = connection.All(
            """
            EXPLAIN QUERY PLAN SELECT e.rowid FROM earlier_version e JOIN record r ON r.vault = e.vault AND r.stream = e.stream AND r.record_id = e.record_id
            WHERE (e.replaced, e.rowid) > (1, 2) AND e.replaced < 9 ORDER BY e.replaced, e.rowid LIMIT 500
            """,
            row => row.GetString(3));
        Assert.Contains("earlier_version_by_age", plan[0], StringComparison.Ordinal);
        Assert.DoesNotContain(plan, step => step.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public void Changes_are_found_by_their_place_in_the_index_and_never_sorted()
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        string plan = Assert.Single(connection.All(
            "EXPLAIN QUERY PLAN SELECT body FROM record WHERE vault = 1 AND (revision, ordinal) > (5, 3) ORDER BY revision, ordinal",
            row => row.GetString(3)));
        Assert.Contains("USING INDEX record_in_order (vault=? AND (revision,ordinal)>(?,?))", plan, StringComparison.Ordinal);
    }
}
