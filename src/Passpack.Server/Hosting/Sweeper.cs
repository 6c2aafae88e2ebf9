using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Watching;

namespace Passpack.Server.Hosting;

/// <summary>
/// Removes expired data in the background, in limited parts, with pauses that let pushes go first. Several nodes may do this side by side.
/// </summary>
internal sealed partial class Sweeper(IServerStore store, ServerOptions options, TimeProvider time, ServerMetrics metrics, ILoggerFactory loggers)
    : BackgroundService
{
    /// <summary>
    /// How long the answer to a push is remembered. A client that repeats an older push gets a conflict instead, pulls, and finds its own records
    /// there.
    /// </summary>
    public static readonly TimeSpan PushMemory = TimeSpan.FromDays(30);

    /// <summary>How long a token may be woken after its login.</summary>
    public static readonly TimeSpan SignInMemory = TimeSpan.FromDays(1);

    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Period = TimeSpan.FromHours(6);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly (long Timestamp, DateTimeOffset Clock) _start = (time.GetTimestamp(), time.GetUtcNow());

    private readonly ILogger logger = loggers.CreateLogger(ServerLifetime.LogCategory);

    /// <summary>One whole sweep.</summary>
    public async Task SweepAsync(CancellationToken cancel)
    {
        long start = time.GetTimestamp();
        bool done = false;
        try
        {
            await RemoveAsync(cancel);
            done = true;
        }
        finally
        {
            metrics.NoteSweep(done, time.GetElapsedTime(start), time.GetUtcNow());
        }
    }

    private async Task RemoveAsync(CancellationToken cancel)
    {
        DateTimeOffset now = time.GetUtcNow();
        while (await store.RemoveDueAsync(now, cancel))
            await Task.Delay(Pause, time, cancel);
        while (await store.EraseRemovedAsync(cancel))
            await Task.Delay(Pause, time, cancel);
        while (await store.ForgetSignInsAsync(now - SignInMemory, cancel))
            await Task.Delay(Pause, time, cancel);
        while (await store.ForgetPushesAsync(now - PushMemory, cancel))
            await Task.Delay(Pause, time, cancel);
        while (await store.CloseSumsAsync(now, cancel))
            await Task.Delay(Pause, time, cancel);
        while (await store.EraseAddressesAsync(now.AddDays(-Limits.EventAddressDays), cancel))
            await Task.Delay(Pause, time, cancel);
        // Machines that still look for an event which a wrong clock removed would take that for a lie.
        bool trims = HasGoneOn(now);
        while (trims && await store.TrimEventsAsync(now.AddDays(-Limits.EventDays), cancel))
            await Task.Delay(Pause, time, cancel);
        SweepPosition position = default;
        while (await store.RemoveExpiredAsync(options.Retention, position, now, cancel) is { } end)
        {
            position = end;
            await Task.Delay(Pause, time, cancel);
        }
    }

    // Whether the clock has gone on since the start as the time has, give or take a day. One that jumped is believed after the next start.
    private bool HasGoneOn(DateTimeOffset now) => (now - _start.Clock - time.GetElapsedTime(_start.Timestamp)).Duration() < TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan wait = First;
        while (true)
        {
            await Task.Delay(wait, time, stoppingToken);
            wait = Period;
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Any error: requests meet it, too, and the next sweep tries again. It must not end the server.
                LogSweep(logger, e);
            }
        }
    }

    [LoggerMessage(4, LogLevel.Error, "The removal of what has expired was broken off.")]
    private static partial void LogSweep(ILogger logger, Exception exception);
}
