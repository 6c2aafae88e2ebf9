using System.Collections.Concurrent;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>
/// How long an answer takes must not tell whether a User ID exists. No time is measured: for known and unknown User IDs the store is asked for
/// the same things in the same order, and the answers are alike.
/// </summary>
public sealed class SameWorkTests
{
    private const string Known = "anna@example.org";
    private const string Unknown = "nobody@example.org";

    private static async Task RequireSameAsync(string[] options, int status, Func<HttpClient, string, Task<HttpResponseMessage>> ask)
    {
        ConcurrentQueue<string> asked = [];
        // The store itself is a service too, so that it is closed with the server: Windows deletes no file that is open.
        await using TestServer server = await TestServer.StartAsync(options, configure: builder => builder.Services
            .AddSingleton(provider => new SqliteStore(Path.Combine(provider.GetRequiredService<ServerOptions>().DataFolder, PasspackServer.DatabaseName)))
            .AddSingleton(provider => RecordingStore.Create(provider.GetRequiredService<SqliteStore>(), asked)));
        using DeviceClient account = await server.RegisterAsync(Make.Registration(Known));
        using HttpClient stranger = server.From("203.0.113.9");

        async Task<string> WorkAsync(string userId)
        {
            asked.Clear();
            using HttpResponseMessage answer = await ask(stranger, userId);
            Assert.Equal(status, (int)answer.StatusCode);
            return string.Join(' ', asked);
        }

        string known = await WorkAsync(Known);
        Assert.NotEmpty(known);
        Assert.Equal(known, await WorkAsync(Unknown));
    }

    [Fact]
    public Task Of_what_the_proof_is_derived_with() => RequireSameAsync(
        TestServer.BehindProxy, 200, (http, userId) => http.PostAsJsonAsync(Routes.LoginParameters, new LoginParametersRequest(userId)));

    [Fact]
    public Task Of_a_wrong_proof() => RequireSameAsync(
        TestServer.BehindProxy, 401, (http, userId) => http.PostAsJsonAsync(Routes.Login, new LoginRequest(userId, Make.Bytes(32), Make.Device())));

    [Fact]
    public Task Of_a_challenge_to_register() => RequireSameAsync(
        TestServer.BehindProxy, 200, (http, userId) => http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest(userId)));

    [Fact]
    public Task Of_a_registration_whose_work_is_not_done() => RequireSameAsync(
        [.. TestServer.BehindProxy, "--registration-difficulty", "12"], 422, async (http, userId) =>
        {
            RegisterRequest worked = await http.WorkAsync(Make.Registration(userId));
            byte[] work = worked.Work;
            while (ProofOfWork.IsDone(worked.Challenge, work, 12))
                work = Make.Bytes(ProofOfWork.WorkBytes);
            return await http.PostAsJsonAsync(Routes.Accounts, worked with { Work = work });
        });

    [Fact]
    public async Task A_failed_proof_fills_the_same_buckets()
    {
        using var folder = new TempFolder();
        using var store = new SqliteStore(folder.Of("store.db"));
        await store.PrepareAsync(default);
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        var account = new NewAccount(
            Known, Make.Bytes(16), "17.8.1", Make.Bytes(16), Make.Bytes(32), Make.Keys(Guid.NewGuid()), Make.Manifest(1), now, Place: Make.Bytes(32));
        await store.AddAccountAsync(account, new DeviceSignIn(Guid.NewGuid(), "laptop", Make.Bytes(32), now), onlyFirst: false, default);
        long? known = (await store.FindLoginAsync(Known, default))!.Account;

        async Task<string> BucketsAsync(long? id)
        {
            AttemptKeys keys = new(Make.Bytes(32), [1, .. Make.Bytes(31)], Make.Bytes(32));
            Assert.Null(await store.CountAttemptAsync(keys, id, proved: false, now, default));
            bool[] filled = await Task.WhenAll(new[] { keys.Account, keys.Place, keys.Address! }.Select(async subject =>
                await store.SpendAsync(subject, new Login.BucketLimit(1, TimeSpan.FromHours(1)), now, default) is not null));
            return string.Join(' ', filled);
        }

        Assert.Equal("True True True", await BucketsAsync(known));
        Assert.Equal("True True True", await BucketsAsync(null));
    }
}
