using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;
using static Passpack.Core.Tests.Transfer.TransferTests;

namespace Passpack.Core.Tests.Transfer;

public sealed class JsonEntryTests
{
    [Fact]
    public void An_export_is_an_array_of_flat_objects_with_the_columns_of_the_modern_layout()
    {
        FullEntry entry = Entry("n", new EntrySecret { Password = "p", ExtraFields = [new("pin", "text", "1")] }, "t");

        using var json = JsonDocument.Parse(Export(EntryFileFormat.Json, entry));

        JsonElement item = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal([.. ModernLayout.Columns, "Id", "Favorite", "Type", "Expires", "Created", "Modified"], item.EnumerateObject().Select(property => property.Name));
        Assert.Equal("""{"tags":["{\"tag\":\"t\"}"]}""", item.GetProperty("Tags").GetString());
        Assert.All(item.EnumerateObject(), property =>
            Assert.True(property.Value.ValueKind is JsonValueKind.String or JsonValueKind.True or JsonValueKind.False));
    }

    [Fact]
    public void Any_text_comes_back_as_it_went_out() => Prop.ForAll(
        Entries.ListOf().ToArbitrary(),
        entries =>
        {
            List<ImportRow> rows = Read(Export(EntryFileFormat.Json, entries));
            return rows.Count == entries.Count && rows.Zip(entries, (row, entry) =>
                Holds(row, entry) && row.Id == entry.Summary.Id && row.Values!.Favorite == entry.Summary.Favorite
                && row.Values.Type == entry.Summary.Type && row.Values.Expires == entry.Summary.Expires).All(same => same);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("""{"Entry Name":"n","Password":"p"}""")]
    [InlineData("""[{"Entry Name":"n","Password":"p"}]""")]
    [InlineData("""  [ {"EntryName":"n","password":"p","Notes":null} ] """)]
    [InlineData("\uFEFF\r\n{\"Entry Name\":\"n\",\"Password\":\"p\"}\r\n")]
    public void One_object_or_an_array_of_them_is_read(string text)
    {
        ImportRow row = Assert.Single(Read(text));
        Assert.Equal("n", row.Values!.Name);
        Assert.Equal("p", row.Values.Password);
        Assert.Null(row.Values.Notes);
    }

    [Fact]
    public void An_empty_array_is_an_import_of_nothing() => Assert.Empty(Read("[]"));

    [Fact]
    public void Windows_PowerShells_Unicode_is_read() =>
        Assert.Equal("密", Assert.Single(Read([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("""{"Entry Name":"密"}""")])).Name);

    [Theory]
    [InlineData("""{"Password":"p"}""", "Entry Name")]
    [InlineData("""{"Entry Name":""}""", "Entry Name")]
    [InlineData("""{"Entry Name":"b","Tags":["x",1]}""", "Tags")]
    [InlineData("""{"Entry Name":"b","Extra Fields":{"x":1}}""", "Extra Fields")]
    [InlineData("""{"Entry Name":"b","Extra Fields":["x"]}""", "Extra Fields")]
    [InlineData("""{"Entry Name":"b","Password":5}""", "Password")]
    [InlineData("""{"Entry Name":"b","Password":"\ud83d"}""", "Unicode")]
    [InlineData("5", "object")]
    public void A_bad_object_is_reported_and_the_others_are_read(string bad, string reason)
    {
        List<ImportRow> rows = Read($$"""[{"Entry Name":"a"},{{bad}},{"Entry Name":"c"}]""");

        Assert.Equal(["a", "c"], rows.Where(row => row.Error is null).Select(row => row.Name));
        Assert.Contains(reason, rows[1].Error, StringComparison.Ordinal);
        Assert.Equal([1L, 2, 3], rows.Select(row => row.Number));
    }

    [Theory]
    [InlineData("""[{"Entry Name":"a"},""")]
    [InlineData("""[{"Entry Name":"a"},{"Entry Name":"b" """)]
    [InlineData("""{"Entry Name":"a"}{"Entry Name":"b"}""")]
    [InlineData("""[{"Entry Name":"a"}{"Entry Name":"b"}]""")]
    [InlineData("""[{"Entry Name":"a"},]""")]
    [InlineData("""[{"Entry Name":"a"}]]""")]
    [InlineData("""[{"Entry Name":"a"}""")]
    public void After_JSON_that_is_broken_the_last_row_says_so(string text)
    {
        List<ImportRow> rows = Read(text);
        Assert.Equal("a", rows[0].Values?.Name);
        Assert.Contains("broken", Assert.Single(rows.Skip(1)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_know_their_lines()
    {
        List<ImportRow> rows = Read("[\n  {\n \"Entry Name\":\"a\"\n },\n\n {\"Entry Name\":\"b\"},\n {\n\"x");
        Assert.Equal([2L, 6, 8], rows.Select(row => row.Line!.Value));
    }

    [Fact]
    public void An_item_may_be_larger_than_any_buffer()
    {
        FullEntry entry = Entry("n", new EntrySecret { Notes = new string('x', 3_000_000) });
        Assert.True(Holds(Assert.Single(Read(Export(EntryFileFormat.Json, entry))), entry));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[1,2]")]
    [InlineData("""{"secret":false,"things":[]}""")]
    [InlineData("""[[{"Entry Name":"a"}]]""")]
    public void Other_JSON_is_one_error(string text) =>
        Assert.Equal(ErrorCodes.FormatNotRecognized, Assert.Throws<PasspackException>(() => Read(text)).ErrorId);

    [Fact]
    public void Properties_that_are_not_known_are_named_once()
    {
        var warnings = new List<string>();
        Read(Encoding.UTF8.GetBytes("""[{"Entry Name":"a","Folder":"f"},{"Entry Name":"b","Folder":"f","Deep":{"x":[1]}}]"""), warn: warnings.Add);
        Assert.Equal(2, warnings.Count);
        Assert.Contains("\"Folder\"", warnings[0], StringComparison.Ordinal);
    }
}
