using System.Globalization;
using System.Text.RegularExpressions;

namespace Passpack.Scheduling;

/// <summary>The two unit files of a task: systemd.service(5), systemd.timer(5); quoting by systemd.syntax(7).</summary>
internal static partial class SystemdUnits
{
    private const string By = "# By Register-PasspackSyncTask; Unregister-PasspackSyncTask removes it.";

    // The description ends in a fixed word, because a backslash at the end of the line would join the next line.
    public static string Service(SyncTask task) => $"""
        {By}
        [Unit]
        Description=Sync {Literal(task.UserId)} with its online account (Passpack)

        [Service]
        Type=oneshot
        UMask=0077
        {(task.RunAsUser is null ? "" : $"User={Literal(task.RunAsUser)}\n")}ExecStart={Command(task.Command)}

        """.ReplaceLineEndings("\n");

    public static string Timer(SyncTask task) => $"""
        {By}
        [Unit]
        Description=Sync {Literal(task.UserId)} with its online account (Passpack)

        [Timer]
        OnCalendar=*-*-* {(task.Schedule.Hours is { } hours ? Join(hours) : "*")}:{Join(task.Schedule.Minutes)}:00
        Persistent=true

        [Install]
        WantedBy=timers.target

        """.ReplaceLineEndings("\n");

    /// <summary>Reads a task. Null if the files are not those that these methods write.</summary>
    public static SyncTask? Read(string name, string service, string timer)
    {
        Match start = ExecStart().Match(service), calendar = OnCalendar().Match(timer);
        if (!start.Success || !calendar.Success || Words(start.Groups["command"].Value) is not { } command)
            return null;
        List<int> minutes = Split(calendar.Groups["minutes"].Value);
        string hours = calendar.Groups["hours"].Value;
        SyncTask? task = SyncTask.FromCommand(name, command, DailySchedule.Of(minutes, hours == "*" ? null : Split(hours)));
        return User().Match(service) is { Success: true } user && task is not null
            ? task with { RunAsUser = user.Groups["user"].Value.Replace("%%", "%", StringComparison.Ordinal) } : task;
    }

    private static string Command(IReadOnlyList<string> command) =>
        // systemd expands variables in the arguments, but not in the program's path.
        string.Join(' ', command.Select((word, i) => $"\"{Escape(Literal(word), i > 0)}\""));

    private static string Escape(string word, bool variables)
    {
        string escaped = word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return variables ? escaped.Replace("$", "$$", StringComparison.Ordinal) : escaped;
    }

    // systemd.unit(5), Specifiers.
    private static string Literal(string text) => text.Replace("%", "%%", StringComparison.Ordinal);

    private static List<string>? Words(string command)
    {
        List<string> words = [];
        foreach (Match match in Word().Matches(command))
        {
            string word = match.Groups["word"].Value.Replace("%%", "%", StringComparison.Ordinal);
            if (words.Count > 0)
                word = word.Replace("$$", "$", StringComparison.Ordinal);
            words.Add(Escaped().Replace(word, escaped => escaped.Value[1..]));
        }
        return string.Join(' ', Word().Matches(command)) == command ? words : null;
    }

    private static string Join(IEnumerable<int> numbers) => string.Join(',', numbers.Select(number => number.ToString("00", CultureInfo.InvariantCulture)));

    private static List<int> Split(string numbers) => [.. numbers.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"^ExecStart=(?<command>.*)$", RegexOptions.Multiline)]
    private static partial Regex ExecStart();

    [GeneratedRegex(@"^User=(?<user>.*)$", RegexOptions.Multiline)]
    private static partial Regex User();

    [GeneratedRegex(@"^OnCalendar=\*-\*-\* (?<hours>\*|\d\d(,\d\d)*):(?<minutes>\d\d(,\d\d)*):00$", RegexOptions.Multiline)]
    private static partial Regex OnCalendar();

    [GeneratedRegex(@"""(?<word>(?:[^""\\]|\\.)*)""")]
    private static partial Regex Word();

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escaped();
}
