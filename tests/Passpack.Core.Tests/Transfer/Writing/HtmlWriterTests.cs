using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

public sealed class HtmlWriterTests
{
    private static readonly FullEntry s_entry = Entry("A <b> & \"c\"", new EntrySecret
    {
        Password = "s3cret<1>", Notes = "in the\nrack", SharedNotes = "shared text",
        ExtraFields = [new("pin", FieldTypes.Hidden, "0815"), new("port", FieldTypes.Text, "2222"), new("code", FieldTypes.Totp, "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP")],
    }, "Work", "Second");

    [Fact]
    public void A_page_loads_nothing_and_runs_nothing()
    {
        string page = Page([s_entry]);
        Assert.Contains("default-src 'none'; style-src 'sha256-", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)<script|<link|<img|<iframe|<object|<form|src=|url\\(|@import| on[a-z]+=", page);
        string style = Regex.Match(page, "<style>(.*?)</style>", RegexOptions.Singleline).Groups[1].Value;
        Assert.Contains($"'sha256-{Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_is_encoded_and_the_page_is_in_order() => Prop.ForAll(Entries.ListOf().ToArbitrary(), entries =>
    {
        string page = Page(entries);
        // Every tag is one of the page's own, and is closed.
        Assert.Equal(entries.Count, Regex.Count(page, "<article>"));
        Assert.Equal(page.Count(c => c == '<'), Regex.Count(page, "<(?:!DOCTYPE html|/?(?:html|head|title|style|body|h[123]|p|section|article|dl|dt|dd|details|summary|a)|"
            + "(?:html|p|details) (?:lang|class)=\"[a-z]+\"|meta [^<>]*|a rel=\"noopener noreferrer\" href=\"https?:[^<>\"]*\")>"));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Entries_are_grouped_by_their_first_tag_those_without_one_last()
    {
        string page = Page([Entry("none"), Entry("z", tags: ["beta"]), Entry("y", tags: ["Alpha", "beta"]), Entry("x", tags: ["beta"])]);
        Assert.Equal(["h2 Alpha", "h3 y", "h2 beta", "h3 z", "h3 x", "h2 Without a tag", "h3 none"],
            Regex.Matches(page, "<(h[23])>(.*?)</h").Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}"));
    }

    [Fact]
    public void Secrets_are_behind_a_disclosure_and_what_is_none_is_not()
    {
        string page = Page([s_entry]);
        string[] hidden = [.. Regex.Matches(page, "<details.*?</details>", RegexOptions.Singleline).Select(match => match.Value)];
        string open = hidden.Aggregate(page, (rest, part) => rest.Replace(part, "", StringComparison.Ordinal));
        Assert.All(["s3cret&lt;1&gt;", "0815", "JBSWY3DPEHPK3PXP", "in the", "shared text"], secret => Assert.DoesNotContain(secret, open, StringComparison.Ordinal));
        Assert.All(["s3cret&lt;1&gt;", "0815", "JBSWY3DPEHPK3PXP"], secret => Assert.Contains(secret, Assert.Single(hidden), StringComparison.Ordinal));
        Assert.All(["A &lt;b&gt; &amp; &quot;c&quot;", "2222", "Second"], text => Assert.Contains(text, open, StringComparison.Ordinal));
        Assert.Contains("details::details-content", page, StringComparison.Ordinal); // Prints open.
    }

    [Fact]
    public void Masked_secrets_are_not_in_the_file_nor_is_their_length()
    {
        string page = Page([s_entry], mask: true);
        Assert.All(["s3cret", "0815", "JBSWY3DPEHPK3PXP", "rack", "shared text"], secret => Assert.DoesNotContain(secret, page, StringComparison.Ordinal));
        Assert.Single(Regex.Matches(page, "•+").Select(match => match.Length).Distinct());
        Assert.Contains("2222", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://a.example/?x=\"y\"", true), InlineData("javascript:alert(1)", false), InlineData("data:text/html,x", false), InlineData("file:///etc/passwd", false)]
    public void Only_addresses_of_the_web_can_be_followed(string url, bool isLink)
    {
        FullEntry entry = Entry("n", new EntrySecret { ExtraFields = [new("further", FieldTypes.Url, url)] });
        string page = Page([entry with { Summary = entry.Summary with { Url = url } }]);
        Assert.Equal(isLink ? 2 : 0, Regex.Count(page, "<a "));
    }

    private static string Page(IEnumerable<FullEntry> entries, bool mask = false)
    {
        var stream = new MemoryStream();
        EntryExporter.Write(entries, stream, EntryFileFormat.Html, new ExportOptions { MaskSecrets = mask });
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
