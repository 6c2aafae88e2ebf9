using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>A server is known by its certificate: the one that is pinned, and no other, whoever vouches for it.</summary>
public sealed class CertificateTests : IDisposable
{
    private const string UserId = "anna@example.com";

    private readonly DataFolder _home = new(Path.Combine(Path.GetTempPath(), $"passpack-{Guid.NewGuid():N}"));
    private readonly SecretBytes _password = SecretBytes.FromChars("Six lamps, 4 doors!"), _key = SecretBytes.FromChars("correct horse battery staple, 4711 times");

    public void Dispose()
    {
        _password.Dispose();
        _key.Dispose();
        if (Directory.Exists(_home.Path))
            Directory.Delete(_home.Path, recursive: true);
    }

    [Fact]
    public async Task A_pinned_certificate_is_kept_and_any_other_is_refused_before_a_request()
    {
        await using TlsServer server = await TlsServer.StartAsync();
        string first = server.Fingerprint;

        // Nobody vouches for it.
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => RegisterAsync(server.Address));
        Assert.Equal(ErrorCodes.ServerUnreachable, refused.ErrorId);
        refused = await Assert.ThrowsAsync<PasspackException>(() => RegisterAsync(new OnlineServer(server.Address, PinnedCertificate.Parse(new string('a', 64)))));
        Assert.Equal(ErrorCodes.CertificateMismatch, refused.ErrorId);
        Assert.Equal(0, server.Requests);

        using (LocalVault made = await RegisterAsync(new OnlineServer(server.Address, PinnedCertificate.Parse(first))))
            Assert.Equal(first, made.Describe().CertificateFingerprint);
        Assert.Equal(first, AccountInspector.Describe(_home.Account(UserId)).CertificateFingerprint);
        using (LocalVault again = LocalVault.Unlock(_home, UserId, _key))
        {
            await SyncAsync(again);
            await ServerCheck.CheckAsync(again);
            await ServerCheck.ReachAsync(again.Folder);

            await server.ChangeCertificateAsync();
            int requests = server.Requests;
            foreach (Func<Task> use in new Func<Task>[]
            {
                () => SyncAsync(again), () => ServerCheck.CheckAsync(again), () => ServerCheck.ReachAsync(again.Folder), () => Devices.ListAsync(again),
                () => Connecting.ConnectAsync(new(_home, server.Address, UserId, _password, _key)), () => AccountRemoval.RemoveAsync(new(_home, server.Address, UserId, _password, _key)),
                () => ServerCheck.MoveAsync(again, server.Address),
            })
            {
                refused = await Assert.ThrowsAsync<PasspackException>(use);
                Assert.Equal(ErrorCodes.CertificateMismatch, refused.ErrorId);
                Assert.Contains(first, refused.Message, StringComparison.Ordinal);
                Assert.Contains(server.Fingerprint, refused.Message, StringComparison.Ordinal);
                Assert.Contains("Set-PasspackLocalAccount -CertificateFingerprint", refused.Message, StringComparison.Ordinal);
            }
            Assert.Equal(requests, server.Requests);
            Assert.Equal(first, again.Describe().CertificateFingerprint);

            await ServerCheck.MoveAsync(again, new OnlineServer(server.Address, PinnedCertificate.Parse(server.Fingerprint)));
            Assert.Equal(server.Fingerprint, again.Describe().CertificateFingerprint);
            await SyncAsync(again);
            // Without it there is nobody again who vouches for the server; and that was not taken over.
            refused = await Assert.ThrowsAsync<PasspackException>(() => ServerCheck.MoveAsync(again, new OnlineServer(server.Address, PinnedCertificate.None)));
            Assert.Equal(ErrorCodes.ServerUnreachable, refused.ErrorId);
        }

        // A link that is renewed keeps it, and one that is given up does not.
        using LocalVault connected = await Connecting.ConnectAsync(new(_home, server.Address, UserId, _password, _key));
        await SyncAsync(connected);
        Assert.Equal(server.Fingerprint, connected.Describe().CertificateFingerprint);
        await Disconnecting.DisconnectAsync(connected);
        Assert.Null(connected.Describe().CertificateFingerprint);
    }

    [Fact]
    public async Task A_reset_goes_on_with_it()
    {
        await using TlsServer server = await TlsServer.StartAsync();
        using (LocalVault made = await RegisterAsync(new OnlineServer(server.Address, PinnedCertificate.Parse(server.Fingerprint))))
            await SyncAsync(made);
        var steps = new List<string>();
        // Another run takes every step but the first two: it knows the certificate from what the first one left.
        foreach (int most in new[] { 2, 100 })
        {
            int taken = 0;
            var reset = new AccountReset(_home, UserId, _password, _key) { Derivation = KdfParameters.Floor };
            await foreach (AccountResetStep step in reset.RunAsync(TestContext.Current.CancellationToken))
            {
                steps.Add(step.Step);
                if (++taken == most)
                    break;
            }
            reset.Result?.Dispose();
        }
        Assert.Equal(["BackedUp", "Quarantined", "Connected", "Synced", "Imported", "Pushed", "Completed"], steps);
        Assert.Equal(server.Fingerprint, AccountInspector.Describe(_home.Account(UserId)).CertificateFingerprint);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData(":")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAG")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData(" ")]
    public void A_text_that_is_no_fingerprint_is_refused(string text) =>
        Assert.Contains("64 hexadecimal digits", Assert.Throws<ArgumentException>(() => PinnedCertificate.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_fingerprint_may_have_colons_and_is_refused_where_no_certificate_is_shown()
    {
        string plain = string.Concat(Enumerable.Repeat("0AbC", 16));
        var pinned = PinnedCertificate.Parse(string.Join(':', plain.Chunk(2).Select(pair => new string(pair))));
        Assert.Equal(plain.ToUpperInvariant(), pinned!.ToString());
        Assert.Contains("https://", Assert.Throws<ArgumentException>(() => new OnlineClient(new OnlineServer(new Uri("http://127.0.0.1:1/"), pinned))).Message, StringComparison.Ordinal);
    }

    private static Task<SyncResult> SyncAsync(LocalVault vault) => VaultSync.RunAsync(vault, new SyncOptions());

    private Task<LocalVault> RegisterAsync(OnlineServer server) => Registration.RegisterAsync(new(_home, server, UserId, _password, _key));
}
