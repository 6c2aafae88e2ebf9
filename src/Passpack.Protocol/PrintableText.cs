using System.Globalization;

namespace Passpack.Protocol;

/// <summary>Makes text from elsewhere (a server, a file, another machine) safe to show on a terminal and in a log.</summary>
public static class PrintableText
{
    /// <summary>
    /// Replaces by a space each character that a terminal obeys or that changes how the text around it is shown: control characters, format
    /// characters (marks of direction among them), separators of lines and paragraphs, and halves of surrogate pairs. So the result is one line.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="most">The most characters of it that are shown; a longer text is cut and ends in three dots.</param>
    public static string Of(string text, int most = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool cut = text.Length > most;
        string plain = string.Concat((cut ? text[..most] : text).Select(c => IsPlain(c) ? c : ' ')).Trim();
        return cut ? plain + "..." : plain;
    }

    private static bool IsPlain(char c) => char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
