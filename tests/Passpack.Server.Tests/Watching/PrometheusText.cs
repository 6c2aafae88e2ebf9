using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Passpack.Server.Tests.Watching;

/// <summary>A family of metrics as it was read.</summary>
internal sealed record Family(string Name, string Type, string Help, List<Sample> Samples);

/// <summary>One value.</summary>
internal sealed record Sample(string Name, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value)
{
    public string? Label(string name) => Labels.FirstOrDefault(label => label.Key == name).Value;

    /// <summary>All labels but one, as a key.</summary>
    public string KeyWithout(string name) => string.Join('\0', Labels.Where(label => label.Key != name).Select(label => $"{label.Key}={label.Value}"));
}

/// <summary>A strict reader of Prometheus' text format 0.0.4: what it does not understand fails, as does what is allowed but unwise.</summary>
internal static partial class PrometheusText
{
    public static List<Family> Read(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        var families = new List<Family>();
        string? help = null, helpName = null;
        foreach (string line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                string[] parts = line[7..].Split(' ', 2);
                Assert.True(parts.Length == 2 && NameShape().IsMatch(parts[0]) && parts[1].Length > 0, line);
                (helpName, help) = (parts[0], Unescape(parts[1], quoted: false));
                Assert.DoesNotContain(families, family => family.Name == helpName);
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] parts = line[7..].Split(' ');
                Assert.True(parts.Length == 2 && parts[0] == helpName && parts[1] is "counter" or "gauge" or "histogram", line);
                families.Add(new Family(parts[0], parts[1], help!, []));
                help = null;
            }
            else
            {
                Assert.True(help is null && families.Count > 0, line);
                families[^1].Samples.Add(ReadSample(line));
            }
        }

        families.ForEach(Require);
        return families;
    }

    private static Sample ReadSample(string line)
    {
        Match match = SampleShape().Match(line);
        Assert.True(match.Success, line);
        KeyValuePair<string, string>[] labels = [.. match.Groups["label"].Captures.Zip(match.Groups["text"].Captures)
            .Select(pair => KeyValuePair.Create(pair.First.Value, Unescape(pair.Second.Value, quoted: true)))];
        Assert.Equal(labels.Length, labels.DistinctBy(label => label.Key).Count());
        Assert.DoesNotContain(labels, label => label.Key.StartsWith("__", StringComparison.Ordinal));
        string number = match.Groups["value"].Value;
        return new Sample(match.Groups["name"].Value, labels, number switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(number, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture),
        });
    }

    private static void Require(Family family)
    {
        Assert.NotEmpty(family.Samples);
        Assert.Equal(family.Samples.Count, family.Samples.DistinctBy(sample => (sample.Name, sample.KeyWithout(""))).Count());
        Assert.Equal(family.Type == "counter", family.Name.EndsWith("_total", StringComparison.Ordinal));
        if (family.Type != "histogram")
        {
            Assert.All(family.Samples, sample => Assert.Equal(family.Name, sample.Name));
            Assert.All(family.Samples, sample => Assert.Null(sample.Label("le")));
            if (family.Type == "counter")
                Assert.All(family.Samples, sample => Assert.InRange(sample.Value, 0, double.MaxValue));
            return;
        }

        Assert.All(family.Samples, sample => Assert.True(sample.Name[family.Name.Length..] is "_bucket" or "_sum" or "_count", sample.Name));
        foreach (IGrouping<string, Sample> one in family.Samples.GroupBy(sample => sample.KeyWithout("le")))
        {
            Sample[] buckets = [.. one.Where(sample => sample.Name == family.Name + "_bucket")];
            double[] bounds = [.. buckets.Select(bucket => bucket.Label("le") == "+Inf" ? double.PositiveInfinity : double.Parse(bucket.Label("le")!, CultureInfo.InvariantCulture))];
            Assert.True(bounds.Length > 1 && double.IsPositiveInfinity(bounds[^1]), family.Name);
            Assert.Equal(bounds.Distinct().Order(), bounds);
            Assert.Equal(buckets.Select(bucket => bucket.Value).Order(), buckets.Select(bucket => bucket.Value));
            double count = Assert.Single(one, sample => sample.Name == family.Name + "_count").Value;
            Assert.Equal(count, buckets[^1].Value);
            Assert.InRange(Assert.Single(one, sample => sample.Name == family.Name + "_sum").Value, 0, double.MaxValue);
        }
    }

    private static string Unescape(string text, bool quoted)
    {
        var plain = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            char next = ++i < text.Length ? text[i] : '\0';
            Assert.True(next is '\\' or 'n' || (quoted && next == '"'), text);
            plain.Append(next == 'n' ? '\n' : next);
        }

        return plain.ToString();
    }

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*\\z")]
    private static partial Regex NameShape();

    private const string LabelShape = "(?<label>[a-zA-Z_][a-zA-Z0-9_]*)=\"(?<text>([^\"\\\\]|\\\\.)*)\"";

    [GeneratedRegex("^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\\{" + LabelShape + "(," + LabelShape + ")*\\})? (?<value>[^ ]+)\\z")]
    private static partial Regex SampleShape();
}
