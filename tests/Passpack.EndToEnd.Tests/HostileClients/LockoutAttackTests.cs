using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Passpack.EndToEnd.Tests.Hostile;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.HostileClients;

/// <summary>Strangers on the network against the real server as a program, with an owner who uses the real client.</summary>
public sealed class LockoutAttackTests : IDisposable
{
    private const string UserId = "anna@example.com";

    private readonly string _root = Path.Combine(Path.GetTempPath(), $"passpack-lockout-{Guid.NewGuid():N}");
    private readonly SecretBytes _password = SecretBytes.FromChars("the password of this test");
    private readonly SecretBytes _packingKey = SecretBytes.FromChars("a packing key for tests");

    public void Dispose()
    {
        _password.Dispose();
        _packingKey.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Guessing_from_many_addresses_locks_no_owner_out()
    {
        // The owner is at 127.0.0.1; strangers are at addresses that a proxy tells.
        using ServerProcess server = await ServerProcess.StartAsync(Folder("server"), "--trusted-proxy", "127.0.0.1", "--count-loopback", "true");
        using LocalVault vault = await Registration.RegisterAsync(new(Home("a"), server.Address, UserId, _password, _packingKey));
        await AttackAsync(server.Address);

        (await Connecting.ConnectAsync(new(Home("b"), server.Address, UserId, _password, _packingKey))).Dispose();
        using SecretBytes changed = SecretBytes.FromChars("the password after the attack");
        await OnlineKeys.ChangePasswordAsync(vault, _password, changed);
        await AttackAsync(server.Address);
        (await Connecting.ConnectAsync(new(Home("c"), server.Address, UserId, changed, _packingKey))).Dispose();
        PasspackException old = await Assert.ThrowsAsync<PasspackException>(
            () => Connecting.ConnectAsync(new(Home("d"), server.Address, UserId, _password, _packingKey)));
        // Not that it is wrong: that would tell strangers in this network that the User ID is used here.
        Assert.Equal(ErrorCodes.AccountLockedOut, old.ErrorId);
    }

    [Fact]
    public async Task Guessing_through_this_machines_proxy_locks_out_nobody_else_behind_it()
    {
        using ServerProcess server = await ServerProcess.StartAsync(Folder("server"));
        await using HostileServer proxy = await HostileServer.StartAsync(server.Address);
        using LocalVault vault = await Registration.RegisterAsync(new(Home("a"), proxy.Address, UserId, _password, _packingKey));
        using var http = new HttpClient { BaseAddress = proxy.Address };
        for (int i = 0; i < 300; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, await GuessAsync(http, $"somebody{i}@example.com"));
        (await Connecting.ConnectAsync(new(Home("b"), proxy.Address, UserId, _password, _packingKey))).Dispose();
    }

    [Fact]
    public async Task Forged_addresses_lock_out_the_forgers_own_and_the_owner_learns_a_coarse_time()
    {
        using ServerProcess server = await ServerProcess.StartAsync(Folder("server"), "--count-loopback", "true");
        int guesses = 0;
        HttpStatusCode answer;
        do
        {
            using HttpClient forger = From(server.Address, $"198.51.100.{guesses % 250}");
            answer = await GuessAsync(forger, $"somebody{guesses++}@example.com");
        }
        while (answer == HttpStatusCode.Unauthorized && guesses < 200);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer);
        Assert.InRange(guesses, 51, 60);

        PasspackException told = await Assert.ThrowsAsync<PasspackException>(
            () => Connecting.ConnectAsync(new(Home("a"), server.Address, UserId, _password, _packingKey)));
        Assert.Equal(ErrorCodes.AccountLockedOut, told.ErrorId);
        Assert.Contains("5 minutes", told.Message, StringComparison.Ordinal);
    }

    /// <summary>Guesses from ever other addresses until the server takes no more of strangers.</summary>
    private static async Task AttackAsync(Uri server)
    {
        HttpStatusCode answer = HttpStatusCode.Unauthorized;
        for (int i = 1; answer == HttpStatusCode.Unauthorized; i++)
        {
            using HttpClient stranger = From(server, $"198.51.100.{i}");
            answer = await GuessAsync(stranger, UserId);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, answer);
    }

    private static HttpClient From(Uri server, string forwardedFor)
    {
        var http = new HttpClient { BaseAddress = server };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        return http;
    }

    private static async Task<HttpStatusCode> GuessAsync(HttpClient http, string userId)
    {
        var guess = new LoginRequest(userId, RandomNumberGenerator.GetBytes(32), new DeviceDescription(Guid.NewGuid(), "stranger"));
        using HttpResponseMessage answer = await http.PostAsJsonAsync(Routes.Login.TrimStart('/'), guess);
        return answer.StatusCode;
    }

    private string Folder(string name) => Path.Combine(_root, name);

    private DataFolder Home(string machine) => new(Folder(machine));
}
