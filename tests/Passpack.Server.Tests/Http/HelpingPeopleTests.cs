using System.Net;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>What administrators set and reset of accounts, and what becomes of these.</summary>
public sealed class HelpingPeopleTests
{
    private const string Anna = "anna@example.org";

    private static async Task<ResetAnswer> ResetAsync(
        DeviceClient root, string userId, bool lockout = false, bool devices = false, bool secondFactor = false) => await (await root.AdministerAsync(
            Routes.ServerAccountReset, by => new ResetAccountRequest(by, userId, lockout, devices, secondFactor))).ReadAsync<ResetAnswer>();

    private static Task<HttpResponseMessage> LogInAsync(TestServer server, byte[] proof, string? code = null) =>
        server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(Anna, proof, Make.Device(), code));

    private static async Task<byte[]> EnableAsync(TestServer server, DeviceClient account)
    {
        byte[] seed = Make.Bytes(SecondFactors.SeedBytes);
        string[] recovery = [.. Enumerable.Range(0, SecondFactors.RecoveryCodes).Select(i => $"RECOVERY{i}")];
        HttpResponseMessage set = await account.Http.PostAsJsonAsync(
            Routes.SecondFactor, account.Owner.SecondFactor(await account.HeadAsync(), seed, recovery, account.Registration.Proof));
        Assert.True((int)set.StatusCode == 204, await set.Content.ReadAsStringAsync());
        string code = SecondFactors.CodeOf(seed, server.Time.GetUtcNow().ToUnixTimeSeconds() / SecondFactors.Period);
        Assert.Equal(204, (int)(await account.Http.PostAsJsonAsync(Routes.SecondFactorConfirmation, new ConfirmSecondFactorRequest(code))).StatusCode);
        return seed;
    }

    [Fact]
    public async Task A_quota_bounds_one_account_and_loses_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        await anna.PushNextAsync(Make.Records(4));
        long bytes = (await root.SeeAsync(Anna)).Bytes;
        await root.ChangeAsync(Anna, quota: new QuotaChange(0)).RequireAsync(422, ErrorCodes.RequestInvalid);
        Assert.Equal(204, (int)(await root.ChangeAsync(Anna, quota: new QuotaChange(bytes))).StatusCode);
        await anna.SendPushAsync(await anna.NextAsync(null, Make.Record(Guid.NewGuid()))).RequireAsync(507, ErrorCodes.QuotaExceeded);
        Assert.Equal(4, (await anna.PullAsync(0)).Changes.Count);
        // The administrator is bound by the server's own.
        await root.PushNextAsync(root.Owner.Record(Guid.NewGuid()));
        Assert.Equal(204, (int)(await root.ChangeAsync(Anna, quota: new QuotaChange(null))).StatusCode);
        await anna.PushNextAsync(Make.Records(1));
        Assert.Null((await root.SeeAsync(Anna)).Quota);
    }

    [Fact]
    public async Task An_account_that_has_to_have_a_second_factor_sets_it_up_before_anything_else()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        await anna.PushNextAsync(Make.Records(2));
        Assert.Equal(204, (int)(await root.ChangeAsync(Anna, needsSecondFactor: true)).StatusCode);
        await anna.Http.GetAsync(anna.Path(Routes.Changes) + "?after=0").RequireAsync(403, ErrorCodes.SecondFactorRequired);
        await anna.SendPushAsync(anna.Owner.Push(1, await anna.HeadAsync(), [anna.Owner.Record(Guid.NewGuid())])).RequireAsync(403, ErrorCodes.SecondFactorRequired);
        Assert.Equal(HttpStatusCode.OK, (await anna.Http.GetAsync(Routes.Events)).StatusCode);
        // A new machine gets as far as that, too.
        using DeviceClient second = await server.SignInAsync(anna);
        await second.Http.GetAsync(second.Path(Routes.Changes) + "?after=0").RequireAsync(403, ErrorCodes.SecondFactorRequired);
        byte[] seed = await EnableAsync(server, second);
        Assert.Equal(2, (await anna.PullAsync(0)).Changes.Count);
        Assert.True((await root.SeeAsync(Anna)) is { SecondFactor: true, NeedsSecondFactor: true });
        await LogInAsync(server, anna.Registration.Proof).RequireAsync(401, ErrorCodes.SecondFactorRequired);

        // The owner keeps it, until the administrator says otherwise.
        server.Time.Advance(TimeSpan.FromSeconds(SecondFactors.Period));
        string code = SecondFactors.CodeOf(seed, server.Time.GetUtcNow().ToUnixTimeSeconds() / SecondFactors.Period);
        RemoveSecondFactorRequest removal = anna.Owner.SecondFactorRemoval(await anna.HeadAsync(), anna.Registration.Proof, code);
        await anna.Http.PostAsJsonAsync(Routes.SecondFactorRemoval, removal).RequireAsync(403, ErrorCodes.SecondFactorRequired);
        Assert.Equal(204, (int)(await root.ChangeAsync(Anna, needsSecondFactor: false)).StatusCode);
        Assert.Equal(204, (int)(await anna.Http.PostAsJsonAsync(Routes.SecondFactorRemoval, removal)).StatusCode);
    }

    [Fact]
    public async Task A_lockout_is_reset_wherever_it_came_from_and_for_this_account_alone()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.BehindProxy);
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        using DeviceClient berta = await server.RegisterAsync(Make.Registration("berta@example.org"));
        foreach (string address in new[] { "198.51.100.1", "203.0.113.9" })
        {
            using HttpClient http = server.From(address);
            foreach (string userId in new[] { Anna, "berta@example.org" })
            {
                for (int i = 0; i < 12; i++)
                    await http.PostAsJsonAsync(Routes.Login, new LoginRequest(userId, Make.Bytes(32), Make.Device()));
            }
        }

        using HttpClient there = server.From("203.0.113.9");
        var login = new LoginRequest(Anna, anna.Registration.Proof, Make.Device());
        await there.PostAsJsonAsync(Routes.Login, login).RequireAsync(429, ErrorCodes.AccountLockedOut);
        Assert.Equal(0, (await ResetAsync(root, Anna, lockout: true)).Devices);
        await (await there.PostAsJsonAsync(Routes.Login, login)).ReadAsync<LoginAnswer>();
        await there.PostAsJsonAsync(Routes.Login, new LoginRequest("berta@example.org", berta.Registration.Proof, Make.Device()))
            .RequireAsync(429, ErrorCodes.AccountLockedOut);
        // From now on it counts anew.
        for (int i = 0; i < 12; i++)
            await there.PostAsJsonAsync(Routes.Login, login with { Proof = Make.Bytes(32) });
        using HttpClient elsewhere = server.From("192.0.2.77");
        await elsewhere.PostAsJsonAsync(Routes.Login, login).RequireAsync(429, ErrorCodes.AccountLockedOut);
    }

    [Fact]
    public async Task Resets_are_combined_and_each_is_an_event()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync();
        using DeviceClient anna = await server.RegisterAsync(), other = await server.SignInAsync(anna);
        await EnableAsync(server, anna);
        Assert.Equal(2, (await ResetAsync(root, Anna, lockout: true, devices: true, secondFactor: true)).Devices);
        foreach (DeviceClient device in new[] { anna, other })
            await device.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        await (await LogInAsync(server, anna.Registration.Proof)).ReadAsync<LoginAnswer>();
        EventType[] resets = [EventType.LockoutReset, EventType.DevicesReset, EventType.SecondFactorReset];
        long number = (await root.SeeAsync(Anna)).Number;
        Assert.Equal(resets, (await server.TypesAsync(number)).Where(resets.Contains));
        Assert.Equal(resets, (await server.TypesAsync(0)).Where(resets.Contains));
    }

    [Fact]
    public async Task A_removed_account_is_gone_at_once_and_its_name_free()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient root = await server.RegisterAdministratorAsync(), anna = await server.RegisterAsync();
        await anna.PushNextAsync(Make.Records(3));
        HttpResponseMessage removed = await root.AdministerAsync(Routes.ServerAccountRemoval, by => new RemoveServerAccountRequest(by, Anna));
        Assert.Equal(204, (int)removed.StatusCode);
        await anna.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        await root.AdministerAsync(Routes.ServerAccountRemoval, by => new RemoveServerAccountRequest(by, Anna))
            .RequireAsync(404, ErrorCodes.ServerAccountNotFound);
        Assert.DoesNotContain("record: ", DatabaseDump.Of(server), StringComparison.Ordinal);
        LoggedEvent told = (await server.Store.ReadEventsAsync(0, 0, server.Time.GetUtcNow(), default))!.Events[^1];
        Assert.Equal(((int)EventType.AccountRemoved, (int)EventActor.Administrator), (told.Type, told.Actor));
        (await server.RegisterAsync()).Dispose();
    }
}
