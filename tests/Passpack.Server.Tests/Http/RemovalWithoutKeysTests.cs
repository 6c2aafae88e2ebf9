using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>The way out for who has the Password and lost the keys, and how the owner of the keys stops it.</summary>
public sealed class RemovalWithoutKeysTests
{
    private static async Task<PendingRemoval> RequestAsync(DeviceClient device) => await (await device.Http.PostAsJsonAsync(
        Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(device.Registration.Proof))).ReadAsync<PendingRemoval>();

    private static Task<HttpResponseMessage> CancelAsync(DeviceClient device, CancelRemovalRequest request) => device.Http.PostAsJsonAsync(Routes.RemovalCancelling, request);

    private static async Task RequireLivesAsync(DeviceClient account) => Assert.Equal(0, (await account.ChangesAsync(0)).Head!.Revision);

    [Theory]
    [InlineData(0, 30)]
    [InlineData(29, 30)]
    [InlineData(31, 7)]
    public async Task It_takes_thirty_days_if_a_device_was_seen_within_them_and_else_seven(int daysSinceSeen, int days)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        server.Time.Advance(TimeSpan.FromDays(daysSinceSeen));
        using DeviceClient thief = await server.LogInAsync(account);
        PendingRemoval pending = await RequestAsync(thief);
        Assert.Equal(server.Time.GetUtcNow().AddDays(days), pending.Due);

        server.Time.Advance(TimeSpan.FromDays(days) - TimeSpan.FromMinutes(1));
        await server.Service<Sweeper>().SweepAsync(default);
        await RequireLivesAsync(account);
        server.Time.Advance(TimeSpan.FromMinutes(1));
        await server.Service<Sweeper>().SweepAsync(default);
        await account.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        Assert.False(await server.Store.EraseRemovedAsync(default));
        (await server.RegisterAsync(account.Registration)).Dispose();
    }

    [Fact]
    public async Task A_device_that_sleeps_lengthens_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), asleep = await server.SignInAsync(account);
        await account.ReplaceKeysAsync();
        server.Time.Advance(TimeSpan.FromDays(31));
        await asleep.KeysAsync();
        Assert.Equal(server.Time.GetUtcNow().AddDays(7), (await RequestAsync(asleep)).Due);
    }

    [Fact]
    public async Task Everybody_is_told_and_a_second_request_does_not_move_the_date()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), asleep = await server.LogInAsync(account);
        Assert.Null((await account.KeysAsync()).Removal);
        Assert.Null((await account.ChangesAsync(0)).Head!.Removal);
        PendingRemoval first = await RequestAsync(asleep);
        server.Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(first, await RequestAsync(account));
        foreach (DeviceClient device in new[] { account, asleep })
            Assert.Equal(first, (await device.KeysAsync()).Removal);
        Assert.Equal(first, (await account.ChangesAsync(0)).Head!.Removal);
        using DeviceClient later = await server.LogInAsync(account);
        Assert.Equal(first, (await later.KeysAsync()).Removal);
    }

    [Fact]
    public async Task A_signature_cancels_it_by_its_id_and_a_repeat_is_answered_alike()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        PendingRemoval first = await RequestAsync(account);
        ManifestName head = await account.HeadAsync();
        CancelRemovalRequest cancelling = account.Owner.Cancelling(first.Id, head);
        await CancelAsync(account, cancelling with { Removal = Guid.NewGuid() }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await CancelAsync(account, account.Owner.Cancelling(first.Id, Make.Head(7))).RequireAsync(409, ErrorCodes.RevisionConflict);
        await CancelAsync(account, cancelling with { Signature = new byte[3] }).RequireAsync(422, ErrorCodes.RequestInvalid);
        Assert.Equal(first, (await account.KeysAsync()).Removal);
        Assert.Equal(204, (int)(await CancelAsync(account, cancelling)).StatusCode);
        Assert.Null((await account.KeysAsync()).Removal);

        // Another one is not cancelled by what cancelled the first, even if no push came between.
        PendingRemoval second = await RequestAsync(account);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(204, (int)(await CancelAsync(account, cancelling)).StatusCode);
        Assert.Equal(second, (await account.KeysAsync()).Removal);
        Assert.Equal(204, (int)(await CancelAsync(account, account.Owner.Cancelling(second.Id, head))).StatusCode);
        server.Time.Advance(TimeSpan.FromDays(60));
        await server.Service<Sweeper>().SweepAsync(default);
        await RequireLivesAsync(account);
    }

    [Fact]
    public async Task Guesses_with_a_token_that_was_never_woken_count_for_it_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), thief = await server.LogInAsync(account, account.Device);
        HttpResponseMessage last;
        int guesses = 0;
        do
            last = await thief.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(Make.Bytes(32)));
        while ((int)last.StatusCode == 401 && ++guesses < 100);
        await last.RequireAsync(429, ErrorCodes.AccountLockedOut);
        // As the owner's device, which he named.
        HttpResponseMessage owner = await account.Http.PutAsJsonAsync(Routes.KeyRecord, new ReplaceKeysRequest(account.Owner.Keys(2), account.Registration.Proof));
        Assert.Equal(204, (int)owner.StatusCode);
    }
}
