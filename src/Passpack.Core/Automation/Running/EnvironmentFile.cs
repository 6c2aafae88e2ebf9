using System.Text;
using Passpack.Vault.Files;

namespace Passpack.Automation.Running;

/// <summary>
/// A file of environment variables (<c>.env</c>): lines of <c>NAME=value</c>, with <c>export</c> before them or not. Between single quotes a value is as it
/// stands; between double quotes <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\"</c>, <c>\\</c> and <c>\$</c> are escapes; without quotes it ends at white space and
/// <c>#</c>. Nothing is put in for <c>$NAME</c>.
/// </summary>
public static class EnvironmentFile
{
    private const string Export = "export ";

    /// <summary>The variables of a file, in its order; a name can come more than once, and then the last counts.</summary>
    /// <exception cref="ArgumentException">A line is no variable; the message says which line, and shows nothing of it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(string path) => Parse(SharedRead.Text(path), path);

    internal static IReadOnlyList<KeyValuePair<string, string>> Parse(string text, string path)
    {
        var variables = new List<KeyValuePair<string, string>>();
        int number = 0;
        foreach (string raw in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line.StartsWith(Export, StringComparison.Ordinal))
                line = line[Export.Length..].TrimStart();
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? "" : line[..equals].TrimEnd();
            if (name.Length == 0 || name.Any(char.IsWhiteSpace))
                throw new ArgumentException($"{path}, line {number}: this is no variable. A line is NAME=value, empty, or a comment that begins with #.");
            if (ReadValue(line[(equals + 1)..].TrimStart(), out string? fault) is not { } value)
                throw new ArgumentException($"{path}, line {number}: the value of {name} {fault}.");
            variables.Add(new(name, value));
        }
        return variables;
    }

    private static string? ReadValue(string text, out string? fault)
    {
        fault = null;
        if (text.Length == 0 || text[0] is not ('"' or '\''))
        {
            int comment = text.IndexOf(" #", StringComparison.Ordinal);
            return (comment < 0 ? text : text[..comment]).TrimEnd();
        }
        var value = new StringBuilder();
        for (int at = 1; at < text.Length; at++)
        {
            if (text[at] == text[0])
            {
                string rest = text[(at + 1)..].TrimStart();
                fault = rest.Length == 0 || rest[0] == '#' ? null : "goes on after its closing quote";
                return fault is null ? value.ToString() : null;
            }
            if (text[0] == '"' && text[at] == '\\' && at + 1 < text.Length)
                value.Append(text[++at] switch { 'n' => "\n", 'r' => "\r", 't' => "\t", '"' or '\\' or '$' => $"{text[at]}", _ => $"\\{text[at]}" });
            else
                value.Append(text[at]);
        }
        fault = "has no closing quote; a line break in it is written \\n, between double quotes";
        return null;
    }
}
