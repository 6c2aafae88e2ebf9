using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Login;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Logins with a second factor: what is needed, what is taken once, and what guessing and replaying come to.</summary>
public sealed class SecondFactorTests
{
    private static readonly byte[] s_seed = Make.Bytes(SecondFactors.SeedBytes);
    private static readonly string[] s_recovery = [.. "ABCDEFGHIJ".Select(first => $"{first}BCDEFGHIJKLMN23")];

    private static string Code(TestServer server, int later = 0, byte[]? seed = null) =>
        SecondFactors.CodeOf(seed ?? s_seed, TimeBasedCode.StepAt(server.Time.GetUtcNow(), SecondFactors.Period) + later);

    /// <summary>A code that is of no step around now.</summary>
    private static string WrongCode(TestServer server) =>
        Enumerable.Range(0, 9).Select(i => $"{i}{i}{i}{i}{i}{i}").First(code => SecondFactorCheck.FindStep(s_seed, code, server.Time.GetUtcNow()) is null);

    private static Task<HttpResponseMessage> LogInAsync(TestServer server, DeviceClient account, string? code, byte[]? proof = null, HttpClient? http = null) =>
        (http ?? server.Http).PostAsJsonAsync(
            Routes.Login, new LoginRequest(account.Registration.UserId, proof ?? account.Registration.Proof, Make.Device(), code));

    private static async Task<HttpResponseMessage> SetUpAsync(DeviceClient account, byte[]? seed = null, string? code = null) => await account.Http.PostAsJsonAsync(
        Routes.SecondFactor, account.Owner.SecondFactor(await account.HeadAsync(), seed ?? s_seed, s_recovery, account.Registration.Proof, code));

    private static Task<HttpResponseMessage> ConfirmAsync(DeviceClient account, string code) =>
        account.Http.PostAsJsonAsync(Routes.SecondFactorConfirmation, new ConfirmSecondFactorRequest(code));

    private static async Task EnableAsync(TestServer server, DeviceClient account)
    {
        Assert.Equal(204, (int)(await SetUpAsync(account)).StatusCode);
        Assert.Equal(204, (int)(await ConfirmAsync(account, Code(server))).StatusCode);
        Next(server);
    }

    private static void Next(TestServer server) => server.Time.Advance(TimeSpan.FromSeconds(SecondFactors.Period * 2));

