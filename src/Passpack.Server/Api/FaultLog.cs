namespace Passpack.Server.Api;

/// <summary>
/// Logs faults of requests, so many a minute: whoever finds one could fill the disk with its lines otherwise. How many were left out is said.
/// </summary>
internal sealed partial class FaultLog(TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>Faults that are logged of each minute.</summary>
    public const int PerMinute = 20;

    private readonly ILogger _logger = loggers.CreateLogger(Hosting.ServerLifetime.LogCategory);
    private readonly Lock _gate = new();
    private DateTimeOffset _begin;
    private int _faults;

    /// <summary>A fault of this server, with where it is.</summary>
    public void Note(Exception exception)
    {
        if (MayLog())
            LogFault(_logger, exception);
    }

    /// <summary>A fault of the store that says all by its words.</summary>
    public void Note(string message)
    {
        if (MayLog())
            LogStore(_logger, message);
    }

    private bool MayLog()
    {
        int leftOut = 0;
        bool may;
        lock (_gate)
        {
            DateTimeOffset now = time.GetUtcNow();
            // A clock that was set back begins another minute, too.
            if ((now - _begin).Duration() >= TimeSpan.FromMinutes(1))
            {
                leftOut = Math.Max(0, _faults - PerMinute);
                (_begin, _faults) = (now, 0);
            }

            may = ++_faults <= PerMinute;
        }

        if (leftOut > 0)
            LogLeftOut(_logger, leftOut);
        return may;
    }

    [LoggerMessage(2, LogLevel.Error, "{Message}")]
    private static partial void LogStore(ILogger logger, string message);

    [LoggerMessage(3, LogLevel.Error, "A request failed.")]
    private static partial void LogFault(ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Error, "{Count} more requests failed within a minute than are logged.")]
    private static partial void LogLeftOut(ILogger logger, int count);
}
