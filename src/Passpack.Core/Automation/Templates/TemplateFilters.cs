using System.Globalization;
using System.Text;
using Passpack.Vault.Files;

namespace Passpack.Automation.Templates;

/// <summary>Writes values so that whoever reads the file reads exactly them.</summary>
public static class TemplateFilters
{
    // PowerShell takes each of these for a single quote, and two of them in a literal for one: about_Quoting_Rules.
    private const string SingleQuotes = "'\u2018\u2019\u201A\u201B";

    /// <summary>The names of the filters.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Enum.GetValues<TemplateFilter>().Where(filter => filter != TemplateFilter.None).Select(filter => filter.ToString().ToLowerInvariant())];

    /// <summary>A value as a filter writes it.</summary>
    /// <exception cref="ArgumentException">The format has no way to write one of its characters; the message does not show the value.</exception>
    public static string Write(TemplateFilter filter, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return filter switch
        {
            // YAML 1.2 takes every string of JSON whose control characters are escaped, those above ASCII, too.
            TemplateFilter.Json or TemplateFilter.Yaml => Json(value),
            TemplateFilter.Xml => Xml(value),
            TemplateFilter.PowerShell => $"'{string.Concat(value.Select(c => SingleQuotes.Contains(c, StringComparison.Ordinal) ? $"{c}{c}" : $"{c}"))}'",
            TemplateFilter.Sh => Posix.Quoted(WithoutZero(value, "a word of a shell")),
            _ => value,
        };
    }

    private static string Json(string value)
    {
        var written = new StringBuilder("\"");
        foreach (char c in value)
        {
            if (c is '"' or '\\')
                written.Append('\\').Append(c);
            else if (c == '\n')
                written.Append("\\n");
            else if (c == '\r')
                written.Append("\\r");
            else if (c == '\t')
                written.Append("\\t");
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF')
                written.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                written.Append(c);
        }
        return written.Append('"').ToString();
    }

    private static string Xml(string value)
    {
        var written = new StringBuilder();
        foreach (char c in value)
        {
            if (c is '&' or '<' or '>' or '"' or '\'' or '\t' or '\n' or '\r' or '\u007F' or '\u0085' or '\u2028')
                written.Append(CultureInfo.InvariantCulture, $"&#{(int)c};"); // White space in an attribute would become spaces.
            else if (c is < ' ' or '\uFFFE' or '\uFFFF')
                throw new ArgumentException("The value holds a control character, which XML has no way to write.");
            else
                written.Append(c);
        }
        return written.ToString();
    }

    private static string WithoutZero(string value, string what) => !value.Contains('\0', StringComparison.Ordinal) ? value
        : throw new ArgumentException($"The value holds a zero character, which {what} cannot.");
}
