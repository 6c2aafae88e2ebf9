using System.Text;

namespace Passpack.Help;

/// <summary>Turns docs/en-US/about_*.md into the text that Get-Help shows: topic, short description, then the sections.</summary>
public static class AboutText
{
    private const int Width = 80;

    private enum Kind
    {
        Section,
        Heading,
        Paragraph,
        Item,
        Code,
    }

    /// <summary>A file as text.</summary>
    /// <exception cref="FormatException">It does not start with its name and a short description.</exception>
    public static string Read(string path) => Parse(File.ReadAllText(path), Path.GetFileNameWithoutExtension(path));

    /// <inheritdoc cref="Read"/>
    public static string Parse(string text, string name)
    {
        string[] lines = Markdown.Lines(Markdown.WithoutComments(text));
        int body = Array.FindIndex(lines, line => line.StartsWith("## ", StringComparison.Ordinal));
        if (lines[0] != $"# {name}" || body < 0 || Markdown.Paragraphs(lines[1..body]) is not [var description])
            throw new FormatException($"{name}.md: '# {name}', one paragraph that says what it is about, and sections (##) are needed.");
        var result = new StringBuilder($"TOPIC\n    {name}\n\nSHORT DESCRIPTION\n");
        Wrap(result, description, "    ", "    ");
        Kind last = Kind.Paragraph;
        foreach ((Kind kind, List<string> block) in Blocks(lines[body..]))
        {
            if (last is not (Kind.Section or Kind.Heading) && (last, kind) != (Kind.Item, Kind.Item))
                result.Append('\n');
            Write(result, kind, block);
            last = kind;
        }
        return result.ToString();
    }

    private static List<(Kind Kind, List<string> Lines)> Blocks(string[] lines)
    {
        List<(Kind Kind, List<string> Lines)> blocks = [];
        bool open = false, code = false;
        foreach (string line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                code = !code;
                open = code;
                if (code)
                    blocks.Add((Kind.Code, []));
            }
            else if (code || (open && line.Length > 0 && Of(line) == Kind.Paragraph))
            {
                blocks[^1].Lines.Add(line);
            }
            else if (line.Length > 0)
            {
                blocks.Add((Of(line), [line]));
                open = blocks[^1].Kind is Kind.Paragraph or Kind.Item;
            }
            else
            {
                open = false;
            }
        }
        return blocks;
    }

    private static Kind Of(string line) =>
        line.StartsWith("## ", StringComparison.Ordinal) ? Kind.Section
        : line.StartsWith("### ", StringComparison.Ordinal) ? Kind.Heading
        : line.StartsWith("- ", StringComparison.Ordinal) ? Kind.Item
        : Kind.Paragraph;

    private static void Write(StringBuilder result, Kind kind, List<string> lines)
    {
        string words = Markdown.Plain(string.Join(' ', lines.Select(line => line.Trim())));
        switch (kind)
        {
            case Kind.Section:
                result.Append(words[3..].ToUpperInvariant()).Append('\n');
                break;
            case Kind.Heading:
                result.Append("  ").Append(words[4..]).Append('\n');
                break;
            case Kind.Code:
                result.AppendJoin('\n', lines.Select(line => line.Length > 0 ? "        " + line : "")).Append('\n');
                break;
            default:
                Wrap(result, words, "    ", kind == Kind.Item ? "      " : "    ");
                break;
        }
    }

    private static void Wrap(StringBuilder result, string words, string first, string next)
    {
        string line = first;
        bool empty = true;
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!empty && line.Length + 1 + word.Length > Width)
            {
                result.Append(line).Append('\n');
                line = next;
                empty = true;
            }
            line += empty ? word : " " + word;
            empty = false;
        }
        result.Append(line).Append('\n');
    }
}