    [Fact]
    public async Task A_set_up_is_in_force_only_when_a_code_confirms_it_and_tokens_work_on()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), sleeping = await server.LogInAsync(account);
        Assert.Equal(204, (int)(await SetUpAsync(account)).StatusCode);
        await (await LogInAsync(server, account, null)).ReadAsync<LoginAnswer>();
        await ConfirmAsync(account, WrongCode(server)).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await (await LogInAsync(server, account, null)).ReadAsync<LoginAnswer>();
        // With the zeros before it, and as people type it.
        string code = Code(server);
        Assert.Equal(204, (int)(await ConfirmAsync(account, $"{code[..3]} {code[3..]}")).StatusCode);
        Assert.Equal(204, (int)(await ConfirmAsync(account, code)).StatusCode);

        await LogInAsync(server, account, null).RequireAsync(401, ErrorCodes.SecondFactorRequired);
        await LogInAsync(server, account, code).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        Next(server);
        await (await LogInAsync(server, account, Code(server))).ReadAsync<LoginAnswer>();
        Assert.Equal(200, (int)(await account.Http.GetAsync(Routes.Devices)).StatusCode);
        // A token that came from a login without it, and was never woken.
        await sleeping.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
    }

    [Fact]
    public async Task A_set_up_that_nobody_confirms_holds_for_ten_minutes()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await ConfirmAsync(account, Code(server)).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        Assert.Equal(204, (int)(await SetUpAsync(account)).StatusCode);
        server.Time.Advance(SecondFactors.SetupLife);
        await ConfirmAsync(account, Code(server)).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await (await LogInAsync(server, account, null)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task Whether_there_is_one_is_told_only_to_who_proved_the_Password()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await EnableAsync(server, account);
        await LogInAsync(server, account, null, Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        await LogInAsync(server, account, Code(server), Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        await LogInAsync(server, account, WrongCode(server), Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        // Beside a wrong Password it was not taken.
        await (await LogInAsync(server, account, Code(server))).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task A_code_is_taken_once_and_so_is_one_of_before()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await EnableAsync(server, account);
        string early = Code(server, -1), present = Code(server), next = Code(server, 1);
        await (await LogInAsync(server, account, present)).ReadAsync<LoginAnswer>();
        await LogInAsync(server, account, present).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await LogInAsync(server, account, early).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await LogInAsync(server, account, Code(server, 2)).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await (await LogInAsync(server, account, next)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task Of_logins_at_once_with_one_code_one_succeeds()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await EnableAsync(server, account);
        foreach (string code in new[] { Code(server), s_recovery[3] })
        {
            HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => LogInAsync(server, account, code)));
            Assert.Single(answers, answer => (int)answer.StatusCode == 200);
        }
    }

    [Fact]
    public async Task A_recovery_code_is_taken_once_in_any_spelling()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await EnableAsync(server, account);
        string code = s_recovery[0], typed = $" {code[..4]}-{code[4..].ToLowerInvariant()}";
        await (await LogInAsync(server, account, typed)).ReadAsync<LoginAnswer>();
        await LogInAsync(server, account, code).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await (await LogInAsync(server, account, s_recovery[1])).ReadAsync<LoginAnswer>();
        await (await LogInAsync(server, account, Code(server))).ReadAsync<LoginAnswer>();
        Assert.DoesNotContain(s_recovery[2], DatabaseDump.Of(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_codes_of_another_account_are_none()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient anna = await server.RegisterAsync(), berta = await server.RegisterAsync(Make.Registration("berta@example.org"));
        await EnableAsync(server, anna);
        byte[] hers = Make.Bytes(SecondFactors.SeedBytes);
        Assert.Equal(204, (int)(await SetUpAsync(berta, hers)).StatusCode);
        Assert.Equal(204, (int)(await ConfirmAsync(berta, Code(server, 0, hers))).StatusCode);
        Next(server);
        // Whose digits happen to be the same by one chance in 300,000.
        await LogInAsync(server, anna, Code(server, 0, hers)).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await (await LogInAsync(server, berta, Code(server, 0, hers))).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task Guessing_is_locked_out_and_the_Password_alone_does_not_end_that()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await EnableAsync(server, account);
        for (int i = 0; i < LockoutPolicy.Account.Capacity; i++)
        {
            // In between with the right Password and no code, which would take failures back if it counted as a success.
            if (i % 2 == 0)
                await LogInAsync(server, account, WrongCode(server)).RequireAsync(401, ErrorCodes.SecondFactorRejected);
            else
                await LogInAsync(server, account, null).RequireAsync(401, ErrorCodes.SecondFactorRequired);
        }

        await LogInAsync(server, account, Code(server)).RequireAsync(429, ErrorCodes.AccountLockedOut);
        await LogInAsync(server, account, WrongCode(server)).RequireAsync(429, ErrorCodes.AccountLockedOut);
        server.Time.Advance(LockoutPolicy.Account.Interval);
        await (await LogInAsync(server, account, Code(server))).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task Guessing_with_a_token_is_locked_out_for_that_device()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), other = await server.SignInAsync(account);
        await EnableAsync(server, account);
        for (int i = 0; i < LockoutPolicy.Device.Capacity; i++)
        {
            await account.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(account.Registration.Proof, WrongCode(server)))
                .RequireAsync(401, ErrorCodes.SecondFactorRejected);
        }

        await account.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(account.Registration.Proof, Code(server)))
            .RequireAsync(429, ErrorCodes.AccountLockedOut);
        Assert.Equal(204, (int)(await other.Http.PostAsJsonAsync(
            Routes.SecondFactorRemoval, other.Owner.SecondFactorRemoval(await other.HeadAsync(), account.Registration.Proof, Code(server)))).StatusCode);
    }

    [Fact]
    public async Task Every_request_with_a_proof_needs_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await EnableAsync(server, account);
        ManifestName head = await account.HeadAsync();
        byte[] proof = account.Registration.Proof;
        Func<string?, Task<HttpResponseMessage>>[] requests =
        [
            code => account.Http.PutAsJsonAsync(Routes.KeyRecord, new ReplaceKeysRequest(account.Owner.Keys(2), proof, SecondFactor: code)),
            code => SetUpAsync(account, Make.Bytes(SecondFactors.SeedBytes), code),
            code => account.Http.PutAsJsonAsync(Routes.Password, account.Owner.Signed(
                new ChangePasswordRequest(Make.Bytes(16), "17.8.1", proof, head, [], proof, code), account.Registration.LoginSalt)),
            code => account.Http.PostAsJsonAsync(Routes.SecondFactorRemoval, account.Owner.SecondFactorRemoval(head, proof, code)),
        ];
        foreach (Func<string?, Task<HttpResponseMessage>> send in requests)
        {
            await send(null).RequireAsync(401, ErrorCodes.SecondFactorRequired);
            await send(WrongCode(server)).RequireAsync(401, ErrorCodes.SecondFactorRejected);
            HttpResponseMessage answer = await send(Code(server));
            Assert.True((int)answer.StatusCode == 204, await answer.Content.ReadAsStringAsync());
            Next(server);
        }

        await (await LogInAsync(server, account, null)).ReadAsync<LoginAnswer>();
        Assert.DoesNotContain("second_factor: ", DatabaseDump.Of(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_device_that_logged_in_with_a_code_may_go_on_with_it_and_no_other()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await EnableAsync(server, account);
        string code = Code(server);
        DeviceDescription device = Make.Device();
        LoginAnswer login = await (await server.Http.PostAsJsonAsync(
            Routes.Login, new LoginRequest(account.Registration.UserId, account.Registration.Proof, device, code))).ReadAsync<LoginAnswer>();
        using var leaving = new DeviceClient(server.Http.BaseAddress!, account.Registration, login.DeviceToken, device);
        var removal = new RemoveWithoutKeysRequest(account.Registration.Proof, code);
        await account.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, removal).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        // A login that claims to be that device.
        await server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(account.Registration.UserId, account.Registration.Proof, device, code))
            .RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await (await leaving.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, removal)).ReadAsync<PendingRemoval>();
        server.Time.Advance(SecondFactorCheck.RepeatLife);
        await leaving.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, removal).RequireAsync(401, ErrorCodes.SecondFactorRejected);
    }

    [Fact]
    public async Task Another_takes_the_place_of_the_one_in_force_only_when_it_is_confirmed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        await EnableAsync(server, account);
        byte[] next = Make.Bytes(SecondFactors.SeedBytes);
        Assert.Equal(204, (int)(await SetUpAsync(account, next, s_recovery[5])).StatusCode);
        await (await LogInAsync(server, account, Code(server))).ReadAsync<LoginAnswer>();
        Assert.Equal(204, (int)(await ConfirmAsync(account, Code(server, 0, next))).StatusCode);
        Next(server);
        await LogInAsync(server, account, Code(server)).RequireAsync(401, ErrorCodes.SecondFactorRejected);
        await (await LogInAsync(server, account, Code(server, 0, next))).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task The_shape_is_checked()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        SetUpSecondFactorRequest sound = account.Owner.SecondFactor(await account.HeadAsync(), s_seed, s_recovery, account.Registration.Proof);
        foreach (SetUpSecondFactorRequest bad in new[]
        {
            sound with { Seed = new byte[19] }, sound with { Recovery = new byte[319] }, sound with { Proof = new byte[31] }, sound with { Signature = new byte[63] },
            sound with { SecondFactor = new string('1', 41) }, sound with { SecondFactor = "" },
        })
        {
            await account.Http.PostAsJsonAsync(Routes.SecondFactor, bad).RequireAsync(422, ErrorCodes.RequestInvalid);
        }

        await ConfirmAsync(account, "").RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.Http.PostAsJsonAsync(Routes.SecondFactor, sound with { Seed = Make.Bytes(20) }).RequireAsync(403, ErrorCodes.SignatureInvalid);
        await account.Http.PostAsJsonAsync(Routes.SecondFactor, account.Owner.SecondFactor(Make.Head(2), s_seed, s_recovery, account.Registration.Proof))
            .RequireAsync(409, ErrorCodes.RevisionConflict);
    }
}
