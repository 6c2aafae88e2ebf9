using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Passpack.Server.Watching;

/// <summary>All series of one instrument, as Prometheus knows them.</summary>
internal sealed class MetricFamily
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly string _help;
    private readonly string _type;
    private readonly bool _isTotal;
    private readonly double[]? _bounds;

    public MetricFamily(Instrument instrument)
    {
        _help = instrument.Description ?? instrument.Name;
        string kind = instrument.GetType().GetGenericTypeDefinition().Name.Split('`')[0];
        // What is observed, or set, is the value itself; anything else is added up here.
        _isTotal = instrument.IsObservable || kind == "Gauge";
        (_type, string suffix) = kind switch
        {
            "Counter" or "ObservableCounter" => ("counter", "_total"),
            "Histogram" => ("histogram", ""),
            _ => ("gauge", ""),
        };
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        Name = instrument.Name.Replace('.', '_') + unit + suffix;
        _bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray();
    }

    public string Name { get; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = tags.Length == 0 ? "" : LabelsOf(tags);
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out Series? series))
                _series.Add(labels, series = new Series(_bounds is null ? [] : new long[_bounds.Length]));
            series.Count++;
            series.Value = _isTotal ? value : series.Value + value;
            int bucket = _bounds is null ? -1 : Array.FindIndex(_bounds, bound => value <= bound);
            if (bucket >= 0)
                series.Buckets[bucket]++;
        }
    }

    /// <summary>Writes the family in the text format 0.0.4.</summary>
    /// <param name="text">Takes it.</param>
    /// <param name="common">A label that every series has.</param>
    public void Write(StringBuilder text, string common)
    {
        lock (_gate)
        {
            // A counter without labels is there from the start; one with labels would have to know them.
            if (_series.Count == 0 && _type == "counter")
                _series.Add("", new Series([]));
            if (_series.Count == 0)
                return;
            text.Append("# HELP ").Append(Name).Append(' ').Append(_help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(Name).Append(' ').Append(_type).Append('\n');
            foreach ((string labels, Series series) in _series)
            {
                string all = labels.Length == 0 ? common : $"{common},{labels}";
                if (_bounds is null)
                {
                    Line(text, Name, all, series.Value);
                    continue;
                }

                long below = 0;
                for (int i = 0; i < _bounds.Length; i++)
                    Line(text, Name + "_bucket", $"{all},le=\"{Text(_bounds[i])}\"", below += series.Buckets[i]);
                Line(text, Name + "_bucket", $"{all},le=\"+Inf\"", series.Count);
                Line(text, Name + "_sum", all, series.Value);
                Line(text, Name + "_count", all, series.Count);
            }
        }
    }

    /// <summary>A label as it is written.</summary>
    public static string Label(string name, string value) => $"{name}=\"" + value
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + '"';

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new StringBuilder();
        foreach ((string name, object? value) in tags)
        {
            if (labels.Length > 0)
                labels.Append(',');
            labels.Append(Label(name, Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
        }

        return labels.ToString();
    }

    private static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append('{').Append(labels).Append("} ").Append(Text(value)).Append('\n');

    private static string Text(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private sealed class Series(long[] buckets)
    {
        public double Value { get; set; }

        public long Count { get; set; }

        public long[] Buckets => buckets;
    }
}
