using System.Text;
using FsCheck.Fluent;
using Passpack.Protocol;

namespace Passpack.Core.Tests;

public sealed class PrintableTextTests
{
    private static readonly string[] s_pieces =
    [
        "a", "\u00FC", " ", "\U0001F600", "\u200D", "\uFE0F", "\uD83D", "\uDE00", "\0", "\a", "\b", "\t", "\n", "\r", "\u001B[31m", "\u007F", "\u0085", "\u009B2J",
        "\u00AD", "\u061C", "\u200B", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202E", "\u2066", "\u2069", "\uFEFF", "\U000E0041", "\U00013430",
    ];

    [Fact]
    public void Whatever_a_text_holds_no_character_is_left_that_a_terminal_obeys() => Prop.ForAll<int[]>(chosen =>
    {
        string shown = PrintableText.Of(string.Concat(chosen.Select(one => s_pieces[(uint)one % s_pieces.Length])));
        Assert.DoesNotContain(shown, c => char.IsControl(c) || c is '\u00AD' or '\u061C' or '\u200B' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E')
            or (>= '\u2066' and <= '\u2069') or '\uFEFF');
        Assert.DoesNotContain("\U000E0041", shown, StringComparison.Ordinal);
        // No half of a pair is left: each becomes another character in UTF-8.
        Assert.Equal(shown, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(shown)));
    }).Holds();

    [Theory]
    [InlineData("Grüße, 日本語, עברית")]
    [InlineData("\U0001F600 \U0001F469\u200D\U0001F4BB \u2764\uFE0F")]
    [InlineData("\U00020BB7野屋")]
    [InlineData("  as it was typed  ")]
    public void Letters_and_emoji_of_every_plane_stay_whole(string text) => Assert.Equal(text, PrintableText.Of(text));

    [Theory]
    [InlineData("a\u001b[31mb\u0007", "a [31mb")]
    [InlineData("gnp\u202Egpj.exe", "gnp gpj.exe")]
    [InlineData("one\r\ntwo\u2028three", "one  two three")]
    [InlineData("\U000E0041tag", "tag")]
    public void What_a_terminal_obeys_becomes_a_space(string text, string shown) => Assert.Equal(shown, PrintableText.Of(text));

    [Fact]
    public void Half_of_a_pair_becomes_a_space() => Assert.Equal("half   of a pair", PrintableText.Of("half \uD83D of a pair"));

    [Fact]
    public void A_text_that_is_cut_is_never_cut_within_a_character() => Assert.Equal("a...", PrintableText.Of("a\U0001F600b", 2));

    [Fact]
    public void A_message_of_an_error_is_one_printable_line_whatever_names_stand_in_it() =>
        Assert.Equal("The entry ' [2Jx' is not there.", new PasspackException(ErrorCodes.EntryNotFound, "The entry '\u001b[2Jx' is not there.").Message);
}
