using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Passpack.EndToEnd.Tests.Hostile;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Manifests;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.HostileClients;

/// <summary>Strangers who make accounts, or want to learn who has one, against the real server as a program.</summary>
public sealed class RegistrationAttackTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"passpack-registration-{Guid.NewGuid():N}");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_burst_of_registrations_under_forged_addresses_makes_five_accounts()
    {
        using ServerProcess server = await ServerProcess.StartAsync(Path.Combine(_root, "server"), "--count-loopback", "true");
        Assert.Equal(5, (await BurstAsync(server.Address)).Count(answer => answer == HttpStatusCode.Created));
    }

    [Fact]
    public async Task A_server_as_it_is_set_up_takes_its_owners_account_and_no_other()
    {
        using ServerProcess server = await ServerProcess.StartAsync(Path.Combine(_root, "server"), "--registration", "first");
        using SecretBytes password = SecretBytes.FromChars("the password of this test"), packingKey = SecretBytes.FromChars("a packing key for tests");
        var home = new DataFolder(Path.Combine(_root, "home"));
        using (await Registration.RegisterAsync(new(home, server.Address, "anna@example.com", password, packingKey)))
        {
            Assert.All(await BurstAsync(server.Address), answer => Assert.Equal(HttpStatusCode.Forbidden, answer));
        }

        foreach (string userId in new[] { "anna@example.com", "berta@example.com" })
        {
            var other = new DataFolder(Path.Combine(_root, "other"));
            PasspackException closed = await Assert.ThrowsAsync<PasspackException>(
                () => Registration.RegisterAsync(new(other, server.Address, userId, password, packingKey)));
            Assert.Equal(ErrorCodes.ServerRefused, closed.ErrorId);
            Assert.Contains("takes no new accounts", closed.Message, StringComparison.Ordinal);
            Assert.EndsWith("If the account is there already, Connect-PasspackAccount sets this machine up with it.", closed.Message, StringComparison.Ordinal);
            Assert.Empty(other.Accounts());
        }
    }

    private static async Task<IReadOnlyList<HttpStatusCode>> BurstAsync(Uri server)
    {
        using VaultKeys keys = new(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        return await Task.WhenAll(Enumerable.Range(0, 20).Select(i => RegisterAsync(server, keys, i)));
    }

    private static async Task<HttpStatusCode> RegisterAsync(Uri server, VaultKeys keys, int number)
    {
        using var http = new HttpClient { BaseAddress = server };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", $"198.51.100.{number}");
        string userId = $"somebody{number}@example.com";
        using HttpResponseMessage response = await http.PostAsJsonAsync(Routes.RegistrationChallenge.TrimStart('/'), new ChallengeRequest(userId));
        if (!response.IsSuccessStatusCode)
            return response.StatusCode;
        RegistrationChallenge asked = (await response.Content.ReadFromJsonAsync(ProtocolJson.Default.RegistrationChallenge))!;
        Manifest manifest = Registration.FirstManifest(Guid.NewGuid());
        var request = new RegisterRequest(userId, RandomNumberGenerator.GetBytes(16), KdfParameters.Current.ToString(), RandomNumberGenerator.GetBytes(32),
            keys.CreateKeyRecord(1, "7#never opened", userId), manifest.Seal(keys, keys.Identity(1, userId)), new DeviceDescription(manifest.Device, "stranger"),
            asked.Challenge, ProofOfWork.Solve(asked.Challenge, asked.Difficulty));
        using HttpResponseMessage answer = await http.PostAsJsonAsync(Routes.Accounts.TrimStart('/'), request);
        return answer.StatusCode;
    }
}
