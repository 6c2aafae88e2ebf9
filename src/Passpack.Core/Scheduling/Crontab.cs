using System.Text;
using System.Text.RegularExpressions;

namespace Passpack.Scheduling;

/// <summary>
/// A user's crontab: our lines between markers, and all other lines, which are kept byte for byte. To keep every byte, the text is decoded as
/// Latin-1.
/// </summary>
internal sealed partial class Crontab(byte[] bytes)
{
    private readonly string _text = Encoding.Latin1.GetString(bytes);

    public byte[] Bytes => Encoding.Latin1.GetBytes(_text);

    public static string Block(SyncTask task) => $"""
        # Passpack sync task {task.Name}: begin (by Register-PasspackSyncTask)
        {CronLine.Write(task)}
        # Passpack sync task {task.Name}: end

        """.ReplaceLineEndings("\n");

    /// <summary>The crontab with a task, which replaces its earlier form or is added at the end.</summary>
    public Crontab With(SyncTask task)
    {
        string block = AsLatin1(Block(task));
        if (Find(task.Name) is { } match)
            return New(_text[..match.Index] + block + _text[(match.Index + match.Length)..]);
        return New(_text.Length == 0 || _text.EndsWith('\n') ? _text + block : $"{_text}\n{block}");
    }

    /// <summary>The crontab without a task. Null if the task is not in it.</summary>
    public Crontab? Without(string name) => Find(name) is { } match ? New(_text.Remove(match.Index, match.Length)) : null;

    public IEnumerable<RegisteredTask> Tasks()
    {
        foreach (Match match in Marked().Matches(_text))
        {
            string name = match.Groups["name"].Value, content = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(match.Value));
            string[] lines = content.TrimEnd('\n').Split('\n');
            yield return new RegisteredTask(name, SchedulerKind.Cron, content, lines.Length == 3 ? CronLine.Read(name, lines[1]) : null);
        }
    }

    private static Crontab New(string latin1) => new(Encoding.Latin1.GetBytes(latin1));

    private static string AsLatin1(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private Match? Find(string name) => Marked().Matches(_text).FirstOrDefault(match => match.Groups["name"].Value == name);

    // No other marker may lie between begin and end, so that a marker without its other half removes no foreign lines.
    [GeneratedRegex(@"^# Passpack sync task (?<name>passpack-sync-[a-z0-9-]+): begin[^\n]*\n(?:(?!# Passpack sync task )[^\n]*\n)*"
        + @"# Passpack sync task \k<name>: end[^\n]*(?:\n|\z)",
        RegexOptions.Multiline)]
    private static partial Regex Marked();
}
