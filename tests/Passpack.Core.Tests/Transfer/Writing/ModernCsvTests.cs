using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

public sealed class ModernCsvTests
{
    [Fact]
    public void An_export_is_byte_for_byte_what_Passpack_writes()
    {
        FullEntry entry = new(
            new EntrySummary { Id = Guid.NewGuid(), Name = "a \"b\"", Url = "https://x", UserId = "=u", Email = "", Tags = ["Emails/WS", "密"], Favorite = true },
            new EntrySecret { Password = " p,\\ ", Notes = "1\n2\r\n3\r4", SharedNotes = "-", ExtraFields = [new("pin", "text", "1\"2")] });

        byte[] bytes = Export(EntryFileFormat.Csv, entry, Entry("z"));

        Assert.Equal(Encoding.UTF8.GetBytes(
            Header
            + "\"a \"\"b\"\"\",\"https://x\",\"=u\",\" p,\\ \",\"1\n2\r\n3\r4\",\"-\","
            + "\"{\"\"tags\"\":[\"\"{\\\"\"tag\\\"\":\\\"\"Emails/WS\\\"\"}\"\",\"\"{\\\"\"tag\\\"\":\\\"\"密\\\"\"}\"\"]}\","
            + "\"{\"\"extraFields\"\":[\"\"{\\\"\"name\\\"\":\\\"\"pin\\\"\",\\\"\"type\\\"\":\\\"\"text\\\"\",\\\"\"data\\\"\":\\\"\"1\\\\\\\"\"2\\\"\"}\"\"]}\",\"\"\r\n"
            + "\"z\",\"\",\"\",\"\",\"\",\"\",\"{\"\"tags\"\":[]}\",\"{\"\"extraFields\"\":[]}\",\"\"\r\n"), bytes);
    }

    [Fact]
    public void No_entries_are_a_header() => Assert.Equal(Encoding.UTF8.GetBytes(Header), Export(EntryFileFormat.Csv));

    [Fact]
    public void The_sample_is_written_again_as_it_was_read()
    {
        byte[] sample = File.ReadAllBytes(SamplePath);

        List<ImportRow> rows = Read(sample);

        Assert.Equal(10, rows.Count);
        Assert.All(rows, row => Assert.Null(row.Error));
        Assert.Equal(sample, Export(EntryFileFormat.Csv, rows.Select(ToEntry)));
        Assert.Equal([2, 6, 7, 8, 9, 10, 12, 13, 14, 15], rows.Select(row => row.Line!.Value));
        Assert.Equal([new ExtraField("root password", "password", "corr\"ect\\horse"), new("port", "text", "2222")], rows[1].Values!.ExtraFields);
    }

    [Fact]
    public void Any_text_comes_back_as_it_went_out() => Prop.ForAll(
        Entries.ListOf().ToArbitrary(),
        entries => Read(Export(EntryFileFormat.Csv, entries)).Zip(entries, Holds).All(same => same)
            && Read(Export(EntryFileFormat.Csv, entries), EntryFileFormat.Csv).Count == entries.Count).QuickCheckThrowOnFailure();

    [Fact]
    public void Half_a_surrogate_pair_which_UTF8_cannot_hold_becomes_the_replacement_character()
    {
        ImportRow row = Assert.Single(Read(Export(EntryFileFormat.Csv, Entry("a\uD83D", tags: ["\uDD10b"]))));
        Assert.Equal("a\uFFFD", row.Values!.Name);
        Assert.Equal(["\uFFFDb"], row.Values.Tags);
    }

    [Theory]
    [InlineData("\uFEFF\"Entry Name\",\"Password\"\r\n\"n\",\"p\"\r\n")]
    [InlineData("\"Password\",\"Entry Name\"\r\n\"p\",\"n\"\r\n")]
    [InlineData("Password,Entry Name\np,n")]
    [InlineData("password,EntryName\rp,n\r")]
    [InlineData("\n\"Entry Name\",\"Password\"\n\n\"n\",\"p\"\n\n")]
    [InlineData("#TYPE Passpack.ExportedEntry\r\n\"Entry Name\",\"Password\"\r\n\"n\",\"p\"\r\n")]
    public void Columns_are_found_by_name_whatever_the_order_line_ends_and_quotes(string text)
    {
        ImportRow row = Assert.Single(Read(text));
        Assert.Equal("n", row.Values!.Name);
        Assert.Equal("p", row.Values.Password);
        Assert.Null(row.Values.Notes);
        Assert.Null(row.Values.Tags);
    }

    [Fact]
    public void What_Windows_PowerShell_calls_Unicode_is_read()
    {
        byte[] bytes = [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("\"Entry Name\"\r\n\"密\"\r\n")];
        Assert.Equal("密", Assert.Single(Read(bytes)).Values!.Name);
    }

    [Fact]
    public void What_Export_Csv_writes_of_an_export_is_read_with_id_and_favorite()
    {
        var id = Guid.NewGuid();
        ImportRow row = Assert.Single(Read(
            "\"Favorite\",\"Entry Name\",\"Tags\",\"Id\",\"Created\",\"Modified\"\r\n\"True\",\"n\",\"\",\"" + id + "\",\"2024-01-01\",\"x\"\r\n"));
        Assert.Equal(id, row.Id);
        Assert.True(row.Values!.Favorite);
        Assert.Equal([], row.Values.Tags!);
    }

