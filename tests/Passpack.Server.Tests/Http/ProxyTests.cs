using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Login;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Whose word on a client's address is taken, and who is no client.</summary>
public sealed class ProxyTests
{
    private static async Task<HttpStatusCode> GuessAsync(HttpClient http) =>
        (await http.PostAsJsonAsync(Routes.Login, new LoginRequest($"{Guid.NewGuid()}", Make.Bytes(32), Make.Device()))).StatusCode;

    /// <summary>Guesses at ever other accounts; the answer to the last, one more than an address may fail.</summary>
    private static async Task<HttpStatusCode> GuessTooOftenAsync(HttpClient http)
    {
        for (int i = 0; i < LockoutPolicy.Address.Capacity; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, await GuessAsync(http));
        return await GuessAsync(http);
    }

    /// <summary>A client at another address of this machine's loopback.</summary>
    private static HttpClient At(TestServer server, string address) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancel) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = server.Http.BaseAddress,
    };

    [Fact]
    public async Task One_client_that_fails_behind_a_proxy_on_this_machine_locks_out_nobody_else()
    {
        await using TestServer server = await TestServer.StartAsync(["--sign-ins-per-minute", "5", "--requests-per-minute", "5"]);
        using DeviceClient account = await server.RegisterAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await GuessTooOftenAsync(server.Http));
        await (await server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(account.Registration.UserId, account.Registration.Proof, Make.Device())))
            .ReadAsync<LoginAnswer>();
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_each_client_is_counted_by_itself()
    {
        await using TestServer server = await TestServer.StartAsync([.. TestServer.BehindProxy, "--sign-ins-per-minute", "60"]);
        using HttpClient one = server.From("203.0.113.1"), other = server.From("203.0.113.2");
        Assert.Equal(HttpStatusCode.TooManyRequests, await GuessTooOftenAsync(one));
        Assert.Equal(HttpStatusCode.TooManyRequests, await GuessTooOftenAsync(other));
        using HttpClient third = server.From("203.0.113.3");
        int taken = 0;
        HttpResponseMessage answer;
        while ((answer = await third.PostTextAsync(Routes.Login, "{}")).StatusCode != HttpStatusCode.TooManyRequests)
            taken++;
        await answer.RequireAsync(429, ErrorCodes.RateLimited);
        // The first lease is not asked for, nor is that of one that came after a while.
        Assert.InRange(taken, 60, 60 + (5 * LeasedLimiter.SizeOf(60)));
    }

    [Fact]
    public async Task What_a_client_says_of_itself_before_the_proxy_does_not_count()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.BehindProxy);
        for (int i = 0; i < LockoutPolicy.Address.Capacity; i++)
        {
            using HttpClient forger = server.From($"198.51.100.{i}, 203.0.113.1");
            Assert.Equal(HttpStatusCode.Unauthorized, await GuessAsync(forger));
        }

        using HttpClient loopback = server.From("127.0.0.1, 203.0.113.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, await GuessAsync(loopback));
    }

    [Fact]
    public async Task A_header_of_an_untrusted_peer_is_not_believed_and_warned_of_once()
    {
        var log = new ConcurrentQueue<string>();
        await using TestServer server = await TestServer.StartAsync(
            ["--trusted-proxy", "10.0.0.0/8", "--count-loopback", "true"],
            configure: builder => builder.Services.AddSingleton<ILoggerProvider>(new Lines(log)));
        for (int i = 0; i < LockoutPolicy.Address.Capacity; i++)
        {
            using HttpClient forger = server.From($"198.51.100.{i}");
            Assert.Equal(HttpStatusCode.Unauthorized, await GuessAsync(forger));
        }

        using HttpClient again = server.From("198.51.100.99");
        Assert.Equal(HttpStatusCode.TooManyRequests, await GuessAsync(again));
        string warning = Assert.Single(log, line => line.Contains("X-Forwarded-For", StringComparison.Ordinal));
        Assert.Contains("127.0.0.1, which is no trusted proxy", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_of_the_loopback_are_clients_where_a_test_wants_it()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "macOS has no 127.0.0.2.");
        await using TestServer server = await TestServer.StartAsync(["--count-loopback", "true"]);
        using HttpClient one = At(server, "127.0.0.2"), other = At(server, "127.0.0.3");
        Assert.Equal(HttpStatusCode.TooManyRequests, await GuessTooOftenAsync(one));
        Assert.Equal(HttpStatusCode.Unauthorized, await GuessAsync(other));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.1.2.3", false)]
    [InlineData("192.0.2.1, 10.0.0.0/8", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8::/32", "2001:db8::1", true)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData(null, "127.0.0.1", false)]
    public void Trust_goes_by_network(string? list, string address, bool trusted) =>
        Assert.Equal(trusted, TrustedProxies.Parse(list).Trusts(IPAddress.Parse(address)));

    [Theory]
    [InlineData("--trusted-proxy", "example.org")]
    [InlineData("--trusted-proxy", "10.0.0.0/33")]
    [InlineData("--trusted-proxy", "0.0.0.0/0")]
    [InlineData("--trusted-proxy", "::/0")]
    [InlineData("--trusted-proxy", "10.0.0.0/8,*")]
    [InlineData("--count-loopback", "yes")]
    public void Proxies_that_cannot_be_understood_or_would_be_everybody_are_refused(string option, string value)
    {
        ServerStartException refused = Assert.Throws<ServerStartException>(() => PasspackServer.Create([option, value]));
        Assert.Contains(option, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_option_may_be_repeated()
    {
        await using TestServer server = await TestServer.StartAsync(["--trusted-proxy", "192.0.2.0/24", "--trusted-proxy=10.0.0.1, 10.0.0.2"]);
        TrustedProxies proxies = server.Service<ServerOptions>().Proxies;
        string trusted = string.Join(' ', Enumerable.Range(1, 9).Select(i => $"10.0.0.{i}").Append("192.0.2.9")
            .Where(address => proxies.Trusts(IPAddress.Parse(address))));
        Assert.Equal("10.0.0.1 10.0.0.2 192.0.2.9", trusted);
    }

    [Fact]
    public void To_believe_everybody_is_refused()
    {
        ServerStartException refused = Assert.Throws<ServerStartException>(() => PasspackServer.Create(["--urls", "http://127.0.0.1:0"],
            builder => builder.Configuration["ForwardedHeaders_Enabled"] = "true"));
        Assert.Contains("--trusted-proxy", refused.Message, StringComparison.Ordinal);
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
