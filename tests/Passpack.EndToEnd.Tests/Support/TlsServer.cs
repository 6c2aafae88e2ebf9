using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passpack.Server;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>The real server with TLS, on this machine, with a certificate that no authority vouches for, and that can be another one later.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"passpack-server-{Guid.NewGuid():N}");
    private WebApplication? _app;
    private X509Certificate2 _certificate = NewCertificate();

    private TlsServer()
    {
    }

    public Uri Address { get; private set; } = new("https://127.0.0.1:0/");

    public string Fingerprint => _certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>Requests that came through; who refuses the certificate sends none.</summary>
    public int Requests { get; private set; }

    public static async Task<TlsServer> StartAsync()
    {
        var server = new TlsServer();
        await server.ListenAsync();
        return server;
    }

    /// <summary>The same server under the same address, with another key and certificate.</summary>
    public async Task ChangeCertificateAsync()
    {
        await _app!.DisposeAsync();
        _certificate.Dispose();
        _certificate = NewCertificate();
        await ListenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app!.DisposeAsync();
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ListenAsync()
    {
        _app = PasspackServer.Create(
            ["--urls", Address.AbsoluteUri.TrimEnd('/'), "--data", _folder, "--registration", "open", "--registration-difficulty", "1", "--disk-reserve", "1"],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = _certificate));
                builder.Services.AddSingleton<IStartupFilter>(new Counting(this));
            });
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single() + "/");
    }

    // Of another host, expired, signed by itself: only the fingerprint says that it is the one.
    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = new CertificateRequest("CN=elsewhere.example", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1));
        // Windows serves with none whose key is in memory alone.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private sealed class Counting(TlsServer server) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, handle) =>
            {
                server.Requests++;
                return handle(context);
            });
            next(app);
        };
    }
}
