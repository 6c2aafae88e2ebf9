using System.Text;
using Passpack.Core.Tests.Vault;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.TransferSamples;

namespace Passpack.Core.Tests.Transfer.KeePass;

/// <summary>XML that is made to cost memory or time, or that is none; what samples do not show.</summary>
public sealed class KeePassXmlTests
{
    [Fact]
    public void Elements_and_groups_that_nest_without_end_are_refused()
    {
        Errors.Of(ErrorCodes.SourceTooCostly, () => Read(KeePassDocuments.One(Repeat("<a>", 1000) + Repeat("</a>", 1000))), "500");
        Errors.Of(ErrorCodes.SourceTooCostly,
            () => Read($"<KeePassFile><Root>{Repeat("<Group>", 200)}<Entry />{Repeat("</Group>", 200)}</Root></KeePassFile>"), "100 groups");
    }

    [Fact]
    public void A_DTD_is_refused_and_no_error_quotes_what_was_read()
    {
        Errors.Of(ErrorCodes.SourceDamaged, () => Read("<!DOCTYPE KeePassFile [<!ENTITY a \"b\">]>" + KeePassDocuments.One("")));
        string broken = KeePassDocuments.One(KeePassDocuments.Text("Password", "s3cret")).Replace("</Value>", "</s3cret>", StringComparison.Ordinal);
        PasspackException error = Errors.Of(ErrorCodes.SourceDamaged, () => Read(broken), "line 1");
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_beyond_all_bounds_fails_alone()
    {
        string texts = Repeat(KeePassDocuments.Text("k", ""), 100_001);
        ImportRow[] rows = [.. Read($"<KeePassFile><Root><Group><Entry>{KeePassDocuments.Text("Title", "big")}{texts}</Entry><Entry>{KeePassDocuments.Text("Title", "next")}</Entry></Group></Root></KeePassFile>")];
        Assert.Equal(["big", "next"], rows.Select(row => row.Name));
        Assert.NotNull(rows[0].Error);
        Assert.Null(rows[1].Error);
    }

    [Fact]
    public void References_that_multiply_are_bounded()
    {
        // Each leads to the next ten times: 10^12 characters in all.
        string entries = string.Concat(Enumerable.Range(0, 13).Select(i => "<Entry>" + KeePassDocuments.Text("Title", $"t{i}")
            + KeePassDocuments.Text("Notes", i == 12 ? "x" : Repeat($"{{REF:N@T:t{i + 1}}}", 10)) + "</Entry>"));
        ImportRow[] rows = [.. Read($"<KeePassFile><Root><Group>{entries}</Group></Root></KeePassFile>")];
        Assert.Equal(13, rows.Length);
        Assert.Contains(rows.Single(row => row.Name == "t0").Source!.Changed, field => field.Name == "Notes" && field.Outcome.Contains("kept as a text", StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_that_is_encrypted_in_XML_without_a_database_is_told() => Errors.Of(ErrorCodes.SourceDamaged,
        () => Read(KeePassDocuments.One(KeePassDocuments.Secret("Password", "AAAA", KeePassDocuments.Encrypted))), "encrypted");

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static List<ImportRow> Read(string xml) => [.. ImportSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml)), "x.xml",
        new ImportOptions { Format = EntryFileFormat.KeePassXml }, CancellationToken.None)];
}
