using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>What one connection may be used for.</summary>
public sealed class ProtocolTests
{
    [Fact]
    public async Task A_document_that_is_asked_for_over_and_over_on_one_connection_is_made_once()
    {
        int made = 0;
        await using TestServer server = await TestServer.StartAsync(configure: builder => builder.Services.Configure<OpenApiOptions>("v1", options =>
            options.AddDocumentTransformer((_, _, _) =>
            {
                Interlocked.Increment(ref made);
                return Task.CompletedTask;
            })));
        const int Count = 200;
        string request = $"GET {Routes.OpenApi} HTTP/1.1\r\nHost: localhost\r\n\r\n";
        string last = request.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal);
        string answers = await RawHttp.ExchangeAsync(server.Http.BaseAddress!, string.Concat(Enumerable.Repeat(request, Count - 1)) + last);
        Assert.Equal(Count, answers.Split("HTTP/1.1 200 ").Length - 1);
        Assert.Equal(1, made);
    }

    [Fact]
    public async Task Of_the_versions_of_HTTP_that_TLS_offers_only_1_1_is_taken()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 own = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        // Windows takes a key only from a file.
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
        await using TestServer server = await TestServer.StartAsync(["--urls", "https://127.0.0.1:0"], configure: builder =>
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate)));

        using Socket socket = await RawHttp.ConnectAsync(server.Http.BaseAddress!);
        await using var stream = new NetworkStream(socket);
        await using var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http3, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString(),
        });
        Assert.Equal(SslApplicationProtocol.Http11, tls.NegotiatedApplicationProtocol);
    }
}
