using System.Net.Http.Json;
using Microsoft.AspNetCore.Routing;
using Passpack.Protocol;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Tokens that sleep, and how they are woken.</summary>
public sealed class WakeTests
{
    private static Task<HttpResponseMessage> WakeAsync(DeviceClient device, WakeRequest request) => device.Http.PostAsJsonAsync(Routes.Wake, request);

    [Fact]
    public async Task A_token_that_sleeps_opens_keys_wake_and_removal_without_keys_and_nothing_else()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), replaced = await server.SignInAsync(account);
        await account.ReplaceKeysAsync();
        using DeviceClient never = await server.LogInAsync(account);
        RouteEndpoint[] routes = [.. server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<DeviceTokenRequired>() is not null)];
        List<string> open = [];
        foreach (RouteEndpoint route in routes)
        {
            string path = route.RoutePattern.RawText!.Replace("{vaultId:guid}", $"{account.Vault}", StringComparison.Ordinal)
                .Replace("{id:guid}", $"{account.Device.Id}", StringComparison.Ordinal);
            string method = route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single();
            foreach ((DeviceClient device, string code) in new[] { (replaced, ErrorCodes.KeysReplacedOnline), (never, ErrorCodes.SignatureInvalid) })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                if (method != "GET")
                    request.Content = JsonContent.Create(new { });
                if (path.EndsWith(Routes.Pushes, StringComparison.Ordinal))
                    request.Content = new ByteArrayContent(Make.Push(0).ToMessage().ToArray()) { Headers = { ContentType = new(RecordMessage.MediaType) } };
                using HttpResponseMessage answer = await device.Http.SendAsync(request);
                if ((int)answer.StatusCode == 403)
                    await answer.RequireAsync(403, code);
                else
                    open.Add($"{method} {path}");
            }
        }

        Assert.Equal(
            [$"GET {Routes.KeyRecord}", $"POST {Routes.Wake}", $"POST {Routes.RemovalWithoutKeys}"], open.Distinct().OrderBy(path => path.Length).ThenBy(path => path));
        Assert.Equal(6, open.Count);
    }

    [Fact]
    public async Task A_wake_replaces_the_token_and_a_repeat_gets_the_same_answer_by_the_new_one()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), second = await server.LogInAsync(account), again = await server.LogInAsync(account, second.Device);
        byte[] token = Make.Bytes(32), old = second.Token;
        WakeRequest wake = account.Owner.Wake(await account.HeadAsync(), second.Device.Id, token);
        Assert.Equal(204, (int)(await WakeAsync(second, wake)).StatusCode);
        await WakeAsync(second, wake).RequireAsync(401, ErrorCodes.DeviceRevoked);
        second.Token = token;
        // The vault has gone on since.
        await account.PushNextAsync(Make.Records(1));
        string sound = DatabaseDump.Of(server);
        Assert.Equal(204, (int)(await WakeAsync(second, wake)).StatusCode);
        Assert.Equal(sound, DatabaseDump.Of(server));
        await second.PushNextAsync(Make.Records(1));

        // Another login of the same device has waited, and takes its place.
        await again.WakeAsync();
        await second.Http.GetAsync(Routes.Devices).RequireAsync(401, ErrorCodes.DeviceRevoked);
        // Awake already: a token is replaced by another one.
        byte[] before = again.Token;
        await again.WakeAsync();
        using var stale = new DeviceClient(server.Http.BaseAddress!, account.Registration, before);
        await stale.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        Assert.NotEqual(old, again.Token);
    }

    [Fact]
    public async Task A_wake_that_is_behind_or_names_a_token_that_there_is_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), second = await server.LogInAsync(account);
        ManifestName behind = await account.HeadAsync();
        await account.PushNextAsync(Make.Records(1));
        ManifestName head = await account.HeadAsync();
        WakeRequest sound = account.Owner.Wake(head, second.Device.Id, Make.Bytes(32));
        string before = DatabaseDump.Of(server);
        await WakeAsync(second, account.Owner.Wake(behind, second.Device.Id, Make.Bytes(32))).RequireAsync(409, ErrorCodes.RevisionConflict);
        foreach (byte[] token in new[] { account.Token, second.Token })
            await WakeAsync(second, account.Owner.Wake(head, second.Device.Id, token)).RequireAsync(422, ErrorCodes.RequestInvalid);
        // For another device, and of another's token.
        await WakeAsync(second, account.Owner.Wake(head, account.Device.Id, Make.Bytes(32))).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await WakeAsync(second, sound with { TokenHash = new byte[32] }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        foreach (WakeRequest bad in new[]
        {
            sound with { TokenHash = new byte[31] }, sound with { Signature = new byte[65] }, sound with { Head = new ManifestName(0, head.Hash) },
            sound with { Head = new ManifestName(2, []) },
        })
        {
            await WakeAsync(second, bad).RequireAsync(422, ErrorCodes.RequestInvalid);
        }

        Assert.Equal(before, DatabaseDump.Of(server));
        Assert.Equal(204, (int)(await WakeAsync(second, sound)).StatusCode);
    }

    [Fact]
    public async Task A_token_that_nobody_woke_is_gone_after_a_day_and_was_never_listed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), early = await server.LogInAsync(account);
        server.Time.Advance(TimeSpan.FromHours(23));
        using DeviceClient late = await server.LogInAsync(account);
        server.Time.Advance(TimeSpan.FromHours(2));
        Assert.Single((await (await account.Http.GetAsync(Routes.Devices)).ReadAsync<DeviceList>()).Devices);
        await server.Service<Sweeper>().SweepAsync(default);
        await early.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        await late.WakeAsync();
        server.Time.Advance(TimeSpan.FromDays(40));
        await server.Service<Sweeper>().SweepAsync(default);
        await late.PushNextAsync(Make.Records(1));
    }
}
