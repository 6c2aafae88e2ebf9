using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Server;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Deployment;

/// <summary>The configurations of deploy/, in the programs that they are for, between a real client and a real server that trusts them.</summary>
public sealed class ShippedProxyTests : IAsyncLifetime
{
    private const string Name = "pass.example.org";

    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-deployed-").FullName;
    private readonly SecretBytes _password = SecretBytes.FromChars("Six lamps, 4 doors!"), _key = SecretBytes.FromChars("correct horse battery staple, 4711 times");
    private WebApplication _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = PasspackServer.Create(
            ["--urls", "http://127.0.0.1:0", "--data", Path.Combine(_folder, "server"), "--registration", "open", "--registration-difficulty", "1", "--disk-reserve", "1",
                "--trusted-proxy", "127.0.0.1"],
            builder => builder.Logging.ClearProviders());
        await _server.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _password.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Uri Server => new(_server.Urls.Single() + "/");

    [Fact]
    public async Task Through_nginx()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string shipped = await File.ReadAllTextAsync(RepositoryFiles.PathOf("deploy/nginx.conf"));
        await using ProxyProgram nginx = await ProxyProgram.StartNginxAsync(proxy =>
        {
            File.WriteAllText(proxy.Of("fullchain.pem"), certificate.ExportCertificatePem());
            File.WriteAllText(proxy.Of("privkey.pem"), key.ExportPkcs8PrivateKeyPem());
            return Changed(shipped, ("listen 443 ssl", $"listen 127.0.0.1:{proxy.Port} ssl"), ("/etc/passpack/", proxy.Of("") + "/"), ("127.0.0.1:8780", Server.Authority));
        });
        string fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        var address = new Uri($"https://127.0.0.1:{nginx.Port}/");
        await RequireItServesAsync(new OnlineServer(address, PinnedCertificate.Parse(fingerprint)));
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown!.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint };
        using var http = new HttpClient(handler) { BaseAddress = address };
        // Under its public name, which the server answers to behind a proxy that it trusts alone.
        using var named = new HttpRequestMessage(HttpMethod.Get, Routes.Ready) { Headers = { Host = Name } };
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(named)).StatusCode);
        // As large as a push may be: refused by the server, whose words arrive, and not by nginx.
        using var large = new ByteArrayContent(new byte[Limits.MessageBytes]);
        HttpResponseMessage refused = await http.PostAsync(Routes.OfVault(Guid.NewGuid(), Routes.Pushes), large);
        Assert.Equal((HttpStatusCode.Unauthorized, "application/problem+json"), (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Through_Caddy()
    {
        await using ProxyProgram caddy = await ProxyProgram.StartCaddyAsync(RepositoryFiles.PathOf("deploy/Caddyfile"), Server);
        var address = new Uri($"http://127.0.0.1:{caddy.Port}/");
        await RequireItServesAsync(new OnlineServer(address, PinnedCertificate.None));
        using var http = new HttpClient { BaseAddress = address };
        Assert.Contains("ready", await http.GetStringAsync(Routes.Ready), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_they_let_through_is_what_the_server_takes()
    {
        string nginx = await File.ReadAllTextAsync(RepositoryFiles.PathOf("deploy/nginx.conf")), caddy = await File.ReadAllTextAsync(RepositoryFiles.PathOf("deploy/Caddyfile"));
        string most = (Limits.MessageBytes >> 20).ToString(CultureInfo.InvariantCulture);
        Assert.Equal(most, Regex.Match(nginx, @"^\s*client_max_body_size (\d+)m;", RegexOptions.Multiline).Groups[1].Value);
        Assert.Equal(most, Regex.Match(caddy, @"^\s*max_size (\d+)MiB", RegexOptions.Multiline).Groups[1].Value);
    }

    private async Task RequireItServesAsync(OnlineServer server)
    {
        const string UserId = "anna@example.com";
        DataFolder first = new(Path.Combine(_folder, "first")), second = new(Path.Combine(_folder, "second"));
        using LocalVault a = await Registration.RegisterAsync(new(first, server, UserId, _password, _key));
        using (VaultWriter writer = a.BeginWrite())
        {
            // More than nginx takes unless it is told.
            for (int i = 0; i < 900; i++)
                writer.Add(new EntryEdit { Name = $"entry {i}", Notes = new string('n', 3000) + i });
            writer.Commit();
        }
        await VaultSync.RunAsync(a, new SyncOptions());
        using LocalVault b = await Connecting.ConnectAsync(new(second, server, UserId, _password, _key));
        await VaultSync.RunAsync(b, new SyncOptions());
        Assert.Equal(900, b.List(new EntryQuery()).Count());
    }

    // A text that is not there any more would leave this test to another configuration than the shipped one.
    private static string Changed(string text, params (string From, string To)[] changes)
    {
        foreach ((string from, string to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        return text;
    }
}
