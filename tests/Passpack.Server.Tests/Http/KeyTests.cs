using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Login;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class KeyTests
{
    private static async Task<KeyRecord> GetAsync(DeviceClient account) =>
        (await account.KeysAsync()).Keys;

    private static Task<HttpResponseMessage> PutAsync(DeviceClient account, KeyRecord keys, byte[]? proof = null) =>
        account.Http.PutAsJsonAsync(Routes.KeyRecord, new ReplaceKeysRequest(keys, proof ?? account.Registration.Proof));

    [Fact]
    public async Task Keys_are_replaced_with_a_proof_by_the_next_generation()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        Assert.Equivalent(account.Registration.Keys, await GetAsync(account), strict: true);

        KeyRecord second = account.Owner.Keys(2);
        Assert.Equal(204, (int)(await PutAsync(account, second)).StatusCode);
        Assert.Equivalent(second, await GetAsync(account), strict: true);
        VaultHead head = (await account.ChangesAsync(0)).Head!;
        Assert.Equal((2, 7), (head.KeyGeneration, head.PackVersion));
        // Again, as when the answer was lost.
        Assert.Equal(204, (int)(await PutAsync(account, second)).StatusCode);
        Assert.Equivalent(second, await GetAsync(account), strict: true);
    }

    [Fact]
    public async Task Any_other_generation_is_a_conflict()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await PutAsync(account, account.Owner.Keys(1)).RequireAsync(409, ErrorCodes.KeyGenerationConflict);
        await PutAsync(account, account.Owner.Keys(3)).RequireAsync(409, ErrorCodes.KeyGenerationConflict);

        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => PutAsync(account, account.Owner.Keys(2))));
        Assert.Equal(1, answers.Count(answer => (int)answer.StatusCode == 204));
        Assert.Equal(5, answers.Count(answer => (int)answer.StatusCode == 409));
    }

    [Fact]
    public async Task A_token_alone_replaces_nothing_and_guessing_by_it_is_locked_out_like_a_login()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        KeyRecord second = account.Owner.Keys(2);
        for (int i = 0; i < LockoutPolicy.Device.Capacity; i++)
            await PutAsync(account, second, Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        await PutAsync(account, second).RequireAsync(429, ErrorCodes.AccountLockedOut);
        var login = new LoginRequest(account.Registration.UserId, account.Registration.Proof, Make.Device());
        // The Password itself is not locked: only who holds this token guessed.
        await (await server.Http.PostAsJsonAsync(Routes.Login, login)).ReadAsync<LoginAnswer>();
        Assert.Equivalent(account.Registration.Keys, await GetAsync(account), strict: true);
    }

    [Fact]
    public async Task The_vault_of_an_account_is_fixed_and_the_shape_is_checked()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await PutAsync(account, new Owner(account.Owner.UserId, Guid.NewGuid()).Keys(2)).RequireAsync(422, ErrorCodes.RequestInvalid);
        await PutAsync(account, account.Owner.Keys(2) with { Mac = new byte[31] }).RequireAsync(422, ErrorCodes.RequestInvalid);
        await PutAsync(account, account.Owner.Keys(2), new byte[5]).RequireAsync(422, ErrorCodes.RequestInvalid);
    }
}
