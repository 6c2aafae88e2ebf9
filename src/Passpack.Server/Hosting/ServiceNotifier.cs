using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Passpack.Server.Hosting;

/// <summary>
/// Tells systemd that the server listens, that it begins to stop, and that it is alive, by the protocol of sd_notify: one datagram a message, to a
/// socket that the environment names. Where it names none, nothing is told.
/// </summary>
internal sealed partial class ServiceNotifier(IConfiguration configuration, ILoggerFactory loggers) : IHostedLifecycleService, IDisposable
{
    private const int PatienceMilliseconds = 10_000;

    private readonly ILogger logger = loggers.CreateLogger(ServerLifetime.LogCategory);

    // systemd puts an @ in the place of the zero byte with which an abstract name begins.
    private readonly UnixDomainSocketEndPoint? _manager = configuration["NOTIFY_SOCKET"] switch
    {
        null or "" => null,
        ['@', .. var name] => new UnixDomainSocketEndPoint('\0' + name),
        var path => new UnixDomainSocketEndPoint(path),
    };

    private Timer? _alive;

    /// <summary>How often systemd is told that the server is alive: twice in the time after which it is taken for dead. Null for never.</summary>
    public static TimeSpan? AliveEvery(IConfiguration configuration)
    {
        // The variables are inherited by children: only the process that they name is watched.
        if (configuration["WATCHDOG_PID"] is { Length: > 0 } watched && watched != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            return null;
        return long.TryParse(configuration["WATCHDOG_USEC"], NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) && microseconds > 1
            ? TimeSpan.FromMicroseconds(microseconds / 2)
            : null;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Tell("READY=1");
        if (_manager is not null && AliveEvery(configuration) is { } interval)
            _alive = new Timer(_ => Tell("WATCHDOG=1", waits: false), null, TimeSpan.Zero, interval);
        return Task.CompletedTask;
    }

    /// <summary>Before requests under way are waited for; that the server is alive is told on.</summary>
    /// <param name="cancellationToken">Not needed.</param>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        Tell("STOPPING=1");
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _alive?.Dispose();

    /// <param name="message">One assignment.</param>
    /// <param name="waits">
    /// Whether it waits where the manager has not read what came before. That the server is alive is in what waits there already, and threads that
    /// wait for a manager would be missing where requests are served.
    /// </param>
    private void Tell(string message, bool waits = true)
    {
        if (_manager is null)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.Blocking = waits;
            socket.SendTimeout = PatienceMilliseconds;
            socket.SendTo(Encoding.ASCII.GetBytes(message), _manager);
        }
        catch (SocketException e) when (waits || e.SocketErrorCode != SocketError.WouldBlock)
        {
            // A server that serves is worth more than one that its manager hears of; without READY the manager ends it and shows this line.
            LogNotTold(message, e.Message);
        }
        catch (SocketException)
        {
            // It has several of them that it has not read.
        }
    }

    [LoggerMessage(14, LogLevel.Warning, "systemd was not told {Message}: {Reason}")]
    private partial void LogNotTold(string message, string reason);
}
