using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Protocol;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

public sealed class ClassicLayoutTests
{
    private const string Classic =
        """
        "router.example","admin","pa""ss, word","https://router.example/?a=1,2","Network rack-1","",""
        "two words","u","p","http://a.example/","poker game  x","line one
        line two","me@a.example"
        "just a note","","","","notes","remember",""
        "密码 🔐","ü","пароль","https://münchen.example/","тег","é",""
        """;

    [Theory]
    [InlineData(null)]
    [InlineData(EntryFileFormat.ClassicCsv)]
    public void The_layout_without_header_is_read_by_position(EntryFileFormat? format)
    {
        List<ImportRow> rows = Read(Encoding.UTF8.GetBytes(Classic), format);

        Assert.All(rows, row => Assert.Null(row.Error));
        Assert.Equal(["router.example", "two words", "just a note", "密码 🔐"], rows.Select(row => row.Name));
        Assert.Equal([1, 2, 3, 4], rows.Select(row => row.Number));
        Assert.Equal([1, 2, 4, 5], rows.Select(row => row.Line!.Value));
        EntryEdit first = rows[0].Values!, second = rows[1].Values!;
        Assert.Equal(("admin", "pa\"ss, word", "https://router.example/?a=1,2"), (first.UserId, first.Password, first.Url));
        Assert.Equal(["Network", "rack-1"], first.Tags!);
        Assert.Equal(["poker", "game", "x"], second.Tags!);
        Assert.Equal(("line one\nline two", "me@a.example"), (second.Notes, second.Email));
        Assert.Null(first.ExtraFields);
        Assert.Null(first.SharedNotes);
    }

    [Fact]
    public void Tabs_separate_as_well()
    {
        string text = "a\tu\tp,q\thttps://x.example\tone two\t\"l1\nl2\"\te@x\nb\tu\tp\t\t\t\t\n";
        foreach (EntryFileFormat? format in new EntryFileFormat?[] { null, EntryFileFormat.ClassicTab })
        {
            List<ImportRow> rows = Read(Encoding.UTF8.GetBytes(text), format);
            Assert.Equal(["p,q", "p"], rows.Select(row => row.Values!.Password));
            Assert.Equal("l1\nl2", rows[0].Values!.Notes);
        }
    }

    [Theory]
    [InlineData("name,userid,password\nn,u,p\n")]
    [InlineData("Password,User ID,Name\np,u,n\n")]
    [InlineData("\uFEFFNAME,userId,Password\r\nn,u,p")]
    [InlineData("name\tuserid\tpassword\nn\tu\tp\n")]
    public void A_header_says_the_order(string text)
    {
        ImportRow row = Assert.Single(Read(text));
        Assert.Equal(("n", "u", "p"), (row.Values!.Name, row.Values.UserId, row.Values.Password));
        Assert.Null(row.Values.Tags);
    }

    [Fact]
    public void The_order_of_the_columns_is_the_users_choice()
    {
        ClassicColumn[] order = [ClassicColumn.Tags, ClassicColumn.Skip, ClassicColumn.Name, ClassicColumn.Password];
        foreach (string text in new[] { "a b,x,n,p\n", "a b\tx\tn\tp\n", "tags,folder,name,password\na b,x,n,p\n" })
        {
            ImportRow row = Assert.Single(ReadOrdered(text, order));
            Assert.Equal(("n", "p"), (row.Values!.Name, row.Values.Password));
            Assert.Equal(["a", "b"], row.Values.Tags!);
        }
        Refuses(() => ReadOrdered("n,p\n", order));
        Refuses(() => ReadOrdered(Header, order));
        Refuses(() => ReadOrdered("n,p\n", order, EntryFileFormat.ClassicCsv));
        Assert.Throws<ArgumentException>(() => ReadOrdered("a,b", [ClassicColumn.Tags, ClassicColumn.Notes]));
        Assert.Throws<ArgumentException>(() => ReadOrdered("a,b", [ClassicColumn.Name, ClassicColumn.Name]));
        Assert.Throws<ArgumentException>(() => ReadOrdered(Header, order, EntryFileFormat.Csv));
        Assert.Throws<ArgumentException>(() => ReadOrdered("[]", order));
    }

