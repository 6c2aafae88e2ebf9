using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Passpack.Server.Accounts;
using Passpack.Server.Storage;

namespace Passpack.Server.Hosting;

/// <summary>Prepares the store before the server listens, logs its addresses then, and lets requests end before it stops.</summary>
internal sealed partial class ServerLifetime(
    IServerStore store, ServerOptions options, IServer server, Drain drain, TimeProvider time, ILoggerFactory loggers) : IHostedLifecycleService
{
    /// <summary>The log category of the line with the server's addresses.</summary>
    public const string LogCategory = "Passpack.Server";

    private readonly ILogger logger = loggers.CreateLogger(LogCategory);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.PrepareAsync(cancellationToken);
            if (time is DatabaseClock clock)
                await clock.ReadAsync(cancellationToken);
            await NoteStartAsync(cancellationToken);
            if (options.Registration == RegistrationRule.Invitation
                && await FirstInvitation.WriteAsync(store, options.DataFolder, time.GetUtcNow(), cancellationToken) is { } file)
            {
                LogInvitation(file);
            }
        }
        catch (StoreException e)
        {
            throw new ServerStartException(e.Message, e);
        }
    }

    private async Task NoteStartAsync(CancellationToken cancel)
    {
        try
        {
            await store.NoteStartAsync(time.GetUtcNow(), cancel);
        }
        catch (StoreException e) when (e.Failure == StoreFailure.Full)
        {
            // The server has to start on a full disk, too: otherwise nobody could ever delete anything.
            LogNotNoted();
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        ICollection<string> addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        LogListening(string.Join(", ", addresses), options.Database?.ToString() ?? options.DataFolder);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The listener is still open: it closes after this.</summary>
    /// <param name="cancellationToken">The most that a stop may take.</param>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogStopping(drain.Begin());
        if (await drain.WaitAsync(cancellationToken) is > 0 and int left)
            LogBrokenOff(left);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(9, LogLevel.Information, "There is no account. The invitation for the first one, an administrator's, is in {File}")]
    private partial void LogInvitation(string file);

    [LoggerMessage(1, LogLevel.Information, "Passpack server listening on {Addresses}; data in {Folder}")]
    private partial void LogListening(string addresses, string folder);

    [LoggerMessage(11, LogLevel.Information, "Passpack server stops; requests under way that end first: {Count}")]
    private partial void LogStopping(int count);

    [LoggerMessage(12, LogLevel.Warning, "Requests that did not end in time and are broken off: {Count}")]
    private partial void LogBrokenOff(int count);

    [LoggerMessage(7, LogLevel.Warning, "The disk is full: the server's log of events does not tell of this start.")]
    private partial void LogNotNoted();
}
