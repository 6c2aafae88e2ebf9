using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passpack.Server;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>The real server with a door in front that breaks connections when it is told to. It keeps every version.</summary>
public class ModelServer : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"passpack-model-{Guid.NewGuid():N}");
    private WebApplication? _app;

    /// <summary>What the servers are started with, beside what all have in common.</summary>
    private protected virtual string[] Options => [];

    public Uri Address { get; private set; } = null!;

    /// <summary>Connections that outlive a sync: a history makes dozens.</summary>
    internal SocketsHttpHandler Connections { get; } = Sync.Client.OnlineClient.NewConnections(new Uri("http://127.0.0.1/"));

    internal Clock Clock { get; } = new();

    /// <summary>Null: none.</summary>
    internal Fault? Fault { get; set; }

    public virtual async ValueTask InitializeAsync()
    {
        _app = await StartAsync(_folder);
        Address = new Uri(_app.Urls.Single() + "/");
    }

    /// <summary>Starts a server.</summary>
    private protected async Task<WebApplication> StartAsync(string folder)
    {
        WebApplication app = PasspackServer.Create(
            ["--urls", "http://127.0.0.1:0", "--data", folder, "--requests-per-minute", "1000000000", "--sign-ins-per-minute", "1000000000", "--history-versions", "1000",
                "--registration", "open", "--registration-difficulty", "1", .. Options],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton<TimeProvider>(Clock);
                builder.Services.AddSingleton<IStartupFilter>(new Door(this));
            });
        await app.StartAsync();
        return app;
    }

    /// <summary>Handles a request that no fault breaks off.</summary>
    private protected virtual Task HandleAsync(HttpContext context, RequestDelegate honest) => honest(context);

    public virtual async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        Connections.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private sealed class Door(ModelServer server) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> then) => app =>
        {
            app.Use((context, next) =>
            {
                RequestDelegate honest = asked => server.HandleAsync(asked, next);
                return server.Fault is { } fault ? fault.HandleAsync(context, honest) : honest(context);
            });
            then(app);
        };
    }
}

/// <summary>A connection that breaks at one request, or at it and all after it; before the server saw the request, or after it did what it says.</summary>
internal sealed class Fault(int request, bool fromThereOn, bool isAnswerLost)
{
    private int _requests;

    public async Task HandleAsync(HttpContext context, RequestDelegate honest)
    {
        int number = Interlocked.Increment(ref _requests);
        if (fromThereOn ? number < request : number != request)
        {
            await honest(context);
            return;
        }
        if (isAnswerLost)
        {
            context.Response.Body = Stream.Null;
            await honest(context);
        }
        context.Abort();
    }
}
