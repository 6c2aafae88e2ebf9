using System.Net.Http.Headers;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class DeviceTests
{
    private static async Task<IReadOnlyList<DeviceSummary>> ListAsync(DeviceClient account) =>
        (await (await account.Http.GetAsync(Routes.Devices)).ReadAsync<DeviceList>()).Devices;

    private static async Task<HttpResponseMessage> RevokeAsync(DeviceClient account, Guid device) =>
        await account.Http.PostAsJsonAsync(Routes.OfDevice(device), account.Owner.DeviceRemoval(device, await account.HeadAsync()));

    [Fact]
    public async Task Devices_are_listed_with_the_one_that_asks_marked()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient first = await server.RegisterAsync();
        DateTimeOffset registered = server.Time.GetUtcNow();
        server.Time.Advance(TimeSpan.FromHours(1));
        DeviceDescription phone = Make.Device("phone ☎");
        using DeviceClient second = await server.SignInAsync(first, phone);

        IReadOnlyList<DeviceSummary> devices = await ListAsync(second);
        DeviceDescription laptop = first.Registration.Device;
        Assert.Equal(
            [
                new DeviceSummary(laptop.Id, laptop.Name, registered, registered, Current: false, Asleep: false),
                new DeviceSummary(phone.Id, phone.Name, server.Time.GetUtcNow(), server.Time.GetUtcNow(), Current: true, Asleep: false),
            ],
            devices);
    }

    [Fact]
    public async Task Last_seen_is_written_every_few_minutes_at_most()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        DateTimeOffset registered = server.Time.GetUtcNow();
        server.Time.Advance(TimeSpan.FromMinutes(4));
        await account.ChangesAsync(0);
        Assert.Equal(registered, Assert.Single(await ListAsync(account)).LastSeen);
        server.Time.Advance(TimeSpan.FromMinutes(2));
        await account.ChangesAsync(0);
        Assert.Equal(server.Time.GetUtcNow(), Assert.Single(await ListAsync(account)).LastSeen);
        // Whatever a clock that was ahead has written.
        server.Time.Advance(TimeSpan.FromDays(-400));
        await account.ChangesAsync(0);
        Assert.Equal(server.Time.GetUtcNow(), Assert.Single(await ListAsync(account)).LastSeen);
    }

    [Fact]
    public async Task A_revoked_device_is_turned_away_and_the_others_are_not()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient first = await server.RegisterAsync();
        DeviceDescription phone = Make.Device("phone");
        using DeviceClient second = await server.SignInAsync(first, phone);

        Assert.Equal(204, (int)(await RevokeAsync(first, phone.Id)).StatusCode);
        await second.Http.GetAsync(second.Path(Routes.Changes)).RequireAsync(401, ErrorCodes.DeviceRevoked);
        Assert.Single(await ListAsync(first));
        // Again, as when the answer was lost.
        Assert.Equal(204, (int)(await RevokeAsync(first, phone.Id)).StatusCode);
    }

    [Fact]
    public async Task A_device_can_revoke_itself()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RemoveDeviceRequest removal = account.Owner.DeviceRemoval(account.Device.Id, await account.HeadAsync());
        Assert.Equal(204, (int)(await account.Http.PostAsJsonAsync(Routes.OfDevice(account.Device.Id), removal)).StatusCode);
        await account.Http.GetAsync(Routes.Devices).RequireAsync(401, ErrorCodes.DeviceRevoked);
        await account.Http.PostAsJsonAsync(Routes.OfDevice(account.Device.Id), removal).RequireAsync(401, ErrorCodes.DeviceRevoked);

        // It is nothing but gone: the same machine may connect again.
        using DeviceClient again = await server.SignInAsync(account, account.Registration.Device);
        Assert.True(Assert.Single(await ListAsync(again)).Current);
    }

    [Fact]
    public async Task Signing_in_again_replaces_the_token()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        using DeviceClient again = await server.LogInAsync(account, account.Registration.Device);
        // Not before it is woken: who has the Password alone takes no token away.
        Assert.Single(await ListAsync(account));
        await again.WakeAsync();
        Assert.Single(await ListAsync(again));
        await account.Http.GetAsync(Routes.Devices).RequireAsync(401, ErrorCodes.DeviceRevoked);
    }

    [Fact]
    public async Task Another_accounts_devices_are_out_of_reach()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient anna = await server.RegisterAsync();
        using DeviceClient berta = await server.RegisterAsync(Make.Registration("berta"));
        Assert.Equal(204, (int)(await RevokeAsync(berta, anna.Device.Id)).StatusCode);
        Assert.Single(await ListAsync(anna));
        await anna.Http.PostAsJsonAsync(Routes.OfDevice(anna.Device.Id), berta.Owner.DeviceRemoval(anna.Device.Id, await berta.HeadAsync()))
            .RequireAsync(403, ErrorCodes.SignatureInvalid);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer not-a-token")]
    [InlineData("Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Bearer !!!!")]
    [InlineData("Basic YW5uYTpwYXNzd29yZA==")]
    public async Task Without_a_known_token_nothing_opens(string? authorization)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        foreach ((HttpMethod method, string path) in new[]
        {
            (HttpMethod.Get, Routes.Devices), (HttpMethod.Get, Routes.KeyRecord), (HttpMethod.Put, Routes.KeyRecord),
            (HttpMethod.Get, account.Path(Routes.Changes)), (HttpMethod.Get, account.Path(Routes.Manifests)),
            (HttpMethod.Post, account.Path(Routes.Records)), (HttpMethod.Post, account.Path(Routes.Pushes)),
            (HttpMethod.Post, Routes.OfDevice(Guid.NewGuid())), (HttpMethod.Post, Routes.Wake), (HttpMethod.Post, account.Path(Routes.Purge)),
            (HttpMethod.Post, Routes.RemovalWithoutKeys), (HttpMethod.Post, Routes.RemovalCancelling), (HttpMethod.Post, Routes.AccountRemoval), (HttpMethod.Get, account.Path(Routes.Versions)),
        })
        {
            using var request = new HttpRequestMessage(method, path);
            if (method != HttpMethod.Get)
            {
                // Of the type that the path takes: another is refused for everybody.
                request.Content = path.EndsWith(Routes.Pushes, StringComparison.Ordinal)
                    ? new ByteArrayContent([1, 2, 3]) { Headers = { ContentType = new MediaTypeHeaderValue(RecordMessage.MediaType) } }
                    : JsonContent.Create("not even an object");
            }

            if (authorization is not null)
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            HttpResponseMessage response = await server.Http.SendAsync(request);
            await response.RequireAsync(401, ErrorCodes.DeviceRevoked);
            Assert.Equal(new AuthenticationHeaderValue("Bearer"), Assert.Single(response.Headers.WwwAuthenticate));
        }
    }
}
