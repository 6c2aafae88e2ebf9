using System.Globalization;
using System.Text;

namespace Passpack.Scheduling;

/// <summary>A line of crontab(5).</summary>
internal static class CronLine
{
    /// <summary>The longest command that Vixie's cron reads.</summary>
    private const int MostBytes = 998;

    /// <exception cref="ArgumentException">The line would be too long for some crons.</exception>
    public static string Write(SyncTask task)
    {
        string command = string.Join(' ', task.Command.Select(Quote));
        if (Encoding.UTF8.GetByteCount(command) > MostBytes)
        {
            throw new ArgumentException($"The command of the task is longer than the {MostBytes} bytes that cron takes. " +
                "Put the data folder or the module at a shorter path.");
        }
        return $"{Join(task.Schedule.Minutes)} {(task.Schedule.Hours is { } hours ? Join(hours) : "*")} * * * {command}";
    }

    /// <summary>Reads a line. Null if <see cref="Write"/> did not write it.</summary>
    public static SyncTask? Read(string name, string line)
    {
        string[] fields = line.Split(' ', 6);
        if (fields.Length < 6 || fields[2] != "*" || fields[3] != "*" || fields[4] != "*" || Split(fields[0]) is not { } minutes
            || (fields[1] != "*" && Split(fields[1]) is null) || Unquote(fields[5]) is not { } command)
        {
            return null;
        }
        return SyncTask.FromCommand(name, command, DailySchedule.Of(minutes, fields[1] == "*" ? null : Split(fields[1])));
    }

    // In single quotes, a shell takes every character literally, except the quote. Before the shell, cron takes % as the end of the line unless it
    // follows a backslash; and some crons reduce two backslashes to one. So no backslash of a value may be followed directly by a backslash or a %:
    // the quotes are closed and opened again between them.
    private static string Quote(string word)
    {
        var quoted = new StringBuilder("'");
        foreach (char c in word)
        {
            quoted.Append(c switch
            {
                '\'' => @"'\''",
                '\\' => @"\''",
                '%' => @"\%",
                _ => c.ToString(),
            });
        }
        return quoted.Append('\'').ToString();
    }

    private static List<string>? Unquote(string command)
    {
        List<string> words = [];
        var word = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < command.Length; i++)
        {
            char c = command[i];
            if (c == '\\' && i + 1 < command.Length && (command[i + 1] == '%' || (!quoted && command[i + 1] == '\'')))
                word.Append(command[++i]);
            else if (c == '\'')
                quoted = !quoted;
            else if (c == '%' || (!quoted && c != ' '))
                return null;
            else if (quoted)
                word.Append(c);
            else
                EndWord();
        }
        EndWord();
        return quoted ? null : words;

        void EndWord()
        {
            words.Add(word.ToString());
            word.Clear();
        }
    }

    private static string Join(IEnumerable<int> numbers) => string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));

    private static List<int>? Split(string text)
    {
        List<int> numbers = [];
        foreach (string part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                return null;
            numbers.Add(number);
        }
        return numbers;
    }
}
