using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Transfer;

public sealed class ModernLayoutTests
{
    [Fact]
    public void Nothing_is_written_as_an_empty_list_and_never_blank()
    {
        Assert.Equal("""{"tags":[]}""", ModernLayout.WriteTags([]));
        Assert.Equal("""{"extraFields":[]}""", ModernLayout.WriteExtraFields([]));
    }

    [Fact]
    public void Cells_are_written_as_Passpack_writes_them()
    {
        Assert.Equal(
            """{"tags":["{\"tag\":\"One\"}","{\"tag\":\"Slash/Sub\"}","{\"tag\":\"q\\\"uote\"}"]}""",
            ModernLayout.WriteTags(["One", "Slash/Sub", "q\"uote"]));
        Assert.Equal(
            """{"extraFields":["{\"name\":\"pin\",\"type\":\"text\",\"data\":\"46\\\"29\\\\16\"}","{\"name\":\"Über\",\"type\":\"password\",\"data\":\"ß€🔐\\nline2\"}"]}""",
            ModernLayout.WriteExtraFields([new("pin", "text", "46\"29\\16"), new("Über", "password", "ß€🔐\nline2")]));
    }

    [Fact]
    public void Control_characters_are_escaped_as_JavaScript_does_and_nothing_else_is() =>
        Assert.Equal(
            """{"tags":["{\"tag\":\"\\b\\f\\n\\r\\t\\u0000\\u001f""" + "\u007F\u2028<>&'/" + """\"}"]}""",
            ModernLayout.WriteTags(["\b\f\n\r\t\0\u001F\u007F\u2028<>&'/"]));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("""{"tags":[]}""")]
    [InlineData(""" { "tags" : [ ] } """)]
    public void A_blank_or_empty_cell_means_none(string cell) => Assert.Empty(ModernLayout.ReadTags(cell));

    [Fact]
    public void A_field_without_type_or_data_is_an_empty_text() =>
        Assert.Equal([new ExtraField("n", ExtraField.TypeNotSaid, "")], ModernLayout.ReadExtraFields("""{"extraFields":["{\"name\":\"n\"}"]}"""));

    [Theory]
    [InlineData("Servers")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"tags":null}""")]
    [InlineData("""{"tags":[{"tag":"a"}]}""")]
    [InlineData("""{"tags":["a"]}""")]
    [InlineData("""{"tags":["[]"]}""")]
    [InlineData("""{"tags":["{}"]}""")]
    [InlineData("""{"tags":["{\"tag\":1}"]}""")]
    [InlineData("""{"tags":["{\"tag\":\"a\"}"}""")]
    [InlineData("""{"tags":["{\"tag\":\"\\ud83d\"}"]}""")]
    [InlineData("""{"tags":["\ud83d"]}""")]
    public void Anything_else_is_refused_without_showing_it(string cell)
    {
        var error = Assert.Throws<FormatException>(() => ModernLayout.ReadTags(cell));
        Assert.DoesNotContain("Servers", error.Message, StringComparison.Ordinal);
    }
}
