using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>What the log holds, in the files of the database and in lines of JSON, after every route that changes something was used.</summary>
public sealed class EventPrivacyTests
{
    private const string Address = "192.0.2.77", UserId = "anna.of.privacy@example.org", DeviceName = "a device of privacy";

    [Fact]
    public async Task No_secret_and_no_content_is_in_any_event_and_after_30_days_no_address()
    {
        using TempFolder folder = new(), lines = new();
        string log = Path.Combine(lines.Path, "events.jsonl");
        List<byte[]> secrets = [];
        await using TestServer server = await TestServer.StartAsync([.. TestServer.BehindProxy, "--event-log", log], folder.Path);
        server.Http.DefaultRequestHeaders.Add("X-Forwarded-For", Address);
        DeviceDescription Named() => new(Guid.NewGuid(), DeviceName);
        using DeviceClient account = await server.RegisterAsync(Make.Registration(UserId) with { Device = Named() });
        Guid entry = Guid.NewGuid();
        byte[] body = Make.Bytes(64), wrong = Make.Bytes(32), token = account.Token;
        using DeviceClient other = await server.SignInAsync(account, Named()), third = await server.SignInAsync(account, Named());
        foreach (DeviceClient client in new[] { account, other, third })
            client.Http.DefaultRequestHeaders.Add("X-Forwarded-For", Address);
        secrets.AddRange([body, wrong, token, other.Token, account.Registration.Proof, Encoding.UTF8.GetBytes("manifest 2")]);

        await account.PushNextAsync(Make.Record(entry, body: body));
        await account.PushNextAsync(Make.Record(entry, 2));
        await server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(UserId, wrong, Named())).RequireAsync(401, ErrorCodes.PasswordRejected);
        await server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest("nobody of privacy", wrong, Named())).RequireAsync(401, ErrorCodes.PasswordRejected);
        PendingRemoval pending = await (await other.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(account.Registration.Proof)))
            .ReadAsync<PendingRemoval>();
        await SendAsync(account.Http.PostAsJsonAsync(Routes.RemovalCancelling, account.Owner.Cancelling(pending.Id, await account.HeadAsync())));
        await SendAsync(account.Http.PostAsJsonAsync(Routes.OfDevice(third.Device.Id), account.Owner.DeviceRemoval(third.Device.Id, await account.HeadAsync())));
        await SendAsync(account.Http.PutAsJsonAsync(Routes.KeyRecord, new ReplaceKeysRequest(account.Owner.Keys(2), account.Registration.Proof)));
        byte[] seed = Make.Bytes(SecondFactors.SeedBytes);
        string[] recovery = [.. Enumerable.Range(0, SecondFactors.RecoveryCodes).Select(n => $"RECOVERY{n}")];
        string code = SecondFactors.CodeOf(seed, TimeBasedCode.StepAt(server.Time.GetUtcNow(), SecondFactors.Period));
        secrets.Add(seed);
        await SendAsync(account.Http.PostAsJsonAsync(
            Routes.SecondFactor, account.Owner.SecondFactor(await account.HeadAsync(), seed, recovery, account.Registration.Proof)));
        await SendAsync(account.Http.PostAsJsonAsync(Routes.SecondFactorConfirmation, new ConfirmSecondFactorRequest(code)));
        await SendAsync(account.Http.PostAsJsonAsync(
            Routes.SecondFactorRemoval, account.Owner.SecondFactorRemoval(await account.HeadAsync(), account.Registration.Proof, code)));
        await account.ReplaceKeysAsync();
        secrets.Add(account.Token);
        await SendAsync(account.Http.PostAsJsonAsync(account.Path(Routes.Purge), account.Owner.Purge(2, await account.HeadAsync())));
        var change = new ChangePasswordRequest(Make.Bytes(16), "16.8.1", Make.Bytes(32), await account.HeadAsync(), [], account.Registration.Proof);
        await SendAsync(account.Http.PutAsJsonAsync(Routes.Password, account.Owner.Signed(change, account.Registration.LoginSalt)));
        secrets.Add(change.NewProof);

        EventPage page = await (await account.Http.GetAsync(Routes.Events)).ReadAsync<EventPage>();
        EventType[] told = [.. page.Events.Select(row => (EventType)row.Type).Concat(page.Open.Select(sum => (EventType)sum.Type)).Distinct().Order()];
        // A type that a route of an account can make, and that is not made here, is not proved.
        Assert.Equal(
            Enum.GetValues<EventType>().Where(type => type is > EventType.None and < EventType.Invited
                and not (EventType.LockedOut or EventType.DeviceWoken or EventType.AccountRemoved)), told);
        Assert.True(Holds(folder, Encoding.UTF8.GetBytes(Address)));

        server.Time.Advance(TimeSpan.FromDays(Limits.EventAddressDays) + TimeSpan.FromHours(1));
        await server.Service<Sweeper>().SweepAsync(default);
        Assert.False(Holds(folder, Encoding.UTF8.GetBytes(Address)));
        string events = EventRows(server) + await File.ReadAllTextAsync(log);
        Assert.DoesNotContain(Address, events, StringComparison.Ordinal);
        Assert.DoesNotContain("privacy", events, StringComparison.Ordinal);
        foreach (byte[] secret in secrets)
        {
            Assert.DoesNotContain(Convert.ToHexString(secret), events, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(secret), events, StringComparison.Ordinal);
        }

        // Tokens and proofs are in no file at all, nor is what was tried at a User ID that does not exist.
        Assert.All(secrets.Skip(1).Where(secret => secret.Length == 32), secret => Assert.False(Holds(folder, secret)));
        Assert.False(Holds(folder, "nobody of privacy"u8));

        string[] written = await File.ReadAllLinesAsync(log);
        Assert.True(written.Length > page.Events.Count);
        Assert.All(written, line => Assert.Subset(
            new HashSet<string> { "time", "log", "account", "number", "type", "actor", "device", "since", "count", "bytes", "subject" },
            JsonDocument.Parse(line).RootElement.EnumerateObject().Select(member => member.Name).ToHashSet()));
        foreach (IGrouping<string, JsonElement> one in written.Select(line => JsonDocument.Parse(line).RootElement)
            .GroupBy(line => line.TryGetProperty("account", out JsonElement number) ? number.ToString() : "server"))
            Assert.Equal(Enumerable.Range(1, one.Count()), one.Select(line => line.GetProperty("number").GetInt32()));
    }

    [Fact]
    public async Task Lines_go_on_in_a_file_that_was_renamed_or_cut_and_a_fault_stops_nothing()
    {
        using var lines = new TempFolder();
        string log = Path.Combine(lines.Path, "events.jsonl"), rotated = log + ".1";
        await using TestServer server = await TestServer.StartAsync(["--event-log", log]);
        string started = await File.ReadAllTextAsync(log);
        Assert.Contains("ServerStarted", started, StringComparison.Ordinal);
        File.Move(log, rotated);
        using DeviceClient account = await server.RegisterAsync();
        Assert.Equal(started, await File.ReadAllTextAsync(rotated));
        Assert.Contains("Registered", Assert.Single(await File.ReadAllLinesAsync(log)), StringComparison.Ordinal);
        await using (var cut = new FileStream(log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            cut.SetLength(0);
        (await server.LogInAsync(account)).Dispose();
        Assert.StartsWith("{", Assert.Single(await File.ReadAllLinesAsync(log)), StringComparison.Ordinal);
        File.Delete(log);
        Directory.CreateDirectory(log);
        (await server.LogInAsync(account)).Dispose();
        Directory.Delete(log);
        (await server.LogInAsync(account)).Dispose();
        Assert.Single(await File.ReadAllLinesAsync(log));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_stops_the_start()
    {
        using var lines = new TempFolder();
        ServerStartException refused = await Assert.ThrowsAsync<ServerStartException>(() => TestServer.StartAsync(["--event-log", lines.Path]));
        Assert.Contains("--event-log", refused.Message, StringComparison.Ordinal);
    }

    private static async Task SendAsync(Task<HttpResponseMessage> answer)
    {
        using HttpResponseMessage got = await answer;
        Assert.True(got.IsSuccessStatusCode, await got.Content.ReadAsStringAsync());
    }

    private static string EventRows(TestServer server) => string.Join('\n', DatabaseDump.Of(server).Split('\n')
        .Where(row => row.StartsWith("event", StringComparison.Ordinal)));

    private static bool Holds(TempFolder folder, ReadOnlySpan<byte> mark)
    {
        foreach (string path in Directory.GetFiles(folder.Path))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            if (bytes.AsSpan().IndexOf(mark) >= 0)
                return true;
        }

        return false;
    }
}
