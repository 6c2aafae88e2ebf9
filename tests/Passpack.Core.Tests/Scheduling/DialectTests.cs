using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck.Fluent;
using Passpack.Scheduling;

namespace Passpack.Core.Tests.Scheduling;

/// <summary>Every dialect says what it was given: read back by itself, and by the program or the kind of parser that will read it.</summary>
public sealed partial class DialectTests
{
    [Fact]
    public void Every_dialect_reads_back_what_it_wrote() => Prop.ForAll(Tasks.Task.ToArbitrary(), task =>
    {
        Assert.Equal(task, CronLine.Read(task.Name, CronLine.Write(task)));
        Assert.Equal(task, SystemdUnits.Read(task.Name, SystemdUnits.Service(task), SystemdUnits.Timer(task)));
        Assert.Equal(task, LaunchdPlist.Read(task.Name, LaunchdPlist.Write(task)));
        if (!HasWindowsVariable(task))
            Assert.Equal(task, WindowsTaskXml.Read(task.Name, WindowsTaskXml.Write(task, @"HOST\anna")));
    }).Holds();

    [Theory]
    [InlineData('\n')]
    [InlineData('\r')]
    [InlineData('\0')]
    [InlineData('\t')]
    [InlineData('\u0085')]
    [InlineData('\uD800')]
    [InlineData('\uFFFF')]
    public void What_no_scheduler_can_be_told_is_refused_by_all(char character)
    {
        string value = $"a{character}b";
        foreach (SyncTask task in new[] { Tasks.Of(value), Tasks.Of("a") with { DataFolder = value }, Tasks.Of("a") with { Script = value }, Tasks.Of("a") with { PowerShell = new(value, null) }, Tasks.Of("a") with { PowerShell = new("/bin/true", value) } })
        {
            foreach (SchedulerKind kind in Enum.GetValues<SchedulerKind>())
                Tasks.Refused(() => SyncSchedulers.Get(kind).Content(task));
        }
    }

