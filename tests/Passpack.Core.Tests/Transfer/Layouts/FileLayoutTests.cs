using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Core.Tests.Transfer;

/// <summary>What the start of a file says: separators, spaces, other programs.</summary>
public sealed class FileLayoutTests
{
    [Theory]
    [InlineData("KeePass", "\"Account\",\"Login Name\",\"Password\",\"Web Site\",\"Comments\"")]
    [InlineData("KeePassX", "\"Group\",\"Title\",\"Username\",\"Password\",\"URL\",\"Notes\"")]
    [InlineData("SafeInCloud", "Title,Login,Password,Website,Notes")]
    [InlineData("1Password", "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes")]
    [InlineData("Firefox", "\"url\",\"username\",\"password\",\"httpRealm\",\"formActionOrigin\",\"guid\"")]
    [InlineData("Password Gorilla", "uuid,group,title,url,user,password,notes")]
    [InlineData("another program", "Titel,Benutzername,Passwort")]
    public void A_foreign_header_is_named_and_nothing_of_it_imported(string program, string header)
    {
        int columns = header.Split(',').Length;
        ClassicColumn[] order = [ClassicColumn.Name, .. Enumerable.Repeat(ClassicColumn.Skip, columns - 1)];
        string text = header + "\n" + string.Join(',', Enumerable.Range(0, columns).Select(i => $"v{i}")) + "\n";
        // Of a layout that has a reader, only where the user says that the file is another.
        IEnumerable<ImportOptions> byContent = program is "KeePassX" or "1Password" or "Firefox" ? [] : [new ImportOptions()];
        foreach (ImportOptions options in byContent.Concat(new ImportOptions[]
            { new() { ColumnOrder = order }, new() { Format = EntryFileFormat.ClassicCsv }, new() { Format = EntryFileFormat.ClassicCsv, ColumnOrder = order } }))
        {
            if (options is { Format: EntryFileFormat.ClassicCsv, ColumnOrder: null } && columns > ClassicLayout.DefaultOrder.Count)
                continue; // Its width is told first, or the name either.
            var error = Assert.Throws<PasspackException>(() => Read(text, options));
            Assert.Equal(ErrorCodes.FormatNotRecognized, error.ErrorId);
            Assert.Contains(program, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("bank,anna,secret,https://b.example,\"first line\nsecond line\"\nshop,anna,secret,https://s.example,\n")]
    [InlineData("bank,anna,secret,https://b.example,the question is my first pet\n")]
    public void A_note_in_the_fifth_column_is_not_taken_for_tags(string text)
    {
        var error = Assert.Throws<PasspackException>(() => Read(text, new ImportOptions()));
        Assert.Equal(ErrorCodes.FormatNotRecognized, error.ErrorId);
        Assert.Contains("-ColumnOrder", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(';')]
    [InlineData('\t')]
    [InlineData('|')]
    [InlineData(',')]
    public void The_separator_is_found(char separator)
    {
        string header = string.Join(separator, "\"Entry Name\"", "URL", "Notes"), row = string.Join(separator, "n", "\"https://x.example/?a=1,2;3\"", "\"l1\nl2\"");
        foreach (EntryFileFormat? format in new EntryFileFormat?[] { null, EntryFileFormat.Csv })
        {
            foreach (string before in new[] { "", "#TYPE Passpack.ExportedEntry\n" })
            {
                (EntryFileFormat, char)? taken = null;
                ImportRow read = Assert.Single(Read($"{before}{header}\r\n{row}\r\n", new ImportOptions { Format = format, Recognized = (kind, of) => taken = (kind, of) }));
                Assert.Equal(("n", "https://x.example/?a=1,2;3", "l1\nl2"), (read.Values!.Name, read.Values.Url, read.Values.Notes));
                Assert.Equal((EntryFileFormat.Csv, separator), taken);
            }
        }
    }

    [Fact]
    public void A_classic_file_may_be_separated_by_semicolons()
    {
        ImportRow row = Assert.Single(Read("n;u;p,q;https://x.example;one\n", new ImportOptions()));
        Assert.Equal(("n", "p,q", "https://x.example"), (row.Values!.Name, row.Values.Password, row.Values.Url));
        row = Assert.Single(Read("p;n\n", new ImportOptions { ColumnOrder = [ClassicColumn.Password, ClassicColumn.Name] }));
        Assert.Equal(("n", "p"), (row.Values!.Name, row.Values.Password));
    }

    [Fact]
    public void A_space_behind_every_separator_is_no_part_of_the_values_and_told()
    {
        var warnings = new List<string>();
        List<ImportRow> rows = Read("Entry Name, URL, \"Notes\"\nn, https://x.example, \" kept, inside \"\nm, , x\n", new ImportOptions { Warn = warnings.Add });
        Assert.Equal(["https://x.example", ""], rows.Select(row => row.Values!.Url));
        Assert.Equal([" kept, inside ", "x"], rows.Select(row => row.Values!.Notes));
        Assert.Contains("space", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_space_in_some_places_is_kept()
    {
        List<ImportRow> rows = Read("Entry Name,URL,Notes\nn, a, b\n", new ImportOptions());
        Assert.Equal((" a", " b"), (rows[0].Values!.Url, rows[0].Values!.Notes));
        rows = Read("Entry Name, URL, Notes\nn, a,b\n", new ImportOptions());
        Assert.Equal((" a", "b"), (rows[0].Values!.Url, rows[0].Values!.Notes));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("Net", "Net")]
    [InlineData(" x, y ,,", "x|y")]
    [InlineData("two words, other", "two words|other")]
    [InlineData("""{"tags":["{\"tag\":\"a, b\"}"]}""", "a, b")]
    public void Tags_are_JSON_of_the_modern_layout_or_a_plain_list(string cell, string tags)
    {
        string csv = "Entry Name,Tags\nn,\"" + cell.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"\n";
        Assert.Equal(tags, string.Join('|', TagCell.Read(cell)));
        Assert.Equal(tags, string.Join('|', Assert.Single(Read(csv, new ImportOptions())).Values!.Tags!));
    }

    [Theory]
    [InlineData("{tags}")]
    [InlineData("[\"\"a\"\"]")]
    public void Tags_of_broken_JSON_are_refused_with_what_to_write(string cell)
    {
        ImportRow row = Assert.Single(Read($"Entry Name,Tags\nn,\"{cell}\"\n", new ImportOptions()));
        Assert.Contains("Servers, Network", row.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_plain_list_comes_back_as_it_was_joined() => Prop.ForAll(
        Gen.ListOf(Gen.Elements("a", "B c", "密", "ü-1", "x{y", "🔐")).ToArbitrary(),
        tags => TagCell.Read(string.Join(" , ", tags)).SequenceEqual(tags)).QuickCheckThrowOnFailure();

    private static List<ImportRow> Read(string text, ImportOptions options) =>
        [.. ImportSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "test.csv", options, CancellationToken.None)];
}
