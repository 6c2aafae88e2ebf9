using System.Net;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Accounts;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Who may register, and what it costs to learn who has.</summary>
public sealed class RegistrationRuleTests
{
    private const string Anna = "anna@example.org";
    private const string Nobody = "nobody@example.org";

    private static Task<HttpResponseMessage> AskAsync(HttpClient http, string userId) =>
        http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest(userId));

    /// <summary>Everything of an answer, but for when it was given.</summary>
    private static async Task<string> WholeAsync(Task<HttpResponseMessage> asked)
    {
        HttpResponseMessage answer = await asked;
        answer.Headers.Date = null;
        return $"{(int)answer.StatusCode}\n{answer.Headers}{answer.Content.Headers}\n{await answer.Content.ReadAsStringAsync()}";
    }

    [Theory]
    [InlineData("first")]
    [InlineData("closed")]
    public async Task A_closed_server_gives_known_and_unknown_User_IDs_the_same_answer_byte_for_byte(string rule)
    {
        using var folder = new TempFolder();
        RegisterRequest worked;
        await using (TestServer open = await TestServer.StartAsync(folder: folder.Path))
        {
            (await open.RegisterAsync()).Dispose();
            worked = await open.Http.WorkAsync(Make.Registration());
        }

        await using TestServer server = await TestServer.StartAsync(["--registration", rule], folder.Path);
        string challenge = await WholeAsync(AskAsync(server.Http, Anna));
        Assert.StartsWith("403\n", challenge, StringComparison.Ordinal);
        Assert.Contains(ErrorCodes.ServerRefused, challenge, StringComparison.Ordinal);
        Assert.Equal(challenge, await WholeAsync(AskAsync(server.Http, Nobody)));
        Assert.Equal(challenge, await WholeAsync(AskAsync(server.Http, "")));
        foreach (RegisterRequest request in new[] { worked, Make.Registration(), Make.Registration(Nobody), Make.Registration("") })
            Assert.Equal(challenge, await WholeAsync(server.Http.PostAsJsonAsync(Routes.Accounts, request)));
    }

    [Fact]
    public async Task By_default_the_first_account_closes_the_door_behind_it()
    {
        using var folder = new TempFolder();
        await using TestServer server = await TestServer.StartAsync(["--registration", "first"], folder.Path);
        // All have worked before the first is taken, so that they meet.
        RegisterRequest[] requests = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => server.Http.WorkAsync(Make.Registration($"user{i}@example.org"))));
        HttpResponseMessage[] answers = await Task.WhenAll(requests.Select(request => server.Http.PostAsJsonAsync(Routes.Accounts, request)));
        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.Forbidden));
        await AskAsync(server.Http, Anna).RequireAsync(403, ErrorCodes.ServerRefused);
    }

    [Fact]
    public async Task An_open_server_challenges_known_and_unknown_User_IDs_alike()
    {
        await using TestServer server = await TestServer.StartAsync(["--registration-difficulty", "12"]);
        (await server.RegisterAsync()).Dispose();
        foreach (string userId in new[] { Anna, Nobody })
        {
            RegistrationChallenge asked = await (await AskAsync(server.Http, userId)).ReadAsync<RegistrationChallenge>();
            Assert.Equal((56, 12), (asked.Challenge.Length, asked.Difficulty));
        }

        async Task<string> WithoutChallengeAsync(string userId) => (await WholeAsync(AskAsync(server.Http, userId))).Split("\"challenge\":\"")[0];
        Assert.Equal(await WithoutChallengeAsync(Anna), await WithoutChallengeAsync(Nobody));

        async Task<string> HalfDoneAsync(string userId)
        {
            RegisterRequest done = await server.Http.WorkAsync(Make.Registration(userId));
            byte[] work = ProofOfWork.Solve(done.Challenge, 1);
            while (ProofOfWork.IsDone(done.Challenge, work, 12))
                work = Make.Bytes(ProofOfWork.WorkBytes);
            return await WholeAsync(server.Http.PostAsJsonAsync(Routes.Accounts, done with { Work = work }));
        }

        string refused = await HalfDoneAsync(Anna);
        Assert.Contains("work is not done", refused, StringComparison.Ordinal);
        Assert.Equal(refused, await HalfDoneAsync(Nobody));
        await server.Http.RegisterAsync(Make.Registration()).RequireAsync(409, ErrorCodes.AccountExists);
    }

    [Fact]
    public async Task A_challenge_holds_for_its_User_ID_its_server_and_ten_minutes()
    {
        await using TestServer server = await TestServer.StartAsync(), other = await TestServer.StartAsync();
        RegisterRequest worked = await server.Http.WorkAsync(Make.Registration());
        RegisterRequest late = await server.Http.WorkAsync(Make.Registration("late@example.org"));

        async Task RequireRefusedAsync(RegisterRequest request, TestServer at)
        {
            Problem problem = await at.Http.PostAsJsonAsync(Routes.Accounts, request).RequireAsync(422, ErrorCodes.RequestInvalid);
            Assert.Contains("challenge", problem.Detail, StringComparison.Ordinal);
        }

        await RequireRefusedAsync(Make.Registration(Nobody) with { Challenge = worked.Challenge, Work = worked.Work }, server);
        await RequireRefusedAsync(worked, other);
        for (int i = 0; i < worked.Challenge.Length; i += 5)
        {
            byte[] altered = [.. worked.Challenge];
            altered[i] ^= 1;
            await RequireRefusedAsync(worked with { Challenge = altered, Work = ProofOfWork.Solve(altered, 1) }, server);
        }

        await (await server.Http.PostAsJsonAsync(Routes.Accounts, worked with { UserId = $" {Anna.ToUpperInvariant()}" }))
            .ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        server.Time.Advance(RegistrationChallenges.Life);
        await RequireRefusedAsync(late, server);
    }

    [Fact]
    public async Task An_address_may_register_five_at_once_and_then_five_an_hour()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.BehindProxy);
        (await server.RegisterAsync()).Dispose();
        using HttpClient attacker = server.From("203.0.113.1"), other = server.From("203.0.113.2");
        // Half are to learn who exists: that is bounded alike.
        for (int i = 0; i < 5; i++)
        {
            HttpResponseMessage answer = await attacker.RegisterAsync(Make.Registration(i % 2 == 0 ? $"user{i}" : Anna));
            Assert.Equal(i % 2 == 0 ? HttpStatusCode.Created : HttpStatusCode.Conflict, answer.StatusCode);
        }

        HttpResponseMessage refused = await attacker.RegisterAsync(Make.Registration());
        await refused.RequireAsync(429, ErrorCodes.RateLimited);
        Assert.Equal(TimeSpan.FromMinutes(15), refused.Headers.RetryAfter?.Delta);
        string known = await WholeAsync(Task.FromResult(refused));
        Assert.Equal(known, await WholeAsync(attacker.RegisterAsync(Make.Registration(Nobody))));
        await (await other.RegisterAsync(Make.Registration("berta"))).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);

        server.Time.Advance(TimeSpan.FromMinutes(12));
        await (await attacker.RegisterAsync(Make.Registration("clara"))).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        await attacker.RegisterAsync(Make.Registration("dora")).RequireAsync(429, ErrorCodes.RateLimited);
    }

    [Fact]
    public async Task A_registration_that_is_refused_before_its_work_counts_costs_none_of_the_five()
    {
        await using TestServer server = await TestServer.StartAsync([.. TestServer.BehindProxy, "--registrations-per-hour", "1"]);
        using HttpClient http = server.From("203.0.113.1");
        for (int i = 0; i < 3; i++)
            await http.PostAsJsonAsync(Routes.Accounts, Make.Registration()).RequireAsync(422, ErrorCodes.RequestInvalid);
        await (await http.RegisterAsync(Make.Registration())).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        await http.RegisterAsync(Make.Registration(Nobody)).RequireAsync(429, ErrorCodes.RateLimited);
    }

    [Fact]
    public async Task An_account_beyond_the_total_quota_is_refused_as_on_a_full_disk()
    {
        await using TestServer server = await TestServer.StartAsync(["--total-quota", "300000"]);
        using DeviceClient account = await server.RegisterAsync();
        await server.Http.RegisterAsync(Make.Registration(Nobody)).RequireAsync(507, ErrorCodes.ServerRefused);
        await account.PushAsync(Make.Push(0, Make.Records(1)));
    }
}
