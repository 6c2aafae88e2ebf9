using System.Diagnostics.Metrics;
using System.Text;
using Passpack.Server.Hosting;

namespace Passpack.Server.Watching;

/// <summary>
/// Keeps the numbers of <see cref="ServerMetrics"/> for whoever asks, in Prometheus' text format. Written here because OpenTelemetry's exporter for
/// it is a beta, and because an answer that is made in one place can be proved to name nobody.
/// </summary>
internal sealed class MetricsCollector : IDisposable
{
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly string _node;

    public MetricsCollector(ServerMetrics metrics, ServerOptions options)
    {
        _node = MetricFamily.Label("node", options.Node);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Another server in this process has a meter of the same name.
            if (!ReferenceEquals(instrument.Meter, metrics.Meter))
                return;
            var family = new MetricFamily(instrument);
            lock (_gate)
                _families.Add(family.Name, family);
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
        metrics.Prime();
    }

    /// <summary>All families, by name.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        lock (_gate)
        {
            _listener.RecordObservableInstruments();
            foreach (MetricFamily family in _families.Values)
                family.Write(text, _node);
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();
}