    [Theory]
    [InlineData("a,b\n1,2\n")]
    [InlineData("n,u,p,https://x.example\n")] // Too few columns to be sure.
    [InlineData("2024-01-01,12,EUR,Shop,food,lunch,\n")] // Somebody's expenses.
    [InlineData("name,url,username,password,remark\nn,https://x.example,u,p,\n")] // Another program's, and "name" is not all of it.
    [InlineData("n,u,p,https://x.example,t,note,no address\n")]
    [InlineData("n,u,p,see the notes,t,note,e@x\n")]
    [InlineData("n,u,p,https://x.example,t\nn,u,p,https://x.example\n")]
    [InlineData(",u,p,https://x.example,t\n")]
    [InlineData("n,u,p,,t,note,\n")] // Nothing shows that it is one.
    [InlineData("\"n,u,p,https://x.example,t\n")]
    [InlineData("n,u,p,https://x.example,t,note,e@x,more\n")]
    public void What_is_not_certain_is_not_recognized_but_said_to_be_classic_it_may_be_read(string text)
    {
        PasspackException error = Refuses(() => Read(text));
        Assert.Contains("-Format ClassicCsv", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_with_a_column_of_something_else_is_refused_when_said_to_be_classic()
    {
        byte[] text = "name,username,password\nn,u,p\n"u8.ToArray();
        Assert.Contains("column 2", Refuses(() => Read(text, EntryFileFormat.ClassicCsv)).Message, StringComparison.Ordinal);
        Refuses(() => Read("name,userid,name\nn,u,p\n"u8.ToArray(), EntryFileFormat.ClassicCsv));
        Refuses(() => Read("a,b,c,d,e,f,g,h\n"u8.ToArray(), EntryFileFormat.ClassicCsv));
        Refuses(() => Read([], EntryFileFormat.ClassicCsv));
        Refuses(() => Read("\"a\n"u8.ToArray(), EntryFileFormat.ClassicTab));
    }

    [Fact]
    public void A_bad_row_fails_alone()
    {
        List<ImportRow> rows = Read("n,u,p\n,u,p\nn,u\nn,\"u,p\nlast,u,p\n"u8.ToArray(), EntryFileFormat.ClassicCsv);
        Assert.Equal([true, false, false, false, true], rows.Select(row => row.Error is null));
        Assert.Equal("last", rows[^1].Name);
        Assert.Contains("2 fields where the first line has 3", rows[2].Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_file_is_recognized_by_its_start()
    {
        string note = string.Join('\n', Enumerable.Repeat("a long note, \"\"quoted\"\"", 1000));
        string text = string.Concat(Enumerable.Range(0, 20).Select(i => $"n{i},u,p,https://x.example,t,\"{note}\",\n"));
        Assert.Equal(20, Read(text).Count);
    }

    [Theory]
    [InlineData(EntryFileFormat.ClassicCsv, ',')]
    [InlineData(EntryFileFormat.ClassicTab, '\t')]
    public void An_export_quotes_where_it_must_and_ends_lines_as_Passpack_did(EntryFileFormat format, char separator)
    {
        var warnings = new List<string>();
        FullEntry[] entries =
        [
            new(new EntrySummary { Id = Guid.NewGuid(), Name = "a", UserId = "u", Url = "https://x", Email = "e@x", Tags = ["one", "poker game"] },
                new EntrySecret { Password = " p\"q", Notes = "1\n2", SharedNotes = "s" }),
            new(new EntrySummary { Id = Guid.NewGuid(), Name = "b", Tags = ["two  words"] }, new EntrySecret { ExtraFields = [new("pin", "text", "1")] }),
            Entry("c"),
        ];
        string text = Encoding.UTF8.GetString(Export(format, entries, new ClassicOptions(), warnings.Add));
        Assert.Equal("a,u,\" p\"\"q\",https://x,one poker-game,\"1\n2\",e@x\nb,,,,two-words,,\nc,,,,,,\n".Replace(',', separator), text);
        Assert.Equal(2, warnings.Count);
        Assert.Contains("Shared Notes (1 entry); Extra Fields (1 entry)", warnings[0], StringComparison.Ordinal);
        Assert.Contains("(2 entries)", warnings[1], StringComparison.Ordinal);

        var options = new ClassicOptions { ColumnOrder = [ClassicColumn.Name, ClassicColumn.Skip, ClassicColumn.Email], Header = true };
        Assert.Equal("name,,email\nb,,\n".Replace(',', separator), Encoding.UTF8.GetString(Export(format, entries[1..2], options, warnings.Add)));
        Assert.Equal(3, warnings.Count); // The tags were left out by choice.
        Assert.Throws<ArgumentException>(() => Export(format, entries, new ClassicOptions { ColumnOrder = [ClassicColumn.Email] }));
    }

    [Theory]
    [InlineData(EntryFileFormat.ClassicCsv, true)]
    [InlineData(EntryFileFormat.ClassicCsv, false)]
    [InlineData(EntryFileFormat.ClassicTab, true)]
    [InlineData(EntryFileFormat.ClassicTab, false)]
    public void Any_text_comes_back_as_it_went_out_as_far_as_the_layout_holds_it(EntryFileFormat format, bool header) => Prop.ForAll(
        Entries.ListOf().ToArbitrary(),
        entries =>
        {
            byte[] bytes = Export(format, entries, new ClassicOptions { Header = header });
            if (bytes.Length == 0)
                return true;
            List<ImportRow> rows = Read(bytes, format);
            return rows.Count == entries.Count && rows.Zip(entries, HoldsClassic).All(same => same);
        }).QuickCheckThrowOnFailure();

    private static bool HoldsClassic(ImportRow row, FullEntry entry) =>
        row.Values is { } values
        && values.Name == entry.Summary.Name && values.UserId == entry.Summary.UserId && values.Url == entry.Summary.Url && values.Email == entry.Summary.Email
        && values.Password == entry.Secret.Password && values.Notes == entry.Secret.Notes
        && values.Tags!.SequenceEqual(entry.Summary.Tags.Where(tag => !string.IsNullOrWhiteSpace(tag))
            .Select(tag => string.Join('-', tag.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))));

    private static byte[] Export(EntryFileFormat format, IEnumerable<FullEntry> entries, ClassicOptions options, Action<string>? warn = null)
    {
        var stream = new MemoryStream();
        EntryExporter.Write(entries, stream, format, new ExportOptions { Classic = options, Warn = warn });
        return stream.ToArray();
    }

    private static List<ImportRow> ReadOrdered(string text, IReadOnlyList<ClassicColumn> order, EntryFileFormat? format = null) =>
        [.. ImportSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "test", new ImportOptions { Format = format, ColumnOrder = order }, CancellationToken.None)];

    private static PasspackException Refuses(Func<object> read)
    {
        var error = Assert.Throws<PasspackException>(read);
        Assert.Equal(ErrorCodes.FormatNotRecognized, error.ErrorId);
        return error;
    }
}
