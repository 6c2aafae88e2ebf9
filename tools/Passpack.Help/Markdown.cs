using System.Text.RegularExpressions;

namespace Passpack.Help;

/// <summary>The little Markdown that help pages use, as plain text.</summary>
internal static partial class Markdown
{
    public static string[] Lines(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');

    /// <summary>Paragraphs, one string each; the items of a list stay lines of one paragraph.</summary>
    public static IReadOnlyList<string> Paragraphs(IEnumerable<string> lines)
    {
        string text = WithoutComments(string.Join('\n', lines));
        return
        [
            .. BlankLines().Split(text).Select(paragraph => paragraph.Trim()).Where(paragraph => paragraph.Length > 0)
                .Select(paragraph => Plain(LineBreak().Replace(paragraph, " "))),
        ];
    }

    /// <summary>Links by their text, code and emphasis without their marks.</summary>
    public static string Plain(string text) => CodeMarks().Replace(Strong().Replace(Link().Replace(text, "${text}"), "${text}"), "${text}");

    public static string WithoutComments(string text) => Comment().Replace(text, "");

    [GeneratedRegex(@"\n\s*\n")]
    private static partial Regex BlankLines();

    // Within a paragraph, but not before the next item of a list.
    [GeneratedRegex(@"\n(?!- )\s*")]
    private static partial Regex LineBreak();

    [GeneratedRegex(@"\[(?<text>[^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\*\*(?<text>[^*]+)\*\*")]
    private static partial Regex Strong();

    [GeneratedRegex(@"`(?<text>[^`]+)`")]
    private static partial Regex CodeMarks();

    [GeneratedRegex(@"<!--.*?-->\n?", RegexOptions.Singleline)]
    private static partial Regex Comment();
}