    [Fact]
    public void Columns_that_are_not_known_are_named_in_one_warning()
    {
        var warnings = new List<string>();
        ImportRow row = Assert.Single(Read(Encoding.UTF8.GetBytes("Entry Name,Pasword,Folder\nn,secret,f\n"), warn: warnings.Add));
        Assert.Null(row.Error);
        string warning = Assert.Single(warnings);
        Assert.Contains("\"Pasword\", \"Folder\"", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"\",\"p\",\"\"", "Entry Name")]
    [InlineData("\"bad\",\"p\",\"{not json\"", "Tags")]
    [InlineData("\"bad\",\"p\"", "2 fields where the header has 3")]
    [InlineData("\"bad\",\"p\",\"\",\"\"", "4 fields where the header has 3")]
    [InlineData("bad,p\"q,", "quote")]
    [InlineData("\"bad\",\"p\"q\",\"\"", "closing quote")]
    [InlineData(" \"bad\",\"p\",\"\"", "quote")]
    public void A_bad_row_is_reported_with_row_and_line_and_the_others_are_read(string bad, string reason)
    {
        List<ImportRow> rows = Read("\"Entry Name\",\"Password\",\"Tags\"\r\n\"a\nb\",\"1\",\"\"\r\n" + bad + "\r\n\"c\",\"2\",\"\"\r\n");

        Assert.Equal([null, "c"], rows.Skip(1).Select(row => row.Values?.Name));
        Assert.Equal("a\nb", rows[0].Values!.Name);
        Assert.Equal((2L, 4L), (rows[1].Number, rows[1].Line));
        Assert.Equal((3L, 5L), (rows[2].Number, rows[2].Line));
        Assert.Contains(reason, rows[1].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Id", "no id")]
    [InlineData("Favorite", "perhaps")]
    [InlineData("Extra Fields", "{}")]
    public void A_cell_that_cannot_be_read_is_named(string column, string cell) =>
        Assert.StartsWith(column + ": ", Assert.Single(Read($"Entry Name,{column}\nn,{cell}\n")).Error, StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_not_UTF8_fail_their_row_alone()
    {
        byte[] bytes = [.. "Entry Name\nok\nbad"u8, 0xFC, .. "\nok\n"u8];
        List<ImportRow> rows = Read(bytes);
        Assert.Equal([true, false, true], rows.Select(row => row.Error is null));
        Assert.Contains("UTF-8", rows[1].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"b\",\"open\r\n\"c\",\"3\"\r\n\"d\",\"4\"\r\n", new[] { "a", "c", "d" })]
    [InlineData("\"b\",\"open\nnote\r\n\"c\",\"3\"\r\n\"d\",\"4\"\r\n", new[] { "a", "c", "d" })]
    [InlineData("\"b\",\"open\r\nc,3\r\nd,4\r\n", new[] { "a", "c", "d" })]
    [InlineData("\"b\",\"open", new[] { "a" })]
    [InlineData("\"b\",\"open\r\n", new[] { "a" })]
    [InlineData("\"b\",\"", new[] { "a" })]
    public void A_quote_that_is_not_closed_fails_its_row_and_none_of_the_others(string rest, string[] names)
    {
        List<ImportRow> rows = Read("\"Entry Name\",\"Password\"\r\n\"a\",\"1\"\r\n" + rest);

        Assert.Equal(names, rows.Where(row => row.Error is null).Select(row => row.Name));
        ImportRow bad = Assert.Single(rows, row => row.Error is not null);
        Assert.Equal((2L, 3L), (bad.Number, bad.Line));
        Assert.Contains("quote", bad.Error, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, rows.Count), rows.Select(row => (int)row.Number));
    }

    [Fact]
    public void A_line_inside_a_bad_note_never_becomes_an_entry_where_there_is_one_column() =>
        Assert.All(Read("\"Entry Name\"\r\n\"a\"x\r\ny\"\r\n"), row => Assert.NotEqual("y", row.Name));

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\uFEFF", "empty")]
    [InlineData("\r\n\r\n", "empty")]
    [InlineData("\"secret\",\"u\",\"p\"\n", "3 fields, none of them \"Entry Name\"")]
    [InlineData("secret", "1 field, none of them")]
    [InlineData("Entry Name,URL,Entry Name\n", "twice")]
    [InlineData("\"Entry Name\"x,URL\n", "quotes")]
    [InlineData("\0\u0001\u0002\n", "binary")]
    public void What_is_no_such_file_is_one_error_that_shows_nothing_of_it(string text, string seen)
    {
        var error = Assert.Throws<PasspackException>(() => Read(text));
        Assert.Equal(ErrorCodes.FormatNotRecognized, error.ErrorId);
        Assert.Contains("test.csv", error.Message, StringComparison.Ordinal);
        Assert.Contains(seen, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_are_one_error()
    {
        byte[] bytes = new byte[100_000];
        new System.Random(1).NextBytes(bytes);
        Assert.Equal(ErrorCodes.FormatNotRecognized, Assert.Throws<PasspackException>(() => Read(bytes)).ErrorId);
    }

    private static FullEntry ToEntry(ImportRow row) => new(
        new EntrySummary
        {
            Id = Guid.NewGuid(),
            Name = row.Name,
            UserId = row.Values!.UserId!,
            Url = row.Values.Url!,
            Email = row.Values.Email!,
            Tags = row.Values.Tags!,
        },
        new EntrySecret
        {
            Password = row.Values.Password!,
            Notes = row.Values.Notes!,
            SharedNotes = row.Values.SharedNotes!,
            ExtraFields = row.Values.ExtraFields!,
        });
}
