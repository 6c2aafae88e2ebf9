using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Passpack.Health.Checks;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Health.Reports;

/// <summary>
/// A page for people about the health of an account's entries: one file that loads nothing and runs nothing. It names entries, and holds no secret.
/// </summary>
public sealed record HealthReport
{
    /// <summary>The most entries that the page lists; the rest is counted.</summary>
    public const int MostEntries = 1000;

    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>The User ID of the account.</summary>
    public required string Account { get; init; }

    /// <summary>When the entries were looked at, in the zone that it is shown in.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What was looked for.</summary>
    public required HealthOptions Options { get; init; }

    /// <summary>Where breached passwords were looked for: a file's name, or a host. Null if nowhere.</summary>
    public string? BreachSource { get; init; }

    /// <summary>Counts over all entries.</summary>
    public required HealthTotals Totals { get; init; }

    /// <summary>All findings.</summary>
    public required IReadOnlyList<HealthFinding> Findings { get; init; }

    /// <summary>Writes the page, whole or not at all, into a file that only its owner can read.</summary>
    /// <param name="path">Where.</param>
    /// <param name="overwrite">Replaces a file that is there.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.FileExists"/>, <see cref="ErrorCodes.DiskFull"/>.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path, bool overwrite) => AtomicFile.Write(path, overwrite, Write);

    /// <summary>Refuses what <see cref="Write(string, bool)"/> would refuse, before the work begins.</summary>
    /// <inheritdoc cref="Write(string, bool)"/>
    public static void RequireWritable(string path, bool overwrite) => AtomicFile.RequireWritable(path, overwrite);

