using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>What the quotas count, held against a real file.</summary>
public sealed class SqliteQuotaTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private SqliteStore store = null!;

    private string name = "store.db";

    private string DatabasePath => folder.Of(name);

    public async ValueTask InitializeAsync()
    {
        store = new SqliteStore(DatabasePath);
        await store.PrepareAsync(default);
    }

    public ValueTask DisposeAsync()
    {
        store.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private long Ask(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        return connection.First(sql, row => row.GetInt64(0));
    }

    private async Task<VaultKey> AddAsync(string userId)
    {
        CheckedKeys keys = Make.Keys(Guid.NewGuid());
        var account = new NewAccount(userId, Make.Bytes(16), "17.8.1", Make.Bytes(16), Make.Bytes(32), keys, Make.Manifest(1), DateTimeOffset.UnixEpoch);
        var device = new DeviceSignIn(Guid.NewGuid(), "laptop", Make.Bytes(32), DateTimeOffset.UnixEpoch);
        Assert.Equal(AddOutcome.Added, await store.AddAccountAsync(account, device, onlyFirst: false, default));
        return new VaultKey((await store.FindLoginAsync(userId, default))!.Account, keys.Content.VaultId);
    }

    private async Task PushAsync(VaultKey vault, int revision, params RecordChange[] records)
    {
        var push = new Push(Make.Push(revision, records), null, Retention.Default, DateTimeOffset.UnixEpoch.AddMinutes(revision));
        Assert.Equal(PushStatus.Accepted, (await store.ApplyPushAsync(vault, push, default))!.Status);
    }

    [Fact]
    public async Task The_file_grows_by_no_more_than_what_is_counted()
    {
        VaultKey anna = await AddAsync("anna");
        long size = Ask("PRAGMA page_count"), counted = Ask("SELECT bytes FROM vault");

        void RequireCounted(string what)
        {
            long grown = (Ask("PRAGMA page_count") - size) * Ask("PRAGMA page_size"), added = Ask("SELECT bytes FROM vault") - counted;
            // Not far more either: then honest accounts would pay.
            Assert.True(grown <= added && grown >= added / 2, $"{what}: the file grew by {grown} bytes, {added} were counted.");
            (size, counted) = (Ask("PRAGMA page_count"), Ask("SELECT bytes FROM vault"));
        }

        int revision = 0;
        Guid[] ids = [.. Enumerable.Range(0, 4000).Select(_ => Guid.NewGuid())];
        for (int version = 1; version <= 2; version++)
        {
            foreach (Guid[] some in ids.Chunk(1000))
                await PushAsync(anna, revision++, [.. some.Select(id => Make.Record(id, version, body: [1]))]);
            RequireCounted($"version {version}");
        }

        for (int i = 0; i < 500; i++)
            await PushAsync(anna, revision++);
        RequireCounted("pushes of nothing");
    }

    [Fact]
    public async Task A_database_from_before_rows_were_counted_is_counted_anew()
    {
        VaultKey anna = await AddAsync("anna"), berta = await AddAsync("berta");
        Guid id = Guid.NewGuid();
        for (int i = 0; i < 3; i++)
            await PushAsync(anna, i, [.. Make.Records(5), Make.Record(id, i + 1)]);
        await PushAsync(berta, 0, Make.Record(id));
        long expected = Ask("SELECT bytes FROM server");
        store.Dispose();
        store = new SqliteStore(OfSecondSchema());

        await store.PrepareAsync(default);
        Assert.Equal(expected, Ask("SELECT bytes FROM server"));
        Assert.Equal(0, Ask(Counters.OfVaults));
        await PushAsync(berta, 1, Make.Record(id, 2));
        Assert.Equal(0, Ask(Counters.OfVaults) + Ask(Counters.OfAll));
    }

    /// <summary>A database of the second schema with all that this one holds and the second has a place for; Ask asks it from now on.</summary>
    private string OfSecondSchema()
    {
        string newest = DatabasePath;
        name = "old.db";
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        foreach (string step in Schema.Steps.AsSpan(..2))
            connection.Run(step);
        connection.Run($"DELETE FROM server; ATTACH '{newest}' AS newest");
        string[] tables = [.. connection.All("SELECT name FROM main.sqlite_schema WHERE type = 'table'", row => row.GetString(0))];
        foreach (string table in tables)
        {
            string columns = string.Join(", ", connection.All("SELECT name FROM pragma_table_info($table, 'main')", row => row.GetString(0), ("$table", table)));
            connection.Run($"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newest.{table}");
        }
        connection.Run(
            $"""
            UPDATE vault SET bytes = (SELECT coalesce(sum(length(body)), 0) FROM record WHERE record.vault = vault.id)
                + (SELECT coalesce(sum(length(body)), 0) FROM earlier_version WHERE earlier_version.vault = vault.id)
                + (SELECT sum(length(sealed)) FROM manifest WHERE manifest.vault = vault.id);
            PRAGMA application_id = {Schema.ApplicationId}; PRAGMA user_version = 2;
            """);
        return DatabasePath;
    }
}
