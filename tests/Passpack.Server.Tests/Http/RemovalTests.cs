using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Login;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class RemovalTests
{
    private static async Task<HttpResponseMessage> RemoveAsync(DeviceClient account) =>
        await account.Http.PostAsJsonAsync(Routes.AccountRemoval, account.Owner.Removal(await account.HeadAsync()));

    private static Task<HttpResponseMessage> RemoveWithoutKeysAsync(DeviceClient account, byte[]? proof = null) =>
        account.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(proof ?? account.Registration.Proof));

    [Fact]
    public async Task A_removed_account_is_gone_and_the_user_id_may_be_registered_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.PushAsync(Make.Push(0, Make.Records(Limits.RecordsPerBatch)));

        Assert.Equal(204, (int)(await RemoveAsync(account)).StatusCode);
        await account.Http.GetAsync(account.Path(Routes.Changes)).RequireAsync(401, ErrorCodes.DeviceRevoked);
        var login = new LoginRequest(account.Registration.UserId, account.Registration.Proof, Make.Device());
        await server.Http.PostAsJsonAsync(Routes.Login, login).RequireAsync(401, ErrorCodes.PasswordRejected);

        using DeviceClient again = await server.RegisterAsync(account.Registration);
        Assert.Empty((await again.PullAsync(0)).Changes);
    }

    [Fact]
    public async Task A_token_alone_removes_nothing_and_guessing_by_it_is_locked_out_like_a_login()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await RemoveWithoutKeysAsync(account, new byte[5]).RequireAsync(422, ErrorCodes.RequestInvalid);
        for (int i = 0; i < LockoutPolicy.Device.Capacity; i++)
            await RemoveWithoutKeysAsync(account, Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        await RemoveWithoutKeysAsync(account).RequireAsync(429, ErrorCodes.AccountLockedOut);
        Assert.Null((await account.KeysAsync()).Removal);
        ManifestName head = await account.HeadAsync();
        foreach (RemoveAccountRequest bad in new[]
        {
            new RemoveAccountRequest(head, new byte[63]), new RemoveAccountRequest(new ManifestName(0, head.Hash), new byte[64]),
            new RemoveAccountRequest(new ManifestName(1, new byte[31]), new byte[64]),
        })
        {
            await account.Http.PostAsJsonAsync(Routes.AccountRemoval, bad).RequireAsync(422, ErrorCodes.RequestInvalid);
        }
        Assert.Equal(0, (await account.ChangesAsync(0)).Head!.Revision);
    }

    [Fact]
    public async Task What_a_stopped_server_left_of_a_removed_account_is_erased_by_the_sweep()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await account.PushAsync(Make.Push(0, Make.Records(10)));
        StoredLogin login = (await server.Store.FindLoginAsync(UserIds.Normalize(account.Registration.UserId), default))!;
        Assert.Equal(ChangeOutcome.Done, await server.Store.RemoveAccountAsync(login.Account, await account.HeadAsync(), Make.Act(), default));

        await server.Service<Sweeper>().SweepAsync(default);
        Assert.False(await server.Store.EraseRemovedAsync(default));
    }
}
