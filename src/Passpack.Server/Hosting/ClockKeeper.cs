using Passpack.Server.Storage;

namespace Passpack.Server.Hosting;

/// <summary>Reads the time of a shared database each minute.</summary>
internal sealed class ClockKeeper(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (time is DatabaseClock clock)
        {
            await Task.Delay(s_period, time, stoppingToken);
            try
            {
                await clock.ReadAsync(stoppingToken);
            }
            catch (StoreException)
            {
                // Requests meet that, too, and tell of it. The clock goes on by itself.
            }
        }
    }
}
