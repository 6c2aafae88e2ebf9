using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Routing;
using Passpack.Protocol;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Every write route of the API, tried by somebody who lacks the keys: nothing in the database changes but counters and when he was seen.</summary>
public abstract class WithoutKeysTests
{
    // What answers with success because it reads, or repeats what was answered before.
    private static readonly string[] s_reads =
        [$"POST {Routes.RegistrationChallenge}", $"POST {Routes.LoginParameters}", $"POST {Routes.Vaults}/{{vaultId:guid}}/{Routes.Records}"];

    // What is judged by something else first: the User ID, the proof, or what stays the same within an epoch.
    private static readonly string[] s_judgedFirst =
        [$"POST {Routes.Accounts}", $"POST {Routes.Login}", $"POST {Routes.RemovalWithoutKeys}", $"PUT {Routes.KeyRecord}",
            $"POST {Routes.SecondFactorConfirmation}", $"POST {VaultRoute(Routes.LogStatements)}", $"PUT {VaultRoute(Routes.WrappedKeys)}",
            $"PUT {Routes.VaultInvitations}/{{id:guid}}/{Routes.Answer}"];

    // A token makes and withdraws them: nobody gets into a vault by one that the inviter's keys have not promised. docs/sharing.md, "What stays open".
    private static readonly string[] s_byToken = [$"POST {Routes.VaultInvitations}", $"DELETE {Routes.VaultInvitations}/{{id:guid}}"];

    private static string VaultRoute(string part) => $"{Routes.Vaults}/{{vaultId:guid}}/{part}";

    /// <summary>An account with a history, a second device and a removal that is pending; what the thief has of it is the subject's matter.</summary>
    private protected sealed record Scene(TestServer Server, DeviceClient Account, DeviceClient Other, PendingRemoval Removal, ManifestName Before, PushRequest LastPush)
    {
        public static async Task<Scene> SetAsync(TestServer server)
        {
            DeviceClient account = await server.RegisterAsync(), other = await server.SignInAsync(account);
            Guid id = Guid.NewGuid();
            for (int version = 1; version <= 3; version++)
                await account.PushNextAsync(Make.Record(id, version), Make.Record(Guid.NewGuid()));
            ManifestName before = await account.HeadAsync();
            PushRequest last = await account.NextAsync(null, Make.Record(id, 4));
            await account.PushAsync(last);
            PendingRemoval removal = await (await account.Http.PostAsJsonAsync(
                Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(account.Registration.Proof))).ReadAsync<PendingRemoval>();
            return new Scene(server, account, other, removal, before, last);
        }

        public async Task<Thief> StealAsync(DeviceClient client, byte[] proof) => new(client, Account.Owner, proof, await Account.KeysAsync(), Before);
    }

    /// <summary>Tries everything, and compares the database after each route.</summary>
    private protected static async Task RequireNothingChangesAsync(Scene scene, Thief thief, string[] granted, params string[] uncounted)
    {
        Dictionary<string, Func<IEnumerable<Func<Task<HttpResponseMessage>>>>> tries = thief.Tries(scene.Other.Device.Id, scene.Removal.Id, scene.LastPush);
        string[] mapped = [.. scene.Server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Where(method => method != "GET").Select(method => $"{method} {endpoint.RoutePattern.RawText}"))];
        // A route that is added fails here until it is tried, too.
        Assert.Equal(mapped.Except(s_byToken).Order(), tries.Keys.Order());

        string sound = DatabaseDump.Of(scene.Server, uncounted);
        Assert.Contains("removal_id = ", sound, StringComparison.Ordinal);
        foreach ((string route, Func<IEnumerable<Func<Task<HttpResponseMessage>>>> requests) in tries)
        {
            int sent = 0;
            foreach (Func<Task<HttpResponseMessage>> send in requests())
            {
                using HttpResponseMessage answer = await send();
                string text = $"{route}, {sent++}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
                bool isRepeat = route.EndsWith(Routes.Pushes, StringComparison.Ordinal) && answer.StatusCode == HttpStatusCode.OK;
                Assert.True(!answer.IsSuccessStatusCode || s_reads.Contains(route) || granted.Contains(route) || isRepeat, text);
                Assert.True((int)answer.StatusCode < 500, text);
                // For the signature or for what it names, and not because the request is none.
                if (!s_reads.Contains(route) && !s_judgedFirst.Contains(route) && !isRepeat)
                    Assert.True(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Conflict, text);
            }

            Assert.True(sent > 0, route);
            Assert.True(sound == DatabaseDump.Of(scene.Server, uncounted), $"{route} changed something.");
        }
    }
}

