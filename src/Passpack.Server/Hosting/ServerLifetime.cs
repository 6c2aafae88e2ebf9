using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Passpack.Server.Storage;

namespace Passpack.Server.Hosting;

/// <summary>Prepares the store before the first address is opened, and says where the server listens once it does.</summary>
internal sealed partial class ServerLifetime(IServerStore store, ServerOptions options, IServer server, ILoggerFactory loggers)
    : IHostedLifecycleService
{
    /// <summary>What the line that says where the server listens is logged under.</summary>
    public const string LogCategory = "Passpack.Server";

    private readonly ILogger logger = loggers.CreateLogger(LogCategory);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.PrepareAsync(cancellationToken);
        }
        catch (StoreException e)
        {
            throw new ServerStartException(e.Message, e);
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        ICollection<string> addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        LogListening(string.Join(", ", addresses), options.DataFolder);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "Passpack server listening on {Addresses}; data in {Folder}")]
    private partial void LogListening(string addresses, string folder);
}
