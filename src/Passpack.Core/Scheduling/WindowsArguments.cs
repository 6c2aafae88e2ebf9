using System.Text;

namespace Passpack.Scheduling;

/// <summary>Joins and splits command lines by the rules of CommandLineToArgvW ("Parsing C command-line arguments").</summary>
internal static class WindowsArguments
{
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    public static List<string> Split(string line)
    {
        List<string> words = [];
        int i = 0;
        while (i < line.Length)
        {
            if (line[i] == ' ')
            {
                i++;
                continue;
            }
            var word = new StringBuilder();
            bool quoted = false;
            for (; i < line.Length && (quoted || line[i] != ' '); i++)
            {
                int backslashes = 0;
                for (; i < line.Length && line[i] == '\\'; i++)
                    backslashes++;
                bool quote = i < line.Length && line[i] == '"';
                word.Append('\\', quote ? backslashes / 2 : backslashes);
                if (quote && backslashes % 2 == 0)
                    quoted = !quoted;
                else if (i < line.Length && (quoted || line[i] != ' '))
                    word.Append(line[i]);
                else
                    break;
            }
            words.Add(word.ToString());
        }
        return words;
    }

    private static string Quote(string word)
    {
        if (word.Length > 0 && !word.AsSpan().ContainsAny(' ', '"'))
            return word;
        var quoted = new StringBuilder("\"");
        int backslashes = 0;
        foreach (char c in word)
        {
            // Before a quote, two backslashes stand for one.
            if (c == '"')
                quoted.Append('\\', backslashes + 1);
            backslashes = c == '\\' ? backslashes + 1 : 0;
            quoted.Append(c);
        }
        return quoted.Append('\\', backslashes).Append('"').ToString();
    }
}
