using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Login;
using Passpack.Server.Storage.Postgres;
using Passpack.Server.Tests.Hosting;
using Passpack.Server.Tests.Support;
using Passpack.Tests.Postgres;
using Xunit;

namespace Passpack.Server.Tests.Nodes;

/// <summary>Several nodes over one database of PostgreSQL.</summary>
[Trait("Pace", "Slow")]
public sealed class NodesTests
{
    private static async Task<TestServer> StartAsync(string database) => await TestServer.StartAsync(["--database", database]);

    private static async Task<TestServer> StartAsync(string database, TimeProvider local) => await TestServer.StartAsync(
        ["--database", database],
        configure: builder => builder.Services.AddSingleton<TimeProvider>(_ => new DatabaseClock(local, PostgresAddress.Parse(database))));

    private static DeviceClient At(TestServer node, DeviceClient account) => new(node.Http.BaseAddress!, account.Registration, account.Token);

    /// <summary>Pushes until as many as named are taken, like a client does: pulls after a conflict, and asks again as it is told.</summary>
    private static async Task<List<Guid>> PushAsync(DeviceClient account, int pushes)
    {
        List<Guid> stored = [];
        while (stored.Count < pushes)
        {
            Guid id = Guid.NewGuid();
            PushRequest push = await account.NextAsync(null, Make.Record(id));
            HttpResponseMessage answer = await account.SendPushAsync(push);
            if (answer.StatusCode == HttpStatusCode.OK)
                stored.Add(id);
            else
                await answer.RequireAsync(409, ErrorCodes.RevisionConflict);
        }

        return stored;
    }

