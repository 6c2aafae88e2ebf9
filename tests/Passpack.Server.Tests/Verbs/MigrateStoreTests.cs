using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Passpack.Tests.Postgres;
using Xunit;

namespace Passpack.Server.Tests.Verbs;

/// <summary>Everything moves from SQLite into PostgreSQL, and back, and is the same.</summary>
public sealed class MigrateStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Task<(int ExitCode, string[] Output, string[] Error)> MigrateAsync(string from, string to) =>
        VerbRun.RunAsync("migrate-store", "--from", from, "--to", to);

    /// <summary>A server of which every table has rows, but for the few that a test names.</summary>
    private static async Task<(RegisterRequest Registration, byte[] Token, DeviceDescription Device, Guid Record)> FillAsync(string folder)
    {
        await using TestServer server = await TestServer.StartAsync(folder: folder);
        using DeviceClient anna = await server.RegisterAsync(), berta = await server.RegisterAsync(Make.Registration("berta\0@exämple.org"));
        using DeviceClient laptop = await server.SignInAsync(anna), waiting = await server.LogInAsync(anna);
        RecordChange first = Make.Record(Guid.NewGuid());
        await laptop.PushNextAsync([first, Make.Record(Guid.NewGuid(), body: Make.Bytes(100_000)), .. Make.Records(20)]);
        await laptop.PushNextAsync(Make.Record(first.Id, 2), Make.Record(Guid.NewGuid(), deleted: true));
        await berta.PushNextAsync(berta.Owner.Adopt(Make.Record(Guid.NewGuid())));
        await server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(anna.Registration.UserId, Make.Bytes(32), Make.Device()));
        await server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest("nobody", Make.Bytes(32), Make.Device()));
        await server.Store.AddInvitationAsync(new(Make.Bytes(32), true, server.Time.GetUtcNow().AddDays(7)), null, Make.Act(), default);
        return (anna.Registration, laptop.Token, laptop.Device, first.Id);
    }

    private static string Dump(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, PasspackServer.DatabaseName)};Pooling=False");
        connection.Open();
        List<string> tables = connection.All("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", row => row.GetString(0));
        return string.Join('\n', tables.SelectMany(table => connection.All($"SELECT * FROM {table} ORDER BY 1, 2", row => $"{table}: " + string.Join(
            ", ", Enumerable.Range(0, row.FieldCount).Select(i => row.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : row.GetValue(i).ToString())))));
    }

    [Fact]
    public async Task What_goes_into_PostgreSQL_and_back_is_the_same_row_by_row()
    {
        string database = await PostgresCluster.NewDatabaseAsync(prepared: false), source = _folder.Of("source"), back = _folder.Of("back");
        (RegisterRequest registration, byte[] token, DeviceDescription device, Guid record) = await FillAsync(source);
        string before = Dump(source);
        (int exitCode, string[] output, string[] error) = await MigrateAsync(source, database);
        Assert.True(exitCode == 0, string.Join('\n', error));
        Assert.Contains("account: 2", output);
        Assert.Contains("earlier_version: 1", output);
        Assert.Equal(before, Dump(source));

        await using (TestServer server = await TestServer.StartAsync(["--database", database]))
        {
            using var laptop = new DeviceClient(server.Http.BaseAddress!, registration, token, device);
            Assert.Equal(23, (await laptop.PullAsync(0)).Changes.Count);
            using DeviceClient clara = await server.RegisterAsync(Make.Registration("clara@example.org"));
            await clara.PushNextAsync(clara.Owner.Adopt(Make.Record(Guid.NewGuid())));
            Assert.Equal(3, (await laptop.PushNextAsync(Make.Record(record, 3))).Revision);
            Assert.Contains("in use by a server", Assert.Single((await MigrateAsync(database, back)).Error), StringComparison.Ordinal);
        }

        string other = await PostgresCluster.NewDatabaseAsync(prepared: false);
        Assert.Equal(0, (await MigrateAsync(source, other)).ExitCode);
        (exitCode, _, error) = await MigrateAsync(other, back);
        Assert.True(exitCode == 0, string.Join('\n', error));
        Assert.Equal(before, Dump(back));
        await PostgresCluster.DropAsync(database);
        await PostgresCluster.DropAsync(other);
    }

    [Fact]
    public async Task A_server_that_runs_and_a_target_that_is_not_empty_are_refused()
    {
        string database = await PostgresCluster.NewDatabaseAsync(), source = _folder.Of("source");
        await FillAsync(source);
        await using (TestServer running = await TestServer.StartAsync(folder: source))
        {
            // As after some minutes in which nobody asked.
            SqliteConnection.ClearAllPools();
            (int exitCode, _, string[] error) = await MigrateAsync(source, database);
            Assert.Equal(1, exitCode);
            Assert.Contains("Stop the server first", Assert.Single(error), StringComparison.Ordinal);
            (await running.Http.GetAsync(Routes.Ready)).EnsureSuccessStatusCode();
        }

        await using (await TestServer.StartAsync(["--database", database]))
            Assert.Contains("in use by a server", Assert.Single((await MigrateAsync(source, database)).Error), StringComparison.Ordinal);
        // That server noted its start.
        Assert.Contains("not empty", Assert.Single((await MigrateAsync(source, database)).Error), StringComparison.Ordinal);
        await PostgresCluster.DropAsync(database);
    }

    [Theory]
    [InlineData("/srv/passpack", "/srv/other", "different kinds")]
    [InlineData("Host=a;Database=b", "Host=c;Database=d", "different kinds")]
    [InlineData("/srv/passpack", "Host=c;Database=d;Password=geheim", "holds a password")]
    [InlineData("/srv/there-is-none", "Host=c;Database=d", "There is no database")]
    public async Task Stores_that_cannot_be_meant_are_refused(string from, string to, string expected)
    {
        (int exitCode, _, string[] error) = await MigrateAsync(from, to);
        Assert.Equal(1, exitCode);
        Assert.Contains(expected, Assert.Single(error), StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", error[0], StringComparison.Ordinal);
    }
}
