using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Passpack.Scheduling;

/// <summary>A task of Windows' Task Scheduler, by its schema 1.2.</summary>
internal static class WindowsTaskXml
{
    private static readonly XNamespace s_task = "http://schemas.microsoft.com/windows/2004/02/mit/task";

    private static readonly string[] s_hidden = ["-WindowStyle", "Hidden"];

    /// <exception cref="ArgumentException">A value looks like a variable, which cannot be quoted for the Task Scheduler.</exception>
    public static string Write(SyncTask task, string user)
    {
        foreach (string word in task.Command)
        {
            if (word.Contains("$(", StringComparison.Ordinal) || word.Count(c => c == '%') > 1)
            {
                throw new ArgumentException($"'{word}': the Task Scheduler would take what is in it for a variable. " +
                    "Use a path or a User ID without $( and with at most one %.");
            }
        }
        DailySchedule schedule = task.Schedule;
        var document = new XDocument(
            new XDeclaration("1.0", "UTF-16", null),
            Element("Task", new XAttribute("version", "1.2"),
                Element("RegistrationInfo", Element("Description", $"Sync {task.UserId} with its online account (Passpack). By Register-PasspackSyncTask.")),
                Element("Triggers", Element("CalendarTrigger",
                    schedule.Every == TimeSpan.FromDays(1) ? null
                        : Element("Repetition", Element("Interval", XmlConvert.ToString(schedule.Every)), Element("Duration", "P1D"),
                            Element("StopAtDurationEnd", "false")),
                    Element("StartBoundary", string.Create(CultureInfo.InvariantCulture, $"2020-01-01T{schedule.First:hh\\:mm}:00")),
                    Element("Enabled", "true"),
                    Element("ScheduleByDay", Element("DaysInterval", "1")))),
                Element("Principals", Element("Principal", new XAttribute("id", "Author"),
                    // Not "whether logged on or not" without a password (S4U): such a logon cannot open data that DPAPI sealed for the user. For a service's
                    // account it was sealed for the machine.
                    Element("UserId", user), Element("LogonType", task.RunAsUser is null ? "InteractiveToken" : "S4U"), Element("RunLevel", "LeastPrivilege"))),
                Element("Settings",
                    Element("MultipleInstancesPolicy", "IgnoreNew"), Element("DisallowStartIfOnBatteries", "false"), Element("StopIfGoingOnBatteries", "false"),
                    Element("StartWhenAvailable", "true"), Element("Enabled", "true")),
                Element("Actions", new XAttribute("Context", "Author"), Element("Exec",
                    Element("Command", task.PowerShell.Program),
                    Element("Arguments", WindowsArguments.Join([.. task.Shell.Skip(1), .. s_hidden, .. task.Command.Skip(task.Shell.Count)]))))));
        return LaunchdPlist.Text(document, Encoding.Unicode);
    }

    /// <summary>Reads a task. Null if <see cref="Write"/> did not write it.</summary>
    public static SyncTask? Read(string name, string xml)
    {
        XElement? task = LaunchdPlist.Parse(xml)?.Root, exec = task?.Element(s_task + "Actions")?.Element(s_task + "Exec");
        XElement? trigger = task?.Element(s_task + "Triggers")?.Element(s_task + "CalendarTrigger");
        if (exec?.Element(s_task + "Command")?.Value is not { } program || exec.Element(s_task + "Arguments")?.Value is not { } arguments
            || !DateTime.TryParse(trigger?.Element(s_task + "StartBoundary")?.Value, CultureInfo.InvariantCulture, out DateTime first))
        {
            return null;
        }
        try
        {
            string? interval = trigger!.Element(s_task + "Repetition")?.Element(s_task + "Interval")?.Value;
            var schedule = DailySchedule.Create(interval is null ? TimeSpan.FromDays(1) : XmlConvert.ToTimeSpan(interval), first.TimeOfDay);
            List<string> words = WindowsArguments.Split(arguments);
            // If dotnet is the program, the library comes first.
            int hidden = words is [['-', ..], ..] ? 0 : 1;
            return words.Skip(hidden).Take(s_hidden.Length).SequenceEqual(s_hidden)
                ? SyncTask.FromCommand(name, [program, .. words.Take(hidden), .. words.Skip(hidden + s_hidden.Length)], schedule) : null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static XElement Element(string name, params object?[] content) => new(s_task + name, content);
}