    [Fact]
    public async Task Pushes_at_two_nodes_are_stored_once_each_and_none_is_lost()
    {
        string database = await PostgresCluster.NewDatabaseAsync();
        await using (TestServer one = await StartAsync(database), two = await StartAsync(database))
        {
            using DeviceClient anna = await one.RegisterAsync(), there = At(two, anna);
            List<Guid>[] stored = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => PushAsync(i % 2 == 0 ? anna : there, 10))));

            (List<RecordChange> changes, VaultHead head, _) = await there.PullAsync(0);
            Assert.Equal((40, 41), (head.Revision, head.Generation));
            Assert.Equal(stored.SelectMany(ids => ids).Order(), changes.Select(change => change.Id).Order());
        }

        await PostgresCluster.DropAsync(database);
    }

    [Fact]
    public async Task A_push_that_is_repeated_at_another_node_gets_the_same_answer()
    {
        string database = await PostgresCluster.NewDatabaseAsync();
        await using (TestServer one = await StartAsync(database), two = await StartAsync(database))
        {
            using DeviceClient anna = await one.RegisterAsync(), there = At(two, anna);
            PushRequest push = await anna.NextAsync(null, Make.Record(Guid.NewGuid()));
            HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? anna : there).SendPushAsync(push)));
            foreach (HttpResponseMessage answer in answers)
                Assert.Equal((1, 2), await answer.ReadAsync<PushAnswer>() is var told ? (told.Revision, told.Generation) : default);
            Assert.Equal(1, (await there.PullAsync(0)).Head.Revision);
        }

        await PostgresCluster.DropAsync(database);
    }

    [Fact]
    public async Task Lockouts_and_revoked_tokens_hold_at_every_node()
    {
        string database = await PostgresCluster.NewDatabaseAsync();
        await using (TestServer one = await StartAsync(database), two = await StartAsync(database))
        {
            using DeviceClient anna = await one.RegisterAsync();
            using DeviceClient laptop = await two.SignInAsync(anna), laptopThere = At(one, laptop);
            (await anna.Http.GetAsync(Routes.KeyRecord)).EnsureSuccessStatusCode();
            (await laptopThere.Http.GetAsync(Routes.KeyRecord)).EnsureSuccessStatusCode();

            HttpResponseMessage[] tries = await Task.WhenAll(Enumerable.Range(0, 3 * LockoutPolicy.Account.Capacity).Select(i =>
                (i % 2 == 0 ? one : two).Http.PostAsJsonAsync(Routes.Login, new LoginRequest(anna.Registration.UserId, Make.Bytes(32), Make.Device()))));
            Assert.Equal(LockoutPolicy.Account.Capacity, tries.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized));
            Assert.All(tries, answer => Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests));
        }

        await PostgresCluster.DropAsync(database);
    }

    [Fact]
    public async Task What_one_client_may_do_in_a_minute_is_counted_over_all_nodes()
    {
        string database = await PostgresCluster.NewDatabaseAsync();
        string[] options = ["--database", database, .. TestServer.BehindProxy, "--sign-ins-per-minute", "20"];
        await using (TestServer one = await TestServer.StartAsync(options), two = await TestServer.StartAsync(options))
        {
            HttpClient[] flood = [one.From("203.0.113.1"), two.From("203.0.113.1")], other = [one.From("203.0.113.2"), two.From("203.0.113.2")];
            HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => flood[i % 2].PostTextAsync(Routes.Login, "{}")));
            Assert.Equal(20, answers.Count(answer => answer.StatusCode == HttpStatusCode.BadRequest));
            Assert.Equal(20, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
            foreach (HttpClient client in other)
                Assert.Equal(HttpStatusCode.BadRequest, (await client.PostTextAsync(Routes.Login, "{}")).StatusCode);
            foreach (HttpClient client in flood.Concat(other))
                client.Dispose();
        }

        await PostgresCluster.DropAsync(database);
    }

    [Fact]
    public async Task Nodes_whose_clocks_are_wrong_decide_by_the_databases()
    {
        string database = await PostgresCluster.NewDatabaseAsync();
        // Their own clocks are years behind, and a day apart.
        var wrong = new ManualTime();
        wrong.Advance(TimeSpan.FromDays(1));
        await using (TestServer one = await StartAsync(database, new ManualTime()), two = await StartAsync(database, wrong))
        {
            using DeviceClient anna = await one.RegisterAsync();
            DateTimeOffset now = DateTimeOffset.UtcNow;
            foreach (TestServer node in new[] { one, two })
                Assert.InRange((node.Service<TimeProvider>().GetUtcNow() - now).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
            for (int i = 0; i < LockoutPolicy.Account.Capacity; i++)
            {
                await (i % 2 == 0 ? one : two).Http.PostAsJsonAsync(Routes.Login, new LoginRequest(anna.Registration.UserId, Make.Bytes(32), Make.Device()))
                    .RequireAsync(401, ErrorCodes.PasswordRejected);
            }

            foreach (TestServer node in new[] { one, two })
            {
                await node.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(anna.Registration.UserId, Make.Bytes(32), Make.Device()))
                    .RequireAsync(429, ErrorCodes.AccountLockedOut);
            }
        }

        await PostgresCluster.DropAsync(database);
    }

    [Fact]
    public async Task A_killed_node_loses_nothing_that_it_acknowledged_and_another_goes_on()
    {
        string database = await PostgresCluster.NewDatabaseAsync();
        using var folder = new TempFolder();
        RegisterRequest registration = Make.Registration();
        List<PushRequest> sent = [];
        long acknowledged = 0;
        byte[]? token = null;
        for (int life = 0; life < 3; life++)
        {
            using ServerProcess server = await ServerProcess.StartAsync(
                ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--registration-difficulty", "1"], ("PASSPACK_DATABASE", database));
            using var http = new HttpClient { BaseAddress = server.Address };
            token ??= (await (await http.RegisterAsync(registration)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created)).DeviceToken;
            using var account = new DeviceClient(server.Address, registration, token);
            // The push that the last life broke off, if any, is sent again just as it was.
            if (sent.Count > acknowledged)
                acknowledged = (await account.PushAsync(sent[^1])).Revision;
            Task pushing = Task.Run(async () =>
            {
                while (true)
                {
                    PushRequest push = Make.Push(acknowledged, Make.Records(100));
                    sent.Add(push);
                    acknowledged = (await account.PushAsync(push)).Revision;
                }
            });
            while (Volatile.Read(ref acknowledged) < (life + 1) * 5 && !pushing.IsCompleted)
                await Task.Delay(1);
            await server.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => pushing);
        }

        await using (TestServer last = await StartAsync(database))
        {
            using var survivor = new DeviceClient(last.Http.BaseAddress!, registration, token!);
            (List<RecordChange> changes, VaultHead head, _) = await survivor.PullAsync(0);
            Assert.InRange(head.Revision, acknowledged, sent.Count);
            Assert.Equal(
                sent.Take((int)head.Revision).SelectMany(push => push.Records).Select(record => record.Id), changes.Select(change => change.Id));
        }

        await PostgresCluster.DropAsync(database);
    }

    [Fact]
    public async Task While_the_database_is_away_clients_are_told_to_ask_again_and_nothing_is_lost()
    {
        await using PostgresCluster cluster = await PostgresCluster.StartOwnAsync();
        await cluster.RunAsync("CREATE DATABASE passpack TEMPLATE template0");
        await using TestServer one = await StartAsync(cluster.StringOf("passpack")), two = await StartAsync(cluster.StringOf("passpack"));
        DeviceClient[] accounts = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(i => one.RegisterAsync(Make.Registration($"user{i}@example.org"))))];
        ManifestName[] heads = await Task.WhenAll(accounts.Select(account => account.HeadAsync()));
        using var stop = new CancellationTokenSource();
        int refused = 0;
        long[] taken = await Task.WhenAll(Enumerable.Range(0, accounts.Length).Select(i => Task.Run(async () =>
        {
            using DeviceClient account = At(i % 2 == 0 ? one : two, accounts[i]);
            long revision = 0;
            ManifestName head = heads[i];
            while (!stop.IsCancellationRequested || revision < 5)
            {
                PushRequest push = account.Owner.Push(revision, head, [account.Owner.Adopt(Make.Record(Guid.NewGuid()))]);
                while (true)
                {
                    HttpResponseMessage answer = await account.SendPushAsync(push);
                    if (answer.StatusCode == HttpStatusCode.OK)
                        break;
                    await answer.RequireAsync(503, ErrorCodes.ServerRefused);
                    Assert.NotNull(answer.Headers.RetryAfter);
                    Interlocked.Increment(ref refused);
                    await Task.Delay(20);
                }

                revision++;
                head = ManifestName.Of(push.Manifest);
            }

            return revision;
        })).Append(Task.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                await Task.Delay(300);
                await cluster.CrashAsync(TimeSpan.FromMilliseconds(500));
            }

            await stop.CancelAsync();
            return 0L;
        })));
        Assert.True(refused > 0);
        for (int i = 0; i < accounts.Length; i++)
        {
            (List<RecordChange> changes, VaultHead head, _) = await accounts[i].PullAsync(0);
            Assert.Equal((taken[i], (int)taken[i]), (head.Revision, changes.Count));
            accounts[i].Dispose();
        }

        (await one.Http.GetAsync(Routes.Ready)).EnsureSuccessStatusCode();
    }
}
