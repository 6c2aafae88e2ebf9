using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Passpack.Server.Hosting;

namespace Passpack.Server.Watching;

/// <summary>
/// Serves the numbers at an address of their own, which no route of the public one leads to: they name nobody, but tell a stranger when it is
/// worth coming, and when an attack works.
/// </summary>
internal sealed partial class MetricsEndpoint(ServerOptions options, MetricsCollector collector, ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    /// <summary>Where they are.</summary>
    public const string Path = "/metrics";

    // One who collects, another who looks, and some that are still closing.
    private const int MostConnections = 16;

    private readonly ILogger logger = loggers.CreateLogger(ServerLifetime.LogCategory);
    private WebApplication? _app;

    /// <summary>Where it listens. Null if it does not.</summary>
    public Uri? Address { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Metrics is not { } address)
            return;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Listen(address);
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new ServerStartException($"--metrics {address} cannot be listened on: {e.Message}", e);
        }

        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + Path);
        LogAddress(Address);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!IsForHere(context))
            return Refuse(StatusCodes.Status421MisdirectedRequest);
        if (context.Request.Path != Path)
            return Refuse(StatusCodes.Status404NotFound);
        if (!HttpMethods.IsGet(context.Request.Method))
            return Refuse(StatusCodes.Status405MethodNotAllowed);
        context.Response.ContentType = MetricsCollector.MediaType;
        return context.Response.WriteAsync(collector.Write());

        Task Refuse(int status)
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }
    }

    // On the loopback a web page in a browser of this machine could ask, under a name of its own (HostRule tells more).
    private bool IsForHere(HttpContext context) => !IPAddress.IsLoopback(options.Metrics!.Address) || !context.Request.Host.HasValue
        || HostRule.IsLoopback(context.Request.Host.Host);

    [LoggerMessage(13, LogLevel.Information, "Metrics at {Address}")]
    private partial void LogAddress(Uri address);
}
