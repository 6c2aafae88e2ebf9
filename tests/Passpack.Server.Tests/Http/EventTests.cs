using System.Net.Http.Json;
using Microsoft.Extensions.Logging;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Passpack.Server.Watching;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>The log of an account as it is served.</summary>
public sealed class EventTests
{
    private const string Address = "192.0.2.7";

    [Fact]
    public async Task The_log_tells_what_was_done_from_where_and_a_sync_tells_its_head()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.BehindProxy);
        using DeviceClient account = await server.RegisterAsync(), other = await server.SignInAsync(account);
        using HttpClient away = server.From(Address);
        await away.PostAsJsonAsync(Routes.Login, new LoginRequest(account.Registration.UserId, Make.Bytes(32), Make.Device()))
            .RequireAsync(401, ErrorCodes.PasswordRejected);
        PushAnswer pushed = await account.PushAsync(Make.Push(0, Make.Records(1)));
        EventPage page = await ReadAsync(account);

        Assert.Equal([EventType.Registered, EventType.SignedIn, EventType.DeviceAdded], page.Events.Select(row => (EventType)row.Type));
        Assert.Equal([account.Device.Id, other.Device.Id, other.Device.Id], page.Events.Select(row => row.Device!.Value));
        Assert.Equal([EventType.Refused, EventType.Pushed], page.Open.Select(sum => (EventType)sum.Type).Order());
        LogHead head = EventChain.Begin(account.Owner.Vault);
        Assert.True(head.IsSame(page.After));
        foreach (LoggedEvent row in page.Events)
            head = new LogHead(row.Number, EventChain.Hash(head.Hash, row));
        Assert.True(head.IsSame(page.Head));
        Assert.True(head.IsSame(pushed.Log));
        Assert.True(head.IsSame((await account.ChangesAsync(0)).Head!.Log));

        server.Time.Advance(TimeSpan.FromDays(1));
        EventPage next = await ReadAsync(account, head.Number);
        Assert.True(head.IsSame(next.After));
        LoggedEvent refused = Assert.Single(next.Events, row => row.Type == (int)EventType.Refused);
        Assert.Equal(Address, refused.Address);
        Assert.Empty(next.Open);
        Assert.Empty((await ReadAsync(account, 1000)).Events);
    }

    [Fact]
    public async Task A_log_is_of_its_account_alone_and_needs_a_token_that_is_awake()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient anna = await server.RegisterAsync(), berta = await server.RegisterAsync(Make.Registration("berta@example.org"));
        using DeviceClient asleep = await server.LogInAsync(anna);
        Assert.Single((await ReadAsync(berta)).Events);
        Assert.Equal(2, (await ReadAsync(anna)).Events.Count);
        await asleep.Http.GetAsync(Routes.Events).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await server.Http.GetAsync(Routes.Events).RequireAsync(401, ErrorCodes.DeviceRevoked);
        await anna.Http.GetAsync(Routes.Events + "?after=-1").RequireAsync(422, ErrorCodes.RequestInvalid);
        await anna.Http.GetAsync(Routes.Events + "?after=x").RequireAsync(400, ErrorCodes.RequestInvalid);
    }

    [Fact]
    public async Task A_clock_that_jumped_removes_no_event_before_the_next_start()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        server.Time.Advance(TimeSpan.FromDays(Limits.EventDays + 1));
        for (int sweep = 0; sweep < 2; sweep++)
            await server.Service<Sweeper>().SweepAsync(default);
        Assert.Equal(0, (await ReadAsync(account)).After.Number);

        using var started = new Sweeper(
            server.Service<IServerStore>(), server.Service<ServerOptions>(), server.Time, server.Service<ServerMetrics>(), server.Service<ILoggerFactory>());
        await started.SweepAsync(default);
        Assert.Equal(1, (await ReadAsync(account)).After.Number);
    }

    private static async Task<EventPage> ReadAsync(DeviceClient client, long after = 0) =>
        await (await client.Http.GetAsync($"{Routes.Events}?after={after}")).ReadAsync<EventPage>();
}
