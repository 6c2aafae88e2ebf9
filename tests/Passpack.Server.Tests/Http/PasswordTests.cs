using System.Net.Http.Headers;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Login;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class PasswordTests
{
    private static ChangePasswordRequest Change(DeviceClient account) => Sign(
        account, new ChangePasswordRequest(Make.Bytes(16), "16.8.1", Make.Bytes(32), ManifestName.Of(account.Registration.Manifest), [], account.Registration.Proof));

    private static ChangePasswordRequest Sign(DeviceClient account, ChangePasswordRequest change) => account.Owner.Signed(change, account.Registration.LoginSalt);

    private static Task<HttpResponseMessage> PutAsync(DeviceClient account, ChangePasswordRequest request) =>
        account.Http.PutAsJsonAsync(Routes.Password, request);

    private static Task<HttpResponseMessage> LogInAsync(TestServer server, DeviceClient account, byte[] proof) =>
        server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(account.Registration.UserId, proof, Make.Device("another")));

    [Fact]
    public async Task Only_the_new_Password_signs_in_and_only_the_changing_device_keeps_its_token()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), other = await server.SignInAsync(account);
        using DeviceClient stranger = await server.RegisterAsync(Make.Registration("berta@example.org"));
        ChangePasswordRequest change = Change(account);

        Assert.Equal(204, (int)(await PutAsync(account, change)).StatusCode);

        HttpResponseMessage asked = await server.Http.PostAsJsonAsync(Routes.LoginParameters, new LoginParametersRequest(account.Registration.UserId));
        LoginParameters parameters = await asked.ReadAsync<LoginParameters>();
        Assert.Equal(change.LoginSalt, parameters.Salt);
        Assert.Equal("16.8.1", parameters.Kdf);
        DeviceList devices = await (await account.Http.GetAsync(Routes.Devices)).ReadAsync<DeviceList>();
        Assert.True(Assert.Single(devices.Devices).Current);
        await other.Http.GetAsync(Routes.Devices).RequireAsync(401, ErrorCodes.DeviceRevoked);
        await LogInAsync(server, account, account.Registration.Proof).RequireAsync(401, ErrorCodes.PasswordRejected);
        await (await LogInAsync(server, account, change.NewProof)).ReadAsync<LoginAnswer>();
        Assert.Equal(200, (int)(await stranger.Http.GetAsync(Routes.Devices)).StatusCode);
    }

    [Fact]
    public async Task A_repeat_gets_the_same_answer_and_revokes_nobody_who_came_after()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        ChangePasswordRequest change = Change(account);
        Assert.Equal(204, (int)(await PutAsync(account, change)).StatusCode);
        (await server.SignInAsync(account, proof: change.NewProof)).Dispose();

        Assert.Equal(204, (int)(await PutAsync(account, change)).StatusCode);
        Assert.Equal(2, (await (await account.Http.GetAsync(Routes.Devices)).ReadAsync<DeviceList>()).Devices.Count);
        await PutAsync(account, change with { NewProof = Make.Bytes(32) }).RequireAsync(401, ErrorCodes.PasswordRejected);
    }

    [Fact]
    public async Task Of_two_changes_at_once_one_holds()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        ChangePasswordRequest[] changes = [.. Enumerable.Range(0, 4).Select(_ => Change(account))];
        HttpResponseMessage[] answers = await Task.WhenAll(changes.Select(change => PutAsync(account, change)));
        Assert.Single(answers, answer => (int)answer.StatusCode == 204);
        int held = Array.FindIndex(answers, answer => (int)answer.StatusCode == 204);
        await (await LogInAsync(server, account, changes[held].NewProof)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task A_wrong_proof_beside_a_signature_changes_nothing_and_guessing_is_locked_out()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        ChangePasswordRequest change = Change(account);
        for (int i = 0; i < LockoutPolicy.Device.Capacity; i++)
            await PutAsync(account, change with { Proof = Make.Bytes(32) }).RequireAsync(401, ErrorCodes.PasswordRejected);
        await PutAsync(account, change).RequireAsync(429, ErrorCodes.AccountLockedOut);
        server.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(200, (int)(await LogInAsync(server, account, account.Registration.Proof)).StatusCode);

        account.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "none");
        await PutAsync(account, change).RequireAsync(401, ErrorCodes.DeviceRevoked);
    }

    [Fact]
    public async Task The_shape_is_checked()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        ChangePasswordRequest change = Change(account);
        foreach (ChangePasswordRequest bad in new[]
        {
            change with { Proof = new byte[5] }, change with { NewProof = new byte[33] }, change with { LoginSalt = new byte[15] },
            change with { LoginKdf = "much" }, change with { Signature = new byte[63] }, change with { Head = new ManifestName(1, new byte[31]) },
            change with { Head = new ManifestName(0, new byte[32]) },
        })
        {
            await PutAsync(account, bad).RequireAsync(422, ErrorCodes.RequestInvalid);
        }
    }

    [Fact]
    public async Task Who_has_the_keys_and_lost_the_Password_sets_another_by_signature_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), waiting = await server.LogInAsync(account);
        ChangePasswordRequest change = Change(account) with { Proof = null };
        await PutAsync(account, change with { Head = Make.Head(2) }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await PutAsync(account, Sign(account, change with { Head = Make.Head(2) })).RequireAsync(409, ErrorCodes.RevisionConflict);
        await PutAsync(account, change with { NewProof = Make.Bytes(32) }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await PutAsync(account, change with { LoginKdf = "17.8.1" }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await LogInAsync(server, account, change.NewProof).RequireAsync(401, ErrorCodes.PasswordRejected);
        Assert.Equal(204, (int)(await PutAsync(account, change)).StatusCode);
        Assert.Equal(204, (int)(await PutAsync(account, change)).StatusCode);
        await LogInAsync(server, account, account.Registration.Proof).RequireAsync(401, ErrorCodes.PasswordRejected);
        await waiting.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        (await server.SignInAsync(account, proof: change.NewProof)).Dispose();
        // Another change by what was signed while the first salt held.
        await PutAsync(account, Change(account)).RequireAsync(403, ErrorCodes.SignatureInvalid);
    }
}
