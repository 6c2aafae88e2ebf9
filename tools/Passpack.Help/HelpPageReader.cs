using System.Text.RegularExpressions;

namespace Passpack.Help;

/// <summary>Reads a page. Its form is fixed, so that a page that says something in the wrong place is an error and not lost.</summary>
public sealed partial class HelpPageReader
{
    private static readonly string[] s_sections = ["Description", "Examples", "Parameters", "Inputs", "Outputs", "Links"];

    private readonly string _file;
    private readonly Dictionary<string, List<string>> _sections = [];

    private HelpPageReader(string file) => _file = file;

    /// <summary>A file.</summary>
    /// <exception cref="FormatException">It has not the form of a page; the message says where.</exception>
    public static HelpPage Read(string path) => Parse(File.ReadAllText(path), Path.GetFileName(path));

    /// <inheritdoc cref="Read"/>
    public static HelpPage Parse(string text, string file) => new HelpPageReader(file).Parse(text);

    private HelpPage Parse(string text)
    {
        string[] lines = Markdown.Lines(text);
        string name = Path.GetFileNameWithoutExtension(_file);
        if (lines.Length == 0 || lines[0] != $"# {name}")
            throw Wrong($"the first line is '# {name}'");
        List<string> head = Split(lines[1..]);
        if (!_sections.Keys.SequenceEqual(s_sections))
            throw Wrong($"the sections are {string.Join(", ", s_sections)}, in this order; found {string.Join(", ", _sections.Keys)}");
        IReadOnlyList<string> synopsis = Markdown.Paragraphs(head);
        return new HelpPage(
            name,
            synopsis.Count == 1 ? synopsis[0] : throw Wrong("one paragraph, the synopsis, follows the title"),
            Markdown.Paragraphs(_sections["Description"]),
            [.. Parts("Examples").Select(part => Example(part.Title, part.Lines))],
            Parameters(),
            Types("Inputs"),
            Types("Outputs"),
            [.. Markdown.Paragraphs(_sections["Links"]).SelectMany(list => list.Split('\n')).Select(link => link.TrimStart('-', ' '))]);
    }

    // What stands before the first section.
    private List<string> Split(string[] lines)
    {
        List<string> head = [], into = head;
        bool code = false;
        foreach (string line in lines)
        {
            code ^= line.StartsWith("```", StringComparison.Ordinal);
            if (code || !line.StartsWith("## ", StringComparison.Ordinal))
                into.Add(line);
            else if (!_sections.TryAdd(line[3..].Trim(), into = []))
                throw Wrong($"'{line}' is there twice");
        }
        return code ? throw Wrong("a block of code has no end") : head;
    }

    private List<(string Title, List<string> Lines)> Parts(string section)
    {
        List<(string Title, List<string> Lines)> parts = [];
        bool code = false;
        foreach (string line in _sections[section])
        {
            code ^= line.StartsWith("```", StringComparison.Ordinal);
            if (!code && line.StartsWith("### ", StringComparison.Ordinal))
                parts.Add((line[4..].Trim(), []));
            else if (parts.Count > 0)
                parts[^1].Lines.Add(line);
            else if (line.Length > 0)
                throw Wrong($"in {section}, '{line}' belongs to no heading (###)");
        }
        return parts;
    }

    private HelpExample Example(string title, List<string> lines)
    {
        Match block = CodeBlock().Match(Markdown.WithoutComments(string.Join('\n', lines)));
        if (!block.Success)
            throw Wrong($"the example '{title}' is one block of powershell code, and what it shows after it");
        return new HelpExample(title, block.Groups["code"].Value, Markdown.Paragraphs(block.Groups["rest"].Value.Split('\n')));
    }

    private Dictionary<string, string> Parameters()
    {
        Dictionary<string, string> parameters = new(StringComparer.Ordinal);
        foreach ((string title, List<string> lines) in Parts("Parameters"))
        {
            if (!title.StartsWith('-') || !parameters.TryAdd(title[1..], string.Join("\n\n", Markdown.Paragraphs(lines))))
                throw Wrong($"'{title}' is no parameter, or is there twice");
        }
        return parameters;
    }

    private List<HelpType> Types(string section) =>
        [.. Markdown.Paragraphs(_sections[section]).Select(paragraph => paragraph.Split(": ", 2)).Select(type => type switch
        {
            ["None" or "None."] => new HelpType("None", ""),
            [var name, var text] => new HelpType(name, text),
            _ => throw Wrong($"in {section}, a paragraph is 'Type: what is done with it' or 'None'"),
        })];

    private FormatException Wrong(string rule) => new($"{_file}: {rule}.");

    [GeneratedRegex(@"\A\s*```powershell\n(?<code>.*?)\n```(?<rest>(?:(?!```).)*)\z", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