    [Theory]
    [InlineData("%PATH%")]
    [InlineData("$(Arg0)")]
    public void Windows_has_no_quote_for_variables_so_they_are_refused(string value) =>
        Assert.Contains("variable", Tasks.Refused(() => WindowsTaskXml.Write(Tasks.Of(value), "anna")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_command_that_cron_would_cut_is_refused() =>
        Assert.Contains("998", Tasks.Refused(() => CronLine.Write(Tasks.Of(new string('x', 1000)))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("* * * * * '/bin/pwsh'")]
    [InlineData("7 * * * * /bin/pwsh -File x")]
    [InlineData("7 * * * * '/bin/pwsh' '-File' 'x' '-Account:a' '-DataFolder:b' ; rm")]
    [InlineData("7 * * * * '/bin/pwsh' '-File' 'x' '-Account:a' '-DataFolder:b' '-Extra'")]
    [InlineData("7 * * 1 * '/bin/pwsh' '-NoProfile' '-NonInteractive' '-File' 'x' '-Account:a' '-DataFolder:b'")]
    [InlineData("7 * * * * '/bin/pwsh' '-NoProfile' '-NonInteractive' '-File' 'x' '-Account:a' '-DataFolder:b")]
    [InlineData("")]
    public void What_somebody_changed_is_not_taken_for_ours(string line) => Assert.Null(CronLine.Read("passpack-sync-a", line));

    [Fact]
    public void A_shell_behind_cron_gets_the_words_whatever_the_cron_does_with_two_backslashes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No sh there.");
        Prop.ForAll(Tasks.Task.ToArbitrary(), task =>
        {
            string line = CronLine.Write(task), command = line.Split(' ', 6)[5];
            string vixie = Cron(command, halves: true), other = Cron(command, halves: false);
            Assert.Equal(task.Command, Shell(vixie));
            Assert.Equal(task.Command, Shell(other));
        }).Holds();
    }

    [Fact]
    public void A_property_list_is_XML_with_the_words_as_they_are() => Prop.ForAll(Tasks.Task.ToArbitrary(), task =>
    {
        // Any XML parser's reading, with the document type left aside.
        XElement dictionary = XDocument.Parse(LaunchdPlist.Write(task), LoadOptions.PreserveWhitespace).Root!.Element("dict")!;
        Assert.Equal(task.Command, dictionary.Element("array")!.Elements("string").Select(word => word.Value));
        Assert.Equal(["Label", "ProgramArguments", "StartCalendarInterval", "ProcessType", "Umask"], dictionary.Elements("key").Select(key => key.Value));
        Assert.Equal((24 * 60) / (int)task.Schedule.Every.TotalMinutes / (task.Schedule.Hours is null ? 24 : 1), dictionary.Elements("array").ElementAt(1).Elements("dict").Count());
    }).Holds();

    [Fact]
    public void A_Windows_task_is_XML_with_a_command_line_that_comes_apart_again() => Prop.ForAll(Tasks.Task.ToArbitrary(), task =>
    {
        if (HasWindowsVariable(task))
            return;
        XNamespace ns = "http://schemas.microsoft.com/windows/2004/02/mit/task";
        XElement root = XDocument.Parse(WindowsTaskXml.Write(task, @"HOST\anna")).Root!;
        Assert.Equal(ns + "Task", root.Name);
        Assert.Equal(task.PowerShell.Program, root.Descendants(ns + "Command").Single().Value);
        // dotnet takes only a library for its first argument.
        Assert.Equal([.. task.Shell.Skip(1), "-WindowStyle", "Hidden", .. task.Command.Skip(task.Shell.Count)], ArgumentsOf(root.Descendants(ns + "Arguments").Single().Value));
        Assert.Equal($"2020-01-01T{task.Schedule.First:hh\\:mm}:00", root.Descendants(ns + "StartBoundary").Single().Value);
        Assert.Equal(task.Schedule.Every < TimeSpan.FromDays(1), root.Descendants(ns + "Repetition").Any());
    }).Holds();

    [Fact]
    public void Windows_arguments_come_apart_again() => Prop.ForAll(Gen.Elements('\\', '"', ' ', 'a').ListOf().Select(string.Concat).ListOf().ToArbitrary(), words =>
    {
        string line = WindowsArguments.Join(words);
        Assert.Equal(words, ArgumentsOf(line));
        Assert.Equal(words, WindowsArguments.Split(line));
    }).Holds();

    [Fact]
    public void Systemd_itself_reads_the_units_and_finds_the_words()
    {
        const string systemd = "/lib/systemd/systemd";
        Assert.SkipUnless(File.Exists(systemd) && File.Exists("/usr/bin/setpriv"), "NOT tested: there is no systemd here to read the unit files.");
        using var folder = new Vault.TemporaryFolder();
        SyncTask[] tasks = [.. Tasks.Task.Sample(40, 12).Select((task, i) => task with { Name = $"passpack-sync-{i}" })];
        string units = Directory.CreateDirectory(Path.Combine(folder.Path, "systemd", "user")).FullName;
        Directory.CreateDirectory(Path.Combine(folder.Path, "run"));
        foreach (SyncTask task in tasks)
        {
            File.WriteAllText(Path.Combine(units, $"{task.Name}.service"), SystemdUnits.Service(task));
            File.WriteAllText(Path.Combine(units, $"{task.Name}.timer"), SystemdUnits.Timer(task));
        }
        File.WriteAllText(Path.Combine(units, "all.target"), $"[Unit]\nWants={string.Join(' ', tasks.SelectMany(task => new[] { $"{task.Name}.service", $"{task.Name}.timer" }))}\n");
        // systemd does not run its tests as root.
        string nobody = Environment.UserName == "root" ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : "";
        Run("chmod", ["-R", "a+rX", folder.Path]);
        Run("chmod", ["777", Path.Combine(folder.Path, "run")]);
        string as_user = $"cd / && {nobody} env HOME={folder.Path} XDG_CONFIG_HOME={folder.Path} XDG_RUNTIME_DIR={folder.Path}/run";

        (int code, string verified) = Run("sh", ["-c", $"{as_user} systemd-analyze verify --user --man=no {units}/*.timer 2>&1"]);
        Assert.True(code == 0 && verified.Trim().Length == 0, verified);

        string read = Run("sh", ["-c", $"{as_user} {systemd} --user --test --unit=all.target 2>&1"]).Output;
        foreach (SyncTask task in tasks)
        {
            string unit = Section(read, $"-> Unit {task.Name}.service:");
            Assert.Contains($"Description: Sync {task.UserId} with its online account (Passpack)", unit, StringComparison.Ordinal);
            string line = CommandLine().Match(unit).Groups["line"].Value;
            // Variables are only looked for when it is run.
            Assert.Equal(task.Command, Shell(line).Select((word, i) => i == 0 ? word : word.Replace("$$", "$", StringComparison.Ordinal)));
            Assert.Contains("Unit: " + task.Name + ".service", Section(read, $"-> Unit {task.Name}.timer:"), StringComparison.Ordinal);
        }
    }

    private static string Section(string text, string heading)
    {
        int start = text.IndexOf(heading, StringComparison.Ordinal);
        Assert.True(start >= 0, $"{heading} is not in: {text[..Math.Min(text.Length, 2000)]}");
        int end = text.IndexOf("-> Unit ", start + heading.Length, StringComparison.Ordinal);
        return text[start..(end < 0 ? text.Length : end)];
    }

    private static bool HasWindowsVariable(SyncTask task) => task.Command.Any(word => word.Contains("$(", StringComparison.Ordinal) || word.Count(c => c == '%') > 1);

    /// <summary>What cron hands to the shell of a command (entry.c and do_command.c of Vixie's): up to the first % without a backslash.</summary>
    private static string Cron(string command, bool halves)
    {
        var handed = new StringBuilder();
        for (int i = 0; i < command.Length; i++)
        {
            if (command[i] == '\\' && i + 1 < command.Length)
            {
                char next = command[++i];
                handed.Append(next == '%' || (halves && next == '\\') ? next.ToString() : $"\\{next}");
                continue;
            }
            Assert.NotEqual('%', command[i]);
            handed.Append(command[i]);
        }
        return handed.ToString();
    }

    private static string[] Shell(string words) => Run("sh", ["-c", $"printf '%s\\0' {words}"]).Output.TrimEnd('\0').Split('\0');

    private static (int Code, string Output) Run(string program, IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, StandardOutputEncoding = new UTF8Encoding(false) })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    /// <summary>The documented rules (2n backslashes and a quote, 2n + 1 and a quote), by regular expression: another hand than the product's.</summary>
    private static string[] ArgumentsOf(string line) =>
    [
        .. from Match match in Argument().Matches(line)
           select BackslashesAndQuote().Replace(match.Value, one => new string('\\', one.Groups["b"].Length / 2) + (one.Groups["b"].Length % 2 == 1 ? "\"" : "")),
    ];

    // In quotes: a quote after an odd number of backslashes is one of the word's own, after an even number the end.
    [GeneratedRegex(@"(?:[^ ""\\]|\\+""?|""(?:[^""\\]|(?<!\\)(?:\\\\)*\\""|(?<!\\)(?:\\\\)+(?="")|\\+(?![""\\]))*"")+")]
    private static partial Regex Argument();

    [GeneratedRegex(@"(?<b>\\*)""")]
    private static partial Regex BackslashesAndQuote();

    [GeneratedRegex(@"Command Line: (?<line>.*)")]
    private static partial Regex CommandLine();
}
