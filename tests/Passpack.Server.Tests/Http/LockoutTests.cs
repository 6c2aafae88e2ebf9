using System.Net;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Login;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Guessing is slow, and cannot be turned against the owner or against others.</summary>
public sealed class LockoutTests
{
    private const string Anna = "anna@example.org";
    private const string Home = "203.0.113.7";

    private static Task<HttpResponseMessage> LogInAsync(HttpClient http, string userId, byte[] proof) =>
        http.PostAsJsonAsync(Routes.Login, new LoginRequest(userId, proof, Make.Device()));

    /// <summary>Strangers at many addresses, until the account takes no more of them.</summary>
    private static async Task AttackAsync(TestServer server, string userId)
    {
        for (int i = 1; ; i++)
        {
            using HttpClient stranger = server.From($"198.51.100.{i}");
            if ((await LogInAsync(stranger, userId, Make.Bytes(32))).StatusCode == HttpStatusCode.TooManyRequests)
                return;
        }
    }

    [Theory]
    [InlineData(Anna)]
    [InlineData("nobody")]
    public async Task Failures_lock_out_whether_the_user_exists_or_not_and_Retry_After_is_coarse(string userId)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        for (int i = 0; i < LockoutPolicy.Account.Capacity; i++)
            await LogInAsync(server.Http, userId, Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);

        TimeSpan left = LockoutPolicy.Account.Interval;
        foreach ((int waited, int told) in new[] { (0, 15), (1, 15), (10, 5), (13, 5), (14, 1) })
        {
            server.Time.Advance(TimeSpan.FromMinutes(waited) - (LockoutPolicy.Account.Interval - left));
            left = LockoutPolicy.Account.Interval - TimeSpan.FromMinutes(waited);
            HttpResponseMessage locked = await LogInAsync(server.Http, userId, account.Registration.Proof);
            await locked.RequireAsync(429, ErrorCodes.AccountLockedOut);
            Assert.Equal(TimeSpan.FromMinutes(told), locked.Headers.RetryAfter?.Delta);
        }

        server.Time.Advance(left);
        await LogInAsync(server.Http, userId, Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        await LogInAsync(server.Http, userId, account.Registration.Proof).RequireAsync(429, ErrorCodes.AccountLockedOut);
    }

    [Fact]
    public async Task Strangers_who_know_the_User_ID_do_not_lock_its_owner_out()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.BehindProxy);
        using DeviceClient account = await server.RegisterAsync();
        using HttpClient home = server.From(Home), elsewhere = server.From("192.0.2.9");
        await (await LogInAsync(home, Anna, account.Registration.Proof)).ReadAsync<LoginAnswer>();
        await AttackAsync(server, Anna);

        await LogInAsync(elsewhere, Anna, account.Registration.Proof).RequireAsync(429, ErrorCodes.AccountLockedOut);
        await (await LogInAsync(home, Anna, account.Registration.Proof)).ReadAsync<LoginAnswer>();
        // From anywhere, with the device's token.
        account.Http.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.9");
        ChangePasswordRequest change = account.Owner.Signed(
            new ChangePasswordRequest(Make.Bytes(16), "17.8.1", Make.Bytes(32), await account.HeadAsync(), [], account.Registration.Proof),
            account.Registration.LoginSalt);
        Assert.Equal(HttpStatusCode.NoContent, (await account.Http.PutAsJsonAsync(Routes.Password, change)).StatusCode);
        // And from there he is known now, while the attack goes on.
        await AttackAsync(server, Anna);
        await (await LogInAsync(elsewhere, Anna, change.NewProof)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task Who_registered_from_a_network_is_known_there()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.BehindProxy);
        using HttpClient home = server.From(Home);
        RegisterRequest registration = Make.Registration();
        await (await home.RegisterAsync(registration)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        await AttackAsync(server, Anna);
        await (await LogInAsync(home, Anna, registration.Proof)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task An_address_that_guesses_at_many_accounts_is_locked_out_and_they_are_not()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.BehindProxy);
        using DeviceClient account = await server.RegisterAsync();
        using HttpClient attacker = server.From("2001:db8::1"), neighbour = server.From("2001:db8::ffff:1"), other = server.From("2001:db8:0:1::1");
        for (int i = 0; i < LockoutPolicy.Address.Capacity; i++)
            await LogInAsync(attacker, $"user{i}", Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        await LogInAsync(attacker, "another", Make.Bytes(32)).RequireAsync(429, ErrorCodes.AccountLockedOut);
        // An IPv6 host has its whole /64.
        await LogInAsync(neighbour, Anna, account.Registration.Proof).RequireAsync(429, ErrorCodes.AccountLockedOut);
        await (await LogInAsync(other, Anna, account.Registration.Proof)).ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task One_typo_a_day_for_years_locks_nobody_out()
    {
        await using TestServer server = await TestServer.StartAsync([.. TestServer.BehindProxy, "--sign-ins-per-minute", "1000000"]);
        using DeviceClient account = await server.RegisterAsync();
        using HttpClient home = server.From(Home);
        for (int day = 0; day < 400; day++)
        {
            await LogInAsync(home, Anna, Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
            server.Time.Advance(TimeSpan.FromDays(1));
        }

        await (await LogInAsync(home, Anna, account.Registration.Proof)).ReadAsync<LoginAnswer>();
    }
}