    /// <summary>Writes the page to a stream, which stays open.</summary>
    public void Write(Stream stream)
    {
        using var page = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(ReportStyle.Css)));
        page.WriteLine("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
        page.WriteLine("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.WriteLine("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; " +
            $"style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">");
        page.WriteLine("<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">");
        page.WriteLine($"<title>Password health of {Encode(Account)}, {Time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}</title>");
        page.WriteLine($"<style>{ReportStyle.Css}</style>\n</head>\n<body>\n<div class=\"sheet\">");
        string time = Time.ToString("d MMMM yyyy, HH:mm 'UTC'zzz", CultureInfo.InvariantCulture);
        page.WriteLine($"<header>\n<h1>Password health</h1>\n<p class=\"quiet\"><bdi>{Encode(Account)}</bdi> · {time}</p>\n</header>\n<main>");
        page.WriteLine("<p class=\"note\"><strong>Keep this page like a secret.</strong> It holds no password, but it names the entries whose passwords are " +
            "weak. Delete it when the work is done.</p>");
        WriteSummary(page);
        page.WriteLine("<div class=\"plots\">");
        WritePlot(page, "strength", "Strength of passwords", StrengthSentence(), StrengthBars());
        WritePlot(page, "age", "Age of passwords", AgeSentence(), AgeBars());
        page.WriteLine("</div>");
        WriteEntries(page);
        WriteMeanings(page);
        page.WriteLine("</main>\n<footer class=\"quiet small\">\n<p>Made by Export-PasspackHealthReport on this machine. " +
            $"{Encode(Source())}</p>\n</footer>\n</div>\n</body>\n</html>");
    }

    private void WriteSummary(StreamWriter page)
    {
        int found = Findings.Select(finding => finding.Entry.Id).Distinct().Count(), healthy = Totals.Entries - found;
        double share = Totals.Entries == 0 ? 1 : (double)healthy / Totals.Entries;
        // Rounded down: only all is 100 %.
        string percent = string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(100 * share)} %");
        string width = string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.##}");
        page.WriteLine("<section class=\"card\" aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>");
        page.WriteLine($"<p class=\"lead\"><strong>{percent}</strong> <span>{Number(healthy)} of {Of(Totals.Entries, "entry", "entries")} " +
            $"without a finding; {Of(found, "entry wants", "entries want")} attention.</span></p>");
        page.WriteLine("<svg class=\"share good\" viewBox=\"0 0 100 2\" preserveAspectRatio=\"none\" aria-hidden=\"true\">" +
            $"<rect class=\"track\" width=\"100\" height=\"2\"/><rect class=\"bar\" width=\"{width}\" height=\"2\"/></svg>");
        page.WriteLine("<ul class=\"tiles\">");
        foreach (HealthKind kind in Enum.GetValues<HealthKind>())
        {
            var text = ReportText.Of(kind);
            int count = Findings.Count(finding => finding.Kind == kind);
            string number = IsLookedFor(kind) ? Number(count) : "–";
            string label = IsLookedFor(kind) ? text.Title : $"{text.Title}: not looked for";
            page.WriteLine($"<li class=\"tile {(count > 0 ? text.Tone : "none")}\"><b>{number}</b><span class=\"small\">{label}</span></li>");
        }
        page.WriteLine("</ul>\n</section>");
    }

    private static void WritePlot(StreamWriter page, string id, string title, string sentence, IReadOnlyList<Bar> bars)
    {
        page.WriteLine($"<section class=\"card\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n<figure>");
        page.WriteLine($"<figcaption>{sentence}</figcaption>\n{BarPlot.Draw($"{id}-plot", title, bars)}</figure>\n</section>");
    }

    private void WriteEntries(StreamWriter page)
    {
        page.WriteLine("<section class=\"card\" aria-labelledby=\"entries\">\n<h2 id=\"entries\">Entries that want attention</h2>");
        HealthFinding[][] entries =
        [
            .. Findings.GroupBy(finding => finding.Entry.Id).Select(entry => entry.OrderBy(finding => finding.Kind).ToArray())
                .OrderByDescending(entry => entry.Sum(finding => ReportText.Of(finding.Kind).Weight))
                .ThenByDescending(entry => entry.Max(finding => finding.Breaches)).ThenBy(entry => entry.Min(finding => finding.Rating ?? int.MaxValue))
                .ThenBy(entry => entry[0].Entry.Name, StringComparer.CurrentCultureIgnoreCase),
        ];
        if (entries.Length == 0)
        {
            page.WriteLine("<p>None. Well done.</p>\n</section>");
            return;
        }
        string rest = entries.Length > MostEntries
            ? $" These are the worst {Number(MostEntries)} of {Number(entries.Length)}; Get-PasspackHealth lists all." : "";
        page.WriteLine($"<p class=\"quiet\">The worst first.{rest}</p>\n<div class=\"wide\"><table>");
        page.WriteLine("<thead><tr><th scope=\"col\">Entry</th><th scope=\"col\">Reasons</th></tr></thead>\n<tbody>");
        foreach (HealthFinding[] findings in entries.Take(MostEntries))
        {
            HealthEntry entry = findings[0].Entry;
            string userId = entry.UserId.Length > 0 ? $"<span class=\"quiet small\"><bdi>{Encode(entry.UserId)}</bdi></span>" : "";
            page.WriteLine($"<tr><th scope=\"row\"><bdi>{Encode(entry.Name)}</bdi>{userId}</th><td><ul>");
            foreach (HealthFinding finding in findings)
            {
                var text = ReportText.Of(finding.Kind);
                page.WriteLine($"<li><span class=\"badge {text.Tone}\">{text.Title}</span> <span>{Encode(finding.Description)}</span></li>");
            }
            page.WriteLine("</ul></td></tr>");
        }
        page.WriteLine("</tbody>\n</table></div>\n</section>");
    }

    private void WriteMeanings(StreamWriter page)
    {
        HealthKind[] kinds = [.. Findings.Select(finding => finding.Kind).Distinct().Order()];
        if (kinds.Length == 0)
            return;
        page.WriteLine("<section class=\"card\" aria-labelledby=\"meanings\">\n<h2 id=\"meanings\">What to do</h2>\n<dl class=\"means\">");
        foreach (ReportText text in kinds.Select(ReportText.Of))
            page.WriteLine($"<div><dt>{text.Title}</dt><dd>{text.Advice}</dd></div>");
        page.WriteLine("</dl>\n</section>");
    }

    private bool IsLookedFor(HealthKind kind) => Options.Wants(kind) && kind switch
    {
        HealthKind.Breached => BreachSource is not null,
        HealthKind.NoTotp => Options.TotpHosts.Count > 0,
        _ => true,
    };

    private string Source() => BreachSource is null || !Options.Wants(HealthKind.Breached)
        ? "Breached passwords were not looked for." : $"Breached passwords were looked for in {BreachSource}.";

    // A band that begins below the least rating is told as too weak.
    private Bar[] StrengthBars() => [.. Bands(HealthTotals.StrengthBands, Totals.Ratings, "bits", lower => lower < Options.MinimumRating ? "bad" : "good")];

    private Bar[] AgeBars()
    {
        string[] labels = ["under 3 months", "3 to 6 months", "6 to 12 months", "1 to 2 years", "2 to 5 years", "over 5 years"];
        return [.. labels.Select((label, i) => new Bar(label, Totals.Ages[i], HealthTotals.AgeBands[i] >= Options.OldAfterDays ? "warn" : "good"))];
    }

    private static IEnumerable<Bar> Bands(int[] lowers, IReadOnlyList<int> counts, string unit, Func<int, string> tone) => lowers.Select((lower, i) =>
        new Bar(i == 0 ? $"under {lowers[1]} {unit}" : i == lowers.Length - 1 ? $"{lower} {unit} or more" : $"{lower} to {lowers[i + 1] - 1} {unit}",
            counts[i], tone(lower)));

    private string StrengthSentence()
    {
        int weak = Findings.Count(finding => finding.Kind == HealthKind.Weak);
        return Options.Wants(HealthKind.Weak)
            ? $"{Number(weak)} of {Of(Totals.Passwords, "password", "passwords")} {(weak == 1 ? "is" : "are")} below {Options.MinimumRating} bits."
            : $"{Of(Totals.Passwords, "password", "passwords")}, by their rating.";
    }

    private string AgeSentence()
    {
        int old = Findings.Count(finding => finding.Kind == HealthKind.Old);
        return Options.Wants(HealthKind.Old)
            ? $"{Number(old)} of {Of(Totals.Passwords, "password", "passwords")} {(old == 1 ? "was" : "were")} not changed for " +
                $"{Of(Options.OldAfterDays, "day", "days")}."
            : $"{Of(Totals.Passwords, "password", "passwords")}, by their last change.";
    }

    private static string Of(int count, string one, string several) => $"{Number(count)} {(count == 1 ? one : several)}";

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Encode(string text) => s_encoder.Encode(PrintableText.Of(text));
}