/// <summary>With a device's token, which is awake, and nothing else.</summary>
public sealed class WithTokenAloneTests : WithoutKeysTests
{
    [Fact]
    public async Task Nothing_is_written_with_a_token_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        Scene scene = await Scene.SetAsync(server);
        using DeviceClient account = scene.Account, stolen = scene.Other;
        await RequireNothingChangesAsync(scene, await scene.StealAsync(stolen, Make.Bytes(32)), []);
    }

    [Fact]
    public async Task Nor_with_one_that_sleeps_since_the_keys_were_replaced()
    {
        await using TestServer server = await TestServer.StartAsync();
        Scene scene = await Scene.SetAsync(server);
        using DeviceClient account = scene.Account, stolen = scene.Other;
        Owner old = account.Owner;
        await account.ReplaceKeysAsync();
        // He even has the keys of before.
        Thief thief = new(stolen, old, Make.Bytes(32), await account.KeysAsync(), scene.Before);
        await RequireNothingChangesAsync(scene with { Account = account }, thief, []);
    }
}

/// <summary>With the Password, and without keys.</summary>
public sealed class WithPasswordAloneTests : WithoutKeysTests
{
    [Fact]
    public async Task Nothing_is_written_with_the_Password_alone_but_a_removal_that_can_be_cancelled()
    {
        await using TestServer server = await TestServer.StartAsync(["--sign-ins-per-minute", "10000"]);
        Scene scene = await Scene.SetAsync(server);
        using DeviceClient account = scene.Account, other = scene.Other;
        // As the very device of the owner, whose id he knows.
        using DeviceClient thief = await server.LogInAsync(account, account.Device);
        // A login gives a token, which sleeps. A second removal gets the date of the first.
        await RequireNothingChangesAsync(
            scene, await scene.StealAsync(thief, account.Registration.Proof), [$"POST {Routes.Login}", $"POST {Routes.RemovalWithoutKeys}"], "sign_in", "event", "event_log");
        await account.PushNextAsync(Make.Records(1));
    }

    [Fact]
    public async Task Nor_with_the_Password_and_a_token_that_is_awake()
    {
        await using TestServer server = await TestServer.StartAsync(["--sign-ins-per-minute", "10000"]);
        Scene scene = await Scene.SetAsync(server);
        using DeviceClient account = scene.Account, stolen = scene.Other;
        await RequireNothingChangesAsync(
            scene, await scene.StealAsync(stolen, account.Registration.Proof), [$"POST {Routes.Login}", $"POST {Routes.RemovalWithoutKeys}"], "sign_in", "event", "event_log");
    }

    [Fact]
    public async Task A_login_takes_no_token_and_no_place_from_a_device_that_is_awake()
    {
        await using TestServer server = await TestServer.StartAsync(["--sign-ins-per-minute", "10000"]);
        using DeviceClient account = await server.RegisterAsync();
        using DeviceClient first = await server.LogInAsync(account);
        server.Time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < SqliteStore.MostSignIns; i++)
            (await server.LogInAsync(account, account.Device)).Dispose();
        await account.PushNextAsync(Make.Records(1));
        // Of those that were never woken the oldest went.
        await first.Http.GetAsync(Routes.KeyRecord).RequireAsync(401, ErrorCodes.DeviceRevoked);
        DeviceList devices = await (await account.Http.GetAsync(Routes.Devices)).ReadAsync<DeviceList>();
        Assert.Equal(account.Device.Id, Assert.Single(devices.Devices).Id);
    }
}
