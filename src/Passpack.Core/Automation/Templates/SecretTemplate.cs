using System.Text;
using Passpack.Automation.References;
using Passpack.Protocol;

namespace Passpack.Automation.Templates;

/// <summary>
/// A text with places for secrets: <c>{{ passpack:///DB/password | json }}</c>. <c>{{{{</c> stands for two braces; all other text stays as it is.
/// </summary>
public sealed class SecretTemplate
{
    private const string Open = "{{", Close = "}}", Literal = "{{{{";

    private SecretTemplate(IReadOnlyList<TemplatePart> parts) => Parts = parts;

    /// <summary>The parts, in their order.</summary>
    public IReadOnlyList<TemplatePart> Parts { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="name">How it is named in errors: a path.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.TemplateInvalid"/>: a place that is none, with line and column.</exception>
    public static SecretTemplate Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = new List<TemplatePart>();
        var plain = new StringBuilder();
        int at = 0;
        while (text.IndexOf(Open, at, StringComparison.Ordinal) is >= 0 and int open)
        {
            plain.Append(text, at, open - at);
            if (string.CompareOrdinal(text, open, Literal, 0, Literal.Length) == 0)
            {
                plain.Append(Open);
                at = open + Literal.Length;
                continue;
            }
            (int line, int column) = PlaceOf(text, open);
            int close = text.IndexOf(Close, open, StringComparison.Ordinal);
            if (close < 0)
                throw Invalid(name, line, column, "the braces are not closed");
            parts.Add(new TemplatePart(plain.ToString(), null, TemplateFilter.None, line, column));
            plain.Clear();
            parts.Add(ReadPlace(text[(open + Open.Length)..close], name, line, column));
            at = close + Close.Length;
        }
        plain.Append(text, at, text.Length - at);
        parts.Add(new TemplatePart(plain.ToString(), null, TemplateFilter.None, 0, 0));
        return new SecretTemplate([.. parts.Where(part => part.Reference is not null || part.Text.Length > 0)]);
    }

    /// <summary>The text with values in its places.</summary>
    /// <param name="values">The value of each place, in their order.</param>
    /// <param name="name">As above.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.TemplateInvalid"/>: a filter cannot write a value.</exception>
    public string Expand(IReadOnlyList<string> values, string name)
    {
        ArgumentNullException.ThrowIfNull(values);
        var text = new StringBuilder();
        int next = 0;
        foreach (TemplatePart part in Parts)
        {
            try
            {
                text.Append(part.Reference is null ? part.Text : TemplateFilters.Write(part.Filter, values[next++]));
            }
            catch (ArgumentException e)
            {
                throw Invalid(name, part.Line, part.Column, $"{part.Reference}: {e.Message.TrimEnd('.')}");
            }
        }
        return text.ToString();
    }

    private static TemplatePart ReadPlace(string place, string name, int line, int column)
    {
        string[] words = place.Split('|', 2);
        if (!SecretReference.TryParse(words[0].Trim(), out SecretReference? reference, out ReferenceFault? fault))
        {
            throw Invalid(name, line, column, $"{ReferenceErrors.Invalid(words[0].Trim(), fault!).Message} "
                + "Two braces that stand for themselves are written {{{{");
        }
        var filter = TemplateFilter.None;
        if (words.Length == 2)
        {
            string given = words[1].Trim();
            if (!TemplateFilters.Names.Contains(given, StringComparer.OrdinalIgnoreCase))
                throw Invalid(name, line, column, $"there is no filter '{given}', but {string.Join(", ", TemplateFilters.Names)}");
            filter = Enum.Parse<TemplateFilter>(given, ignoreCase: true);
        }
        return new TemplatePart("", reference, filter, line, column);
    }

    private static (int Line, int Column) PlaceOf(string text, int at) =>
        (text.AsSpan(0, at).Count('\n') + 1, at - text.AsSpan(0, at).LastIndexOf('\n'));

    private static PasspackException Invalid(string name, int line, int column, string reason) =>
        new(ErrorCodes.TemplateInvalid, $"{name}, line {line}, column {column}: {reason}.") { Target = name };
}
