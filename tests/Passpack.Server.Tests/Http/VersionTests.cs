using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class VersionTests
{
    private static async Task<VersionPage> ReadAsync(DeviceClient account, Guid record, string more = "") =>
        await (await account.Http.GetAsync($"{account.Path(Routes.Versions)}?stream=1&record={record}{more}")).ReadAsync(VersionPage.ReadAsync);

    [Fact]
    public async Task Earlier_versions_are_read_page_by_page()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        Guid id = Guid.NewGuid();
        for (int version = 1; version <= 4; version++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
            await account.PushNextAsync(Make.Record(id, version, body: Make.Bytes(Limits.BatchBodyBytes / 2)));
        }

        VersionPage first = await ReadAsync(account, id);
        VersionPage second = await ReadAsync(account, id, $"&before={first.NextBefore}");
        Assert.Equal(new long[] { 3, 2, 1 }, first.Versions.Concat(second.Versions).Select(version => version.Record.Version));
        Assert.Null(second.NextBefore);
        DateTimeOffset now = server.Time.GetUtcNow();
        Assert.Equal([now, now.AddSeconds(-1)], first.Versions.Select(version => version.Replaced));
        Assert.Empty((await ReadAsync(account, Guid.NewGuid())).Versions);
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("?stream=1", 400)]
    [InlineData("?record=5f2b1a1e-0000-4000-8000-000000000000", 400)]
    [InlineData("?stream=256&record=5f2b1a1e-0000-4000-8000-000000000000", 400)]
    [InlineData("?stream=1&record=none", 400)]
    [InlineData("?stream=1&record=5f2b1a1e-0000-4000-8000-000000000000&before=x", 400)]
    [InlineData("?stream=1&record=5f2b1a1e-0000-4000-8000-000000000000&before=0", 422)]
    public async Task Questions_that_cannot_be_are_refused(string query, int status)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.Http.GetAsync(account.Path(Routes.Versions) + query).RequireAsync(status, ErrorCodes.RequestInvalid);
    }

    [Fact]
    public async Task Another_accounts_versions_are_not_there()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient anna = await server.RegisterAsync();
        using DeviceClient berta = await server.RegisterAsync(Make.Registration("berta"));
        await anna.Http.GetAsync($"{berta.Path(Routes.Versions)}?stream=1&record={Guid.NewGuid()}").RequireAsync(404, ErrorCodes.NotFound);
    }

    [Fact]
    public async Task The_bounds_are_options_and_the_sweep_holds_to_them()
    {
        await using TestServer server = await TestServer.StartAsync(["--history-versions", "2", "--history-days", "5", "--recycle-days", "7"]);
        using DeviceClient account = await server.RegisterAsync();
        Guid kept = Guid.NewGuid(), deleted = Guid.NewGuid();
        for (int version = 1; version <= 4; version++)
            await account.PushNextAsync(Make.Record(kept, version), Make.Record(deleted, version, deleted: version == 4));
        Assert.Equal(2, (await ReadAsync(account, kept)).Versions.Count);

        server.Time.Advance(TimeSpan.FromDays(6));
        await server.Service<Sweeper>().SweepAsync(default);
        Assert.Equal(3, Assert.Single((await ReadAsync(account, kept)).Versions).Record.Version);
        Assert.Equal(3, Assert.Single((await ReadAsync(account, deleted)).Versions).Record.Version);

        server.Time.Advance(TimeSpan.FromDays(2));
        await server.Service<Sweeper>().SweepAsync(default);
        Assert.Single((await ReadAsync(account, kept)).Versions);
        Assert.Empty((await ReadAsync(account, deleted)).Versions);
        (List<RecordChange> changes, VaultHead head, _) = await account.PullAsync(0);
        Assert.Contains(changes, change => change.Id == deleted && change.Deleted);
        Assert.Equal(5, head.Generation);
    }

    [Theory]
    [InlineData("--history-versions", "0")]
    [InlineData("--history-days", "36501")]
    [InlineData("--recycle-days", "-1")]
    public void Bounds_that_cannot_be_are_refused(string option, string value) =>
        Assert.Contains(option, Assert.Throws<ServerStartException>(() => PasspackServer.Create([option, value])).Message, StringComparison.Ordinal);
}
