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

    [Fact]
    public void A_text_that_comes_twice_is_kept_twice()
    {
        ImportRow row = Assert.Single(Read(KeePassDocuments.One(string.Concat(
            KeePassDocuments.Text("Title", "t"), KeePassDocuments.Text("Notes", "one"), KeePassDocuments.Text("Notes", "two")))));
        Assert.Equal(("one", "two"), (row.Values!.Notes, Assert.Single(row.Values.ExtraFields!).Data));
    }

    [Fact]
    public void An_expiry_that_cannot_be_read_is_told()
    {
        ImportRow row = Assert.Single(Read(KeePassDocuments.One(KeePassDocuments.Text("Title", "t")
            + "<Times><Expires>True</Expires><ExpiryTime>12345-01-01T00:00:00Z</ExpiryTime></Times>")));
        Assert.Null(row.Values!.Expires);
        Assert.Equal("Expires", Assert.Single(row.Source!.NoPlace).Name);
    }

    [Fact]
    public void A_file_that_only_an_earlier_version_has_is_told()
    {
        const string file = "<Binary><Key>old.txt</Key><Value>AAAA</Value></Binary>", kept = "<Binary><Key>new.txt</Key><Value>AAAA</Value></Binary>";
        ImportRow row = Assert.Single(Read(KeePassDocuments.One($"{KeePassDocuments.Text("Title", "t")}{kept}<History>"
            + $"<Entry>{KeePassDocuments.Text("Title", "s")}{file}{kept}</Entry><Entry>{KeePassDocuments.Text("Title", "s")}{file}</Entry></History>")));
        Assert.Equal("History Binary old.txt", Assert.Single(row.Source!.NoPlace).Name);
        Assert.Single(row.Source.Files);
    }

    [Fact]
    public void Compressed_files_that_inflate_without_end_are_refused()
    {
        var compressed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 120; i++)
                gzip.Write(zeros);
        }
        string binary = $"<Binary ID=\"ID\" Compressed=\"True\">{Convert.ToBase64String(compressed.ToArray())}</Binary>";
        string binaries = string.Concat(Enumerable.Range(0, 20).Select(i => binary.Replace("\"ID\"", $"\"{i}\"", StringComparison.Ordinal)));
        Errors.Of(ErrorCodes.SourceTooCostly, () => Read($"<KeePassFile><Meta><Binaries>{binaries}</Binaries></Meta><Root /></KeePassFile>"), "2 GiB");
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static List<ImportRow> Read(string xml) => [.. ImportSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml)), "x.xml",
        new ImportOptions { Format = EntryFileFormat.KeePassXml }, CancellationToken.None)];
}
