using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>What a hostile server answers instead of the honest one; null: it breaks the connection.</summary>
internal delegate Task<Answer?> Lie(Exchange exchange);

/// <summary>
/// A server in front of the real one. Without a lie it passes everything on as it is; with one it answers what the lie says. Either way
/// it remembers everything that it ever saw.
/// </summary>
internal sealed class HostileServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _honest;
    private readonly ConcurrentQueue<byte[]> _seen = [];
    private int _requests;

    private HostileServer(WebApplication app, Uri honest)
    {
        _app = app;
        _honest = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
        Honest = honest;
    }

    /// <summary>Where the real server is.</summary>
    public Uri Honest { get; set; }

    public Uri Address { get; private set; } = null!;

    /// <summary>Null: honest.</summary>
    public Lie? Lie { get; set; }

    /// <summary>Requests that came since the start, or since they were last set to 0.</summary>
    public int Requests
    {
        get => Volatile.Read(ref _requests);
        set => Volatile.Write(ref _requests, value);
    }

    /// <summary>Everything it saw: requests, headers and bodies, and what was answered, if it was not invented.</summary>
    public IReadOnlyCollection<byte[]> Seen => _seen;

    public static async Task<HostileServer> StartAsync(Uri honest)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var server = new HostileServer(app, honest);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Address = new Uri(app.Urls.Single() + "/");
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        // An answer that never ends must not keep a test from its end.
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _honest.Dispose();
    }

    /// <summary>Passes a request on.</summary>
    public async Task<Answer> ForwardAsync(Exchange exchange, string? path = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(exchange.Method), new Uri(Honest, path ?? exchange.Path));
        if (exchange.Authorization is { Length: > 0 } authorization)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (exchange.Body.Length > 0)
        {
            request.Content = new ByteArrayContent(exchange.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", exchange.ContentType);
        }
        using HttpResponseMessage response = await _honest.SendAsync(request);
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsByteArrayAsync());
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var exchange = new Exchange(this, context.Request, await BodyAsync(context.Request), Interlocked.Increment(ref _requests));
        _seen.Enqueue(Encoding.UTF8.GetBytes($"{exchange.Method} {exchange.Path}\n{string.Join('\n', context.Request.Headers.Select(h => $"{h.Key}: {h.Value}"))}"));
        _seen.Enqueue(exchange.Body);
        Answer? answer = Lie is { } lie ? await lie(exchange) : await exchange.HonestAsync();
        if (answer is null)
        {
            context.Abort();
            return;
        }
        if (!answer.IsInvented)
            _seen.Enqueue(answer.Body);
        await answer.WriteAsync(context);
    }

    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }
}

/// <summary>One request, and a way to the honest answer.</summary>
internal sealed class Exchange(HostileServer server, HttpRequest request, byte[] body, int number)
{
    /// <summary>From 1.</summary>
    public int Number => number;

    public string Method { get; } = request.Method;

    public string Path { get; } = request.Path + request.QueryString;

    public byte[] Body => body;

    public string? ContentType { get; } = request.ContentType;

    public string? Authorization { get; set; } = request.Headers.Authorization;

    /// <summary>Whether this asks for one part of the API: the last word of its path.</summary>
    public bool Is(string part) => request.Path.Value!.EndsWith(part, StringComparison.Ordinal);

    /// <summary>Asks the real server; every time anew.</summary>
    public Task<Answer> HonestAsync(string? path = null) => server.ForwardAsync(this, path);
}
