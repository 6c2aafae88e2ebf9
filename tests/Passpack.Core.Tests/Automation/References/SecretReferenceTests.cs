using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Automation.References;
using Passpack.Core.Tests.Vault;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Automation.References;

public sealed partial class SecretReferenceTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(TestVectors.RepositoryRoot, "docs", "references.md"));

    private static readonly Gen<string> s_texts = Gen.OneOf(
        ArbMap.Default.ArbFor<NonEmptyString>().Generator.Select(text => text.Get),
        Gen.Choose(0, 0x10FFFF).Where(Rune.IsValid).Select(value => new Rune(value).ToString()).NonEmptyListOf().Select(string.Concat),
        Gen.Elements("/", "%", "%2F", "?", "passpack://", "field:", "file:", "account=", ".", "..", "#", " ", "\u0000", "é").NonEmptyListOf().Select(string.Concat))
        .Where(SecretReference.CanHold);

    /// <summary>The rows of the page's table.</summary>
    public static TheoryData<string, string[]> Vectors
    {
        get
        {
            var rows = new TheoryData<string, string[]>();
            foreach (Match row in Row().Matches(s_page))
                rows.Add(Unescape(row.Groups["text"].Value), [.. row.Groups["cell"].Captures.Select(cell => cell.Value.Trim())]);
            return rows;
        }
    }

    [Fact]
    public void The_page_has_at_least_60_vectors() => Assert.InRange(Vectors.Count, 60, int.MaxValue);

    [Theory, MemberData(nameof(Vectors))]
    public void A_vector_is_read_as_the_page_says(string text, string[] cells)
    {
        if (cells[4].Length > 0)
        {
            Assert.False(SecretReference.TryParse(text, out _, out ReferenceFault? fault));
            Assert.Equal(int.Parse(cells[4], System.Globalization.CultureInfo.InvariantCulture), fault!.Position);
            return;
        }
        var reference = SecretReference.Parse(text);
        Assert.Equal(cells[..4].Select(Cell), [reference.Vault, reference.Entry, reference.Field, reference.Account]);
        Assert.Equal(reference, SecretReference.Parse(reference.ToString()));
    }

    [Fact]
    public void Whatever_the_names_are_a_reference_to_them_is_read_back() =>
        Prop.ForAll(Arb.From(s_texts.Four()), names =>
        {
            (string vault, string entry, string field, string account) = names;
            foreach (string? named in new[] { null, field, SecretReference.FieldPrefix + field, SecretReference.FilePrefix + field })
            {
                var reference = new SecretReference { Vault = vault, Entry = entry, Field = named, Account = account };
                if (reference.ToString().Length > 8192 || (reference.FieldName.Length == 0 && reference.Kind >= ReferenceFieldKind.Named))
                    continue;
                Assert.Equal(reference, SecretReference.Parse(reference.ToString()));
                Assert.True(reference.ToString().All(c => c >= 0x80 || char.IsAsciiLetterOrDigit(c) || "-._~:@/?%=".Contains(c)));
            }
        }).Holds();

    [Fact]
    public void A_hostile_text_is_a_reference_or_says_where_it_is_none() =>
        Prop.ForAll(Arb.From(Gen.OneOf(s_texts, ArbMap.Default.ArbFor<string>().Generator.Select(text => text ?? "")).Select(text => SecretReference.Prefix + text)),
            text =>
            {
                if (SecretReference.TryParse(text, out SecretReference? reference, out ReferenceFault? fault))
                    Assert.Equal(reference, SecretReference.Parse(reference!.ToString()));
                else
                    Assert.InRange(fault!.Position, 1, text.Length + 1);
            }).Holds();

    // No attribute can hold them.
    [Fact]
    public void Half_a_surrogate_pair_is_refused() => Assert.All(["passpack:///a\ud800", "passpack:///\udc00b", "passpack:///a/\ud800%20"],
        text => Assert.False(SecretReference.TryParse(text, out _, out _)));

    [Fact]
    public void A_reference_of_more_than_8192_characters_is_refused()
    {
        Assert.NotNull(SecretReference.Parse("passpack:///".PadRight(8192, 'a')));
        Errors.Of(ErrorCodes.ReferenceInvalid, () => SecretReference.Parse("passpack:///".PadRight(8193, 'a')), "8,192");
    }

    /// <summary>It may be a secret that was given in the wrong place.</summary>
    [Fact]
    public void A_text_that_does_not_begin_as_a_reference_is_not_shown()
    {
        PasspackException error = Errors.Of(ErrorCodes.ReferenceInvalid, () => SecretReference.Parse("hunter2"), "passpack://");
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
        Errors.Of(ErrorCodes.ReferenceInvalid, () => SecretReference.Parse("passpack:///DB/a b"), "'passpack:///DB/a b' is no reference, at character 17");
    }

    [Theory]
    [InlineData(null, ReferenceFieldKind.Password, "")]
    [InlineData("UserName", ReferenceFieldKind.UserName, "")]
    [InlineData("SHAREDNOTES", ReferenceFieldKind.SharedNotes, "")]
    [InlineData("totp", ReferenceFieldKind.Totp, "")]
    [InlineData("pin", ReferenceFieldKind.Named, "pin")]
    [InlineData("Field:pin", ReferenceFieldKind.ExtraField, "pin")]
    [InlineData("FILE:a.pem", ReferenceFieldKind.Attachment, "a.pem")]
    [InlineData("fields:x", ReferenceFieldKind.Named, "fields:x")]
    public void The_last_segment_says_what_is_meant(string? field, ReferenceFieldKind kind, string name)
    {
        var reference = new SecretReference { Entry = "DB", Field = field };
        Assert.Equal((kind, name), (reference.Kind, reference.FieldName));
    }

    [Theory]
    [InlineData("a: 'passpack:///DB/pin', b: \"passpack:///x\"", "5 passpack:///DB/pin", "30 passpack:///x")]
    [InlineData("{{ passpack:///DB/pin | json }}", "4 passpack:///DB/pin")]
    [InlineData("passpack:///a#b passpack:///%zz", "1 passpack:///a#b", "17 passpack:///%zz")]
    [InlineData("x=passpack:///a?account=b;y=1", "3 passpack:///a?account=b")]
    [InlineData("passpack://passpack://", "1 passpack://passpack://")]
    [InlineData("<p>PassPack:///a</p>", "4 PassPack:///a")]
    [InlineData("none")]
    public void References_in_a_line_are_found(string line, params string[] found) =>
        Assert.Equal(found, ReferenceScanner.InLine(line, 7).Select(one => $"{one.Column} {one.Text}"));

    private static string? Cell(string cell) => cell switch { "-" => null, "''" => "", _ => Unescape(cell) };

    private static string Unescape(string text) => JsonSerializer.Deserialize<string>($"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\"")!;

    [GeneratedRegex(@"^\| `(?<text>[^`\n]*)`(?: \|(?<cell>[^|\n]*)){5}\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
