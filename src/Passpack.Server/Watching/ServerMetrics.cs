using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.InteropServices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Watching;

/// <summary>
/// What the server counts of itself. Every label has few values that this server's own code names: never an id, a User ID or an address, so that
/// whoever collects numbers learns nothing about an account. docs/server.md lists them all.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string Name = "Passpack.Server";

    private static readonly InstrumentAdvice<double> s_requestTimes = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 100] };
    private static readonly InstrumentAdvice<double> s_storeTimes = new() { HistogramBucketBoundaries = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 15] };

    private readonly Counter<long> _requests, _requestsLimited, _pushes, _pushRecords, _pushBytes, _signIns, _sweeps, _storeFailures, _eventLineFailures;
    private readonly Histogram<double> _requestTime, _storeTime, _sweepTime;
    private readonly UpDownCounter<long> _connections;
    private long _lastSweep;

    public ServerMetrics(DiskReserve disk, Drain drain, ServerOptions options)
    {
        Meter = new Meter(Name, Version);
        _requests = Meter.CreateCounter<long>("passpack.requests", null, "Requests that were answered or broken off, by template of their path, method and class of status.");
        _requestTime = Meter.CreateHistogram("passpack.request.duration", "s", "How long requests took, their bodies included, by template of their path and method.", null, s_requestTimes);
        _requestsLimited = Meter.CreateCounter<long>("passpack.requests.limited", null, "Requests that were answered with 429: too many from an address, or too many failed sign-ins.");
        Meter.CreateObservableUpDownCounter("passpack.requests.active", () => drain.UnderWay, null, "Requests that are under way.");
        Meter.CreateObservableUpDownCounter("passpack.draining", () => drain.HasBegun ? 1 : 0, null, "1 while the server is about to stop and refuses new requests.");
        _pushes = Meter.CreateCounter<long>("passpack.pushes", null, "Pushes, by outcome: stored, conflict (another machine was first), full (a quota or the disk).");
        _pushRecords = Meter.CreateCounter<long>("passpack.push.records", null, "Records of pushes that were stored.");
        _pushBytes = Meter.CreateCounter<long>("passpack.push.size", "By", "Bytes of the records of pushes that were stored.");
        _signIns = Meter.CreateCounter<long>("passpack.sign_ins", null, "Proofs of a Password, by outcome: right, refused, locked_out.");
        _storeTime = Meter.CreateHistogram("passpack.store.duration", "s", "How long the database took, waiting for it included, by operation.", null, s_storeTimes);
        _storeFailures = Meter.CreateCounter<long>("passpack.store.failures", null, "Operations that the database failed, by failure: busy, full, unusable.");
        _sweeps = Meter.CreateCounter<long>("passpack.sweeps", null, "Removals of what has expired, by outcome: done, broken_off.");
        _sweepTime = Meter.CreateHistogram<double>("passpack.sweep.duration", "s", "How long a removal of what has expired took.", null, s_requestTimes);
        Meter.CreateObservableGauge("passpack.sweep.last.timestamp", () => Interlocked.Read(ref _lastSweep), "s", "When what has expired was last removed, in Unix time; 0 if not since the start.");
        _connections = Meter.CreateUpDownCounter<long>("passpack.connections", null, "Connections that are open.");
        Meter.CreateObservableUpDownCounter("passpack.connections.limit", () => options.Connections, null, "Connections that may be open at once.");
        _eventLineFailures = Meter.CreateCounter<long>("passpack.event_lines.failures", null, "Times that --event-log took no lines. The events are in the database.");
        Meter.CreateObservableUpDownCounter("passpack.disk.free", () => Free(disk), "By", "Free space of the database's disk.");
        Meter.CreateObservableUpDownCounter("passpack.disk.reserve", () => options.DiskReserveBytes, "By", "Free space below which nothing new is taken in.");
        Meter.CreateObservableCounter("passpack.process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Time of processors that the server took.");
        Meter.CreateObservableUpDownCounter("passpack.process.memory", () => Environment.WorkingSet, "By", "Memory that the server has.");
        Meter.CreateObservableUpDownCounter("passpack.process.heap", () => GC.GetTotalMemory(forceFullCollection: false), "By", "Memory that the server's objects take.");
        long started = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Meter.CreateObservableGauge("passpack.start.time", () => started, "s", "When the server was started, in Unix time.");
        KeyValuePair<string, object?>[] build = [new("version", Version), new("runtime", RuntimeInformation.FrameworkDescription)];
        Meter.CreateObservableGauge("passpack.build.info", () => new Measurement<long>(1, build), null, "1, and which build this is.");
    }

    /// <summary>This server's, and no other's in the same process.</summary>
    public Meter Meter { get; }

    /// <summary>Of this server, with the build it is of.</summary>
    public static string Version { get; } = typeof(ServerMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Makes the spans of requests, and of operations of the database below them. Nobody listens unless spans are exported.</summary>
    public static ActivitySource Spans { get; } = new(Name, Version);

    /// <summary>Names what can happen before it does: a series that begins with its first event hides that event from whoever asks how fast it grows.</summary>
    public void Prime()
    {
        foreach (string outcome in new[] { "stored", "conflict", "full" })
            _pushes.Add(0, Tag("outcome", outcome));
        foreach (string outcome in new[] { "right", "refused", "locked_out" })
            _signIns.Add(0, Tag("outcome", outcome));
        foreach (StoreFailure failure in Enum.GetValues<StoreFailure>())
            _storeFailures.Add(0, Tag("failure", Word(failure)));
        foreach (string outcome in new[] { "done", "broken_off" })
            _sweeps.Add(0, Tag("outcome", outcome));
    }

    public void NoteRequest(string route, string method, string status, TimeSpan took)
    {
        _requests.Add(1, Tag("route", route), Tag("method", method), Tag("status", status));
        _requestTime.Record(took.TotalSeconds, Tag("route", route), Tag("method", method));
    }

    public void NoteLimited() => _requestsLimited.Add(1);

    public void NotePush(int records, long bytes)
    {
        _pushes.Add(1, Tag("outcome", "stored"));
        _pushRecords.Add(records);
        _pushBytes.Add(bytes);
    }

    public void NotePushConflict() => _pushes.Add(1, Tag("outcome", "conflict"));

    public void NotePushWithoutRoom() => _pushes.Add(1, Tag("outcome", "full"));

    public void NoteSignIn(bool proved, bool lockedOut) => _signIns.Add(1, Tag("outcome", lockedOut ? "locked_out" : proved ? "right" : "refused"));

    public void NoteStore(string operation, TimeSpan took) => _storeTime.Record(took.TotalSeconds, Tag("operation", operation));

    public void NoteStoreFailure(StoreFailure failure) => _storeFailures.Add(1, Tag("failure", Word(failure)));

    public void NoteSweep(bool done, TimeSpan took, DateTimeOffset now)
    {
        _sweeps.Add(1, Tag("outcome", done ? "done" : "broken_off"));
        _sweepTime.Record(took.TotalSeconds);
        if (done)
            Interlocked.Exchange(ref _lastSweep, now.ToUnixTimeSeconds());
    }

    public void NoteConnection(int change) => _connections.Add(change);

    public void NoteEventLinesFailed() => _eventLineFailures.Add(1);

    public void Dispose() => Meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static string Word(StoreFailure failure) => failure switch
    {
        StoreFailure.Busy => "busy",
        StoreFailure.Full => "full",
        _ => "unusable",
    };

    // A disk that is away says nothing, and must not take the other numbers with it.
    private static IEnumerable<Measurement<long>> Free(DiskReserve disk)
    {
        try
        {
            return [new Measurement<long>(disk.FreeBytes)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
