using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Passpack.Core.Tests.Vault;
using Passpack.Health.Checks;
using Passpack.Health.Reports;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Health;

/// <summary>The page for people: it loads nothing, runs nothing, and holds no secret, whatever entries are called.</summary>
public sealed class HealthReportTests : IDisposable
{
    private const string Hostile = "<script>alert(1)</script>\"'& \u202Eevil";

    private readonly TestVault _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Names_are_texts_and_no_part_of_the_page()
    {
        _test.Add(new EntryEdit { Name = Hostile, UserId = Hostile, Password = "hunter2", Url = "http://<b>example.com" });
        _test.Add(new EntryEdit { Name = "twin", UserId = "<img src=x onerror=alert(1)>", Password = "hunter2" });
        string page = await PageAsync();
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u202E', page);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", page, StringComparison.Ordinal);
        Assert.Empty(Elements(page).Select(element => element.Name.LocalName).Except(
            ["html", "head", "meta", "title", "style", "body", "div", "header", "main", "footer", "section", "h1", "h2", "p", "bdi", "strong", "span", "ul", "li", "b", "svg",
            "desc", "rect", "text", "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd"]));
    }

    [Fact]
    public async Task It_loads_nothing_and_runs_nothing()
    {
        _test.Add(new EntryEdit { Name = "a", Password = "hunter2", Url = "http://example.com" });
        string page = await PageAsync();
        Assert.DoesNotContain(Elements(page).Attributes(),
            attribute => attribute.Name.LocalName is "src" or "href" or "style" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.Contains("default-src 'none'; style-src 'sha256-", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_counts_and_lists_the_worst_first()
    {
        const string strong = "kX9#vLq2!mZ7@pRt4&";
        _test.Add(new EntryEdit { Name = "fine", Password = strong });
        _test.Add(new EntryEdit { Name = "plain", Password = strong + "1x", Url = "http://example.com" });
        _test.Add(new EntryEdit { Name = "worst", Password = "hunter2", Url = "http://example.com/2" });
        string page = await PageAsync();
        Assert.Contains("<strong>33 %</strong>", page, StringComparison.Ordinal);
        Assert.Contains("1 of 3 entries without a finding; 2 entries want attention.", page, StringComparison.Ordinal);
        Assert.Contains("1 of 3 passwords is below 50 bits.", page, StringComparison.Ordinal);
        Assert.Contains("0 of 3 passwords were not changed for 365 days.", page, StringComparison.Ordinal);
        Assert.Contains("Breached: not looked for", page, StringComparison.Ordinal);
        Assert.Equal(["worst", "plain"], Regex.Matches(page, "<th scope=\"row\"><bdi>(.*?)</bdi>").Select(match => match.Groups[1].Value));
        XElement[] plots = [.. Elements(page).Where(element => element.Name.LocalName == "svg" && (string?)element.Attribute("role") == "img")];
        Assert.Equal(2, plots.Length);
        Assert.Matches("20 to 34 bits: 1; .*80 to 127 bits: 2", plots[0].Elements().Single(element => element.Name.LocalName == "desc").Value);
        Assert.Contains("under 3 months: 3", plots[1].Value, StringComparison.Ordinal);
        Assert.All(Elements(page).Attributes("aria-labelledby").SelectMany(attribute => attribute.Value.Split(' ')),
            id => Assert.Single(Elements(page).Attributes("id"), attribute => attribute.Value == id));
    }

    [Fact]
    public async Task An_empty_vault_and_a_healthy_one_have_a_page()
    {
        Assert.Contains("<strong>100 %</strong>", await PageAsync(), StringComparison.Ordinal);
        _test.Add(new EntryEdit { Name = "note", Type = "note" });
        string page = await PageAsync();
        Assert.Contains("None. Well done.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("What to do", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_lists_a_thousand_entries_and_counts_the_rest()
    {
        HealthFinding[] findings = [.. Enumerable.Range(0, HealthReport.MostEntries + 5).Select(i =>
            new HealthFinding(HealthKind.Weak, new HealthEntry(Guid.NewGuid(), $"entry {i}", "")) { Rating = i % 50 })];
        string page = Page(new HealthTotals(), findings);
        Assert.Equal(HealthReport.MostEntries, Regex.Count(page, "<th scope=\"row\">"));
        Assert.Contains("the worst 1,000 of 1,005", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_is_its_owners_and_replaces_none_unasked()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "report.html");
        HealthReport report = await ReportAsync();
        report.Write(path, overwrite: false);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Errors.Of(ErrorCodes.FileExists, () => report.Write(path, overwrite: false), path);
        report.Write(path, overwrite: true);
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    // The page is written as XML would be, but for its first line and the tags that HTML leaves open.
    private static IEnumerable<XElement> Elements(string page) =>
        XDocument.Parse(Regex.Replace(page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), "<meta ([^>]*)>", "<meta $1/>")).Descendants();

    private async Task<string> PageAsync()
    {
        HealthReport report = await ReportAsync();
        return Page(report.Totals, report.Findings);
    }

    private async Task<HealthReport> ReportAsync()
    {
        var scan = new HealthScan(_test.Vault, new HealthOptions());
        var findings = new List<HealthFinding>();
        await foreach (HealthFinding finding in scan.RunAsync(error => throw error, TestContext.Current.CancellationToken))
            findings.Add(finding);
        return Report(scan.Totals, findings);
    }

    private static string Page(HealthTotals totals, IReadOnlyList<HealthFinding> findings)
    {
        using var stream = new MemoryStream();
        Report(totals, findings).Write(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static HealthReport Report(HealthTotals totals, IReadOnlyList<HealthFinding> findings) => new()
    {
        Account = "anna <b>@example.com", Time = new DateTimeOffset(2026, 11, 29, 14, 30, 0, TimeSpan.FromHours(1)), Options = new HealthOptions(), Totals = totals,
        Findings = findings,
    };
}
