using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Login;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

public sealed class LoginTests
{
    private static Task<HttpResponseMessage> SendAsync(TestServer server, string userId, byte[] proof, DeviceDescription? device = null) =>
        server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(userId, proof, device ?? Make.Device()));

    private static async Task<LoginParameters> ParametersAsync(TestServer server, string userId) =>
        await (await server.Http.PostAsJsonAsync(Routes.LoginParameters, new LoginParametersRequest(userId))).ReadAsync<LoginParameters>();

    [Fact]
    public async Task Parameters_are_those_of_the_registration()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        LoginParameters parameters = await ParametersAsync(server, " Anna@example.org");
        Assert.Equal(account.Registration.LoginSalt, parameters.Salt);
        Assert.Equal(account.Registration.LoginKdf, parameters.Kdf);
    }

    [Fact]
    public async Task Unknown_users_get_parameters_of_the_same_shape_that_last()
    {
        using var folder = new TempFolder();
        LoginParameters first;
        await using (TestServer server = await TestServer.StartAsync(folder: folder.Path))
        {
            first = await ParametersAsync(server, "nobody");
            Assert.Equal(16, first.Salt.Length);
            Assert.Equal("17.8.1", first.Kdf);
            Assert.NotEqual(first.Salt, (await ParametersAsync(server, "nobody else")).Salt);
        }

        await using TestServer again = await TestServer.StartAsync(folder: folder.Path);
        Assert.Equal(first.Salt, (await ParametersAsync(again, " NOBODY ")).Salt);
        await using TestServer other = await TestServer.StartAsync();
        Assert.NotEqual(first.Salt, (await ParametersAsync(other, "nobody")).Salt);
    }

    [Fact]
    public async Task A_right_proof_gets_the_keys_and_a_token_that_works_once_it_is_woken()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        LoginAnswer answer = await (await SendAsync(server, "ANNA@example.org", account.Registration.Proof)).ReadAsync<LoginAnswer>();
        Assert.Equivalent(account.Registration.Keys, answer.Account.Keys, strict: true);
        Assert.True(ManifestName.Of(account.Registration.Manifest).IsSame(answer.Account.Head));
        using DeviceClient second = await server.LogInAsync(account);
        Assert.Equivalent(answer.Account, await second.KeysAsync(), strict: true);
        await second.Http.GetAsync(second.Path(Routes.Changes)).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await second.WakeAsync();
        Assert.NotNull((await second.ChangesAsync(0)).Head);
        Assert.NotNull((await account.ChangesAsync(0)).Head);
    }

    [Fact]
    public async Task Wrong_password_and_unknown_user_are_not_to_be_told_apart()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        HttpResponseMessage wrong = await SendAsync(server, "anna@example.org", Make.Bytes(32));
        HttpResponseMessage unknown = await SendAsync(server, "nobody", Make.Bytes(32));
        // The hash that stands in for an unknown account's must not open it.
        HttpResponseMessage zero = await SendAsync(server, "nobody", new byte[32]);
        await wrong.RequireAsync(401, ErrorCodes.PasswordRejected);
        foreach (HttpResponseMessage other in new[] { unknown, zero })
        {
            Assert.Equal(wrong.StatusCode, other.StatusCode);
            Assert.Equal(await wrong.Content.ReadAsStringAsync(), await other.Content.ReadAsStringAsync());
            Assert.Equal(wrong.Headers.Select(header => header.Key), other.Headers.Select(header => header.Key));
        }
    }

    [Fact]
    public async Task A_lockout_outlives_the_server_and_spares_device_tokens_and_other_accounts()
    {
        using var folder = new TempFolder();
        await using TestServer server = await TestServer.StartAsync(folder: folder.Path);
        using DeviceClient anna = await server.RegisterAsync();
        using DeviceClient berta = await server.RegisterAsync(Make.Registration("berta"));
        for (int i = 0; i < LockoutPolicy.Account.Capacity; i++)
            await SendAsync(server, "anna@example.org", Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);

        await using TestServer secondNode = await TestServer.StartAsync(folder: folder.Path);
        await SendAsync(secondNode, "anna@example.org", anna.Registration.Proof).RequireAsync(429, ErrorCodes.AccountLockedOut);
        await anna.PushNextAsync(Make.Records(1));
        await (await SendAsync(server, "berta", berta.Registration.Proof)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task Proofs_of_another_length_are_not_attempts()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 0; i < 2 * LockoutPolicy.Account.Capacity; i++)
            await SendAsync(server, "anna@example.org", Make.Bytes(31)).RequireAsync(422, ErrorCodes.RequestInvalid);
        await SendAsync(server, "anna@example.org", Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
    }

    [Fact]
    public async Task Nothing_that_could_log_anyone_in_is_stored_as_it_came()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        LoginAnswer answer = await (await SendAsync(server, "anna@example.org", account.Registration.Proof)).ReadAsync<LoginAnswer>();
        await SendAsync(server, "hunter2-typed-into-the-wrong-box", Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);

        foreach (string file in Directory.GetFiles(server.Folder))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            Assert.Equal(-1, bytes.AsSpan().IndexOf(account.Registration.Proof));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(answer.DeviceToken));
            Assert.Equal(-1, bytes.AsSpan().IndexOf("hunter2"u8));
        }
    }
}
