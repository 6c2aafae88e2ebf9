using System.Globalization;
using System.Text;

namespace Passpack.Protocol;

/// <summary>Makes text from elsewhere (a server, a file, another machine) safe to show on a terminal and in a log.</summary>
public static class PrintableText
{
    // Joins the parts of one emoji, and the letters of some scripts. It moves nothing and hides nothing.
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>
    /// Replaces by a space each character that controls a terminal or changes how the surrounding text is shown: control characters, format
    /// characters (marks of direction among them), separators of lines and paragraphs, and halves of surrogate pairs. So the result is one line.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="most">The most characters of it that are shown; a longer text is cut and ends in three dots.</param>
    public static string Of(string text, int most = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool cut = text.Length > most;
        string shown = cut ? text[..most] : text;
        return cut ? Replaced(shown).Trim() + "..." : IsPrintable(shown) ? shown : Replaced(shown).Trim();
    }

    /// <summary>Whether a text can be shown as it is.</summary>
    public static bool IsPrintable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (int i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune) || !IsPrintable(rune))
                return false;
            i += rune.Utf16SequenceLength;
        }
        return true;
    }

    /// <summary>Whether a character can be shown as it is.</summary>
    public static bool IsPrintable(Rune rune) => rune.Value == ZeroWidthJoiner
        || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static string Replaced(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            bool whole = Rune.TryGetRuneAt(text, i, out Rune rune);
            int length = whole ? rune.Utf16SequenceLength : 1;
            if (whole && IsPrintable(rune))
                plain.Append(text, i, length);
            else
                plain.Append(' ');
            i += length;
        }
        return plain.ToString();
    }
}
