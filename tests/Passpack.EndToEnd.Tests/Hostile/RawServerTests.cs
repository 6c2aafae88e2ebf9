using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Passpack.Protocol;
using Passpack.Sync.Client;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>What answers at an address and is no server of HTTP, or none that can be trusted; and addresses that are refused at once.</summary>
public sealed class RawServerTests
{
    private static readonly SyncTimeouts s_timeouts = SyncTimeouts.Default with { Request = TimeSpan.FromSeconds(2), Retry = TimeSpan.FromMilliseconds(1) };

    public static TheoryData<string, string> Greetings() => new()
    {
        { "SSH-2.0-OpenSSH_9.6\r\n", ErrorCodes.ServerUnreachable },
        { "\0\u0001\u0002\u0003\u0004", ErrorCodes.ServerUnreachable },
        { "HTTP/1.1 999999 \r\n\r\n", ErrorCodes.ServerUnreachable },
        { "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n[]", ErrorCodes.ServerRefused },
        { "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n[]", ErrorCodes.ServerRefused },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZZ\r\n", ErrorCodes.ServerUnreachable },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}", ErrorCodes.ServerUnreachable },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", ErrorCodes.ServerRefused },
        { "HTTP/1.0 200 OK\r\n\r\n", ErrorCodes.ServerRefused },
    };

    [Theory]
    [MemberData(nameof(Greetings))]
    public Task Something_that_speaks_otherwise(string greeting, string errorId) =>
        RefusesAsync(errorId, async stream => await stream.WriteAsync(Encoding.Latin1.GetBytes(greeting)));

    [Fact]
    public Task Headers_without_an_end() => RefusesAsync(ErrorCodes.ServerUnreachable, async stream =>
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray());
        for (int i = 0; i < 1_000_000; i++)
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"X-Header-{i}: {new string('x', 1000)}\r\n"));
    });

    [Fact]
    public Task Interim_answers_without_an_end() => RefusesAsync(ErrorCodes.ServerUnreachable, async stream =>
    {
        while (true)
        {
            await stream.WriteAsync("HTTP/1.1 102 Processing\r\n\r\n"u8.ToArray());
            await Task.Delay(5);
        }
    });

    [Fact]
    public Task Connection_that_is_closed_at_once() => RefusesAsync(ErrorCodes.ServerUnreachable, _ => Task.CompletedTask);

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for()
    {
        using ECDsa key = ECDsa.Create();
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        bool wasAsked = false;
        await RefusesAsync(ErrorCodes.ServerUnreachable, async stream =>
        {
            using var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(certificate);
            wasAsked = await tls.ReadAsync(new byte[1]) > 0;
        }, "https");
        Assert.False(wasAsked);
    }

    [Fact]
    public async Task Plain_HTTP_where_TLS_was_asked_for() =>
        await RefusesAsync(ErrorCodes.ServerUnreachable, async stream => await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray()), "https");

    [Theory]
    [InlineData("http://passpack.example.com/")]
    [InlineData("http://192.0.2.1:8780/")]
    [InlineData("http://[2001:db8::1]/")]
    [InlineData("http://127.0.0.1.example.com/")]
    [InlineData("http://localhost.example.com/")]
    [InlineData("http://0.0.0.0:8780/")]
    public void Plain_HTTP_beyond_this_machine(string address) =>
        Assert.Equal(ErrorCodes.InsecureTransport, Assert.Throws<PasspackException>(() => new OnlineClient(new Uri(address))).ErrorId);

    [Theory]
    [InlineData("ftp://passpack.example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/v1")]
    public void Addresses_of_no_server(string address) =>
        Assert.Equal(ErrorCodes.ServerUnreachable, Assert.Throws<PasspackException>(() => new OnlineClient(new Uri(address, UriKind.RelativeOrAbsolute))).ErrorId);

    private static async Task RefusesAsync(string errorId, Func<Stream, Task> answer, string scheme = "http")
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, answer, waitForRequest: scheme == "http");
        using var client = new OnlineClient(new Uri($"{scheme}://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/"), s_timeouts);
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(
            () => client.GetAsync(Routes.OfVault(Guid.NewGuid(), Routes.Changes), ChangePage.ReadAsync, CancellationToken.None));
        Assert.Equal(errorId, refused.ErrorId);
        Assert.Contains("localhost", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(refused.Message, c => char.IsControl(c));
        listener.Stop();
        await serving;
    }

    private static async Task ServeAsync(TcpListener listener, Func<Stream, Task> answer, bool waitForRequest)
    {
        try
        {
            while (true)
            {
                using TcpClient connection = await listener.AcceptTcpClientAsync();
                using NetworkStream stream = connection.GetStream();
                try
                {
                    if (waitForRequest)
                        _ = await stream.ReadAsync(new byte[65536]);
                    await answer(stream);
                }
                catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
                {
                    // The client had enough.
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
