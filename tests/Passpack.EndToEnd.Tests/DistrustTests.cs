using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>A certificate that this machine does not take: the reason is told with what helps, and nothing is sent.</summary>
public sealed class DistrustTests
{
    [Theory]
    [InlineData("localhost", 100, "does not trust the certificate of", "have it trust the CA, see docs/server.md")]
    [InlineData("other.example.com", 100, "is for another name", "RemoteCertificateNameMismatch")]
    public async Task A_certificate_that_is_not_trusted_is_told_with_what_helps(string name, int years, string what, string help)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(years));
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null); // Windows serves no key that is in memory only.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<bool> handshake = HandshakeAsync(listener, certificate);

        var home = new DataFolder(Path.Combine(Path.GetTempPath(), $"passpack-distrust-{Guid.NewGuid():N}"));
        using SecretBytes password = SecretBytes.FromChars("the password 4711"), packingKey = SecretBytes.FromChars("correct horse battery staple, 4711 times");
        var server = new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(() => Registration.RegisterAsync(new(home, server, "anna@example.com", password, packingKey)));

        Assert.Equal(ErrorCodes.ServerUnreachable, error.ErrorId);
        Assert.Contains($"{what}", error.Message, StringComparison.Ordinal);
        Assert.Contains(help, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("try again later", error.Message, StringComparison.Ordinal);
        Assert.False(await handshake, "A request was sent.");
        Assert.False(Directory.Exists(home.Path));
    }

    /// <summary>Whether the client sent anything once it had seen the certificate.</summary>
    private static async Task<bool> HandshakeAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(certificate);
            return await tls.ReadAsync(new byte[1]) > 0;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return false;
        }
    }
}
