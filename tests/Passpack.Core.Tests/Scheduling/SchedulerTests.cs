using System.Text;
using Passpack.Core.Tests.Vault;
using Passpack.Protocol;
using Passpack.Scheduling;

namespace Passpack.Core.Tests.Scheduling;

/// <summary>What the programs of the platforms are told: those that cannot run here are stood in for.</summary>
public sealed class SchedulerTests
{
    private static readonly string[] s_userIds = ["anna@example.com", "🔐", "../x"];

    private readonly RecordedCommands _commands = new();
    private readonly SyncTask _task = Tasks.Of("anna@example.com");

    [Fact]
    public void Systemd_gets_two_units_and_a_restart_of_the_timer()
    {
        using var home = new TemporaryFolder();
        var systemd = new SystemdScheduler(_commands, Path.Combine(home.Path, "systemd", "user"), lingers: false);
        Assert.Empty(systemd.List());
        Assert.False(systemd.Unregister(_task.Name));

        Assert.Contains("loginctl enable-linger", systemd.Register(_task), StringComparison.Ordinal);
        Assert.Equal(["systemctl --user daemon-reload", $"systemctl --user enable {_task.Name}.timer", $"systemctl --user restart {_task.Name}.timer"], _commands.Lines);
        Assert.Equal(systemd.Content(_task), string.Join('\n', systemd.Files(_task.Name).Select(File.ReadAllText)));
        RegisteredTask found = Assert.Single(systemd.List());
        Assert.Equal((_task, systemd.Content(_task)), (found.Task, found.Content));

        _commands.Ran.Clear();
        Assert.True(systemd.Unregister(_task.Name));
        Assert.Equal([$"systemctl --user disable --now {_task.Name}.timer", "systemctl --user daemon-reload"], _commands.Lines);
        Assert.Empty(Directory.GetFiles(Path.Combine(home.Path, "systemd", "user")));
        Assert.Null(new SystemdScheduler(_commands, home.Path, lingers: true).Register(_task));
    }

    [Fact]
    public void For_a_services_account_it_is_the_systems_own_systemd()
    {
        using var home = new TemporaryFolder();
        var systemd = new SystemdScheduler(_commands, home.Path, lingers: true, "svc%backup");
        SyncTask task = _task with { RunAsUser = "svc%backup", KeyFile = "/etc/passpack/it's.key" };
        Assert.Null(systemd.Register(task));
        Assert.Equal(["systemctl daemon-reload", $"systemctl enable {task.Name}.timer", $"systemctl restart {task.Name}.timer"], _commands.Lines);
        Assert.Contains("\nUser=svc%%backup\nExecStart=", systemd.Content(task), StringComparison.Ordinal);
        Assert.Equal(task, Assert.Single(systemd.List()).Task);
        // Another account's task is not its.
        Assert.Empty(new SystemdScheduler(_commands, home.Path, lingers: true, "other").List());
        Assert.True(systemd.Unregister(task.Name));
        Assert.Equal($"systemctl disable --now {task.Name}.timer", _commands.Lines.ElementAt(3));
    }

    [Fact]
    public void Windows_runs_a_services_task_without_a_logon()
    {
        SyncTask task = _task with { RunAsUser = @"CORP\svc" };
        string xml = WindowsTaskXml.Write(task, @"CORP\svc");
        Assert.Contains(@"<UserId>CORP\svc</UserId>", xml, StringComparison.Ordinal);
        Assert.Contains("<LogonType>S4U</LogonType>", xml, StringComparison.Ordinal);
        Assert.Contains("<LogonType>InteractiveToken</LogonType>", WindowsTaskXml.Write(_task, "me"), StringComparison.Ordinal);
    }

    [Fact]
    public void Systemd_that_fails_is_told_in_its_own_words()
    {
        using var home = new TemporaryFolder();
        _commands.Answer = _ => new CommandResult(1, [], "Failed to connect to bus: No medium found\n");
        Errors.Of(ErrorCodes.SchedulerFailed, () => new SystemdScheduler(_commands, home.Path, false).Register(_task), "Failed to connect to bus");
    }

    [Fact]
    public void Launchd_gets_an_agent_in_the_users_own_domain()
    {
        using var home = new TemporaryFolder();
        var launchd = new LaunchdScheduler(_commands, Path.Combine(home.Path, "LaunchAgents"), 501);
        Assert.False(launchd.Unregister(_task.Name));
        launchd.Register(_task);
        string agent = Assert.Single(launchd.Files(_task.Name));
        Assert.Equal([$"launchctl bootout gui/501/{_task.Name}", $"launchctl bootstrap gui/501 {agent}"], _commands.Lines);
        Assert.Equal(launchd.Content(_task), File.ReadAllText(agent));
        Assert.Equal(_task, Assert.Single(launchd.List()).Task);
        Assert.True(launchd.Unregister(_task.Name));
        Assert.False(File.Exists(agent));
    }

    [Fact]
    public void Windows_gets_a_file_that_is_gone_afterwards()
    {
        using var home = new TemporaryFolder();
        SyncTask task = _task with { DataFolder = home.Path };
        var windows = new WindowsScheduler(_commands, @"HOST\anna", ProgramText.Utf8);
        string? xml = null;
        _commands.Answer = line =>
        {
            if (line.StartsWith("schtasks /Create", StringComparison.Ordinal))
                xml = File.ReadAllText(Directory.GetFiles(home.Path).Single(), Encoding.UTF8); // By its byte order mark, which says UTF-16.
            return line.Contains("/XML", StringComparison.Ordinal) && line.Contains("/Query", StringComparison.Ordinal) ? RecordedCommands.Says(xml!)
                : RecordedCommands.Says($"\"\\Other\\x\",\"N/A\",\"Ready\"\r\n\"\\Passpack\\{task.Name}\",\"N/A\",\"Ready\"\r\n");
        };
        windows.Register(task);
        Assert.Equal(windows.Content(task), xml);
        Assert.Empty(Directory.GetFiles(home.Path));
        Assert.StartsWith($@"schtasks /Create /TN \Passpack\{task.Name} /XML ", _commands.Lines.Single(), StringComparison.Ordinal);
        Assert.Equal(task, Assert.Single(windows.List()).Task);
        Assert.True(windows.Unregister(task.Name));
        Assert.Equal($@"schtasks /Delete /TN \Passpack\{task.Name} /F", _commands.Lines.Last());
        Assert.False(windows.Unregister("passpack-sync-other"));
    }

    [Fact]
    public void What_Windows_writes_to_a_pipe_is_read_in_its_code_page()
    {
        const int oemOfWesternEurope = 850;
        SyncTask task = _task with { UserId = "jürgen@example.com", DataFolder = @"C:\Users\Jürgen\Passpack" };
        var windows = new WindowsScheduler(_commands, @"HOST\jürgen", oemOfWesternEurope);
        byte[] xml = CodePagesEncodingProvider.Instance.GetEncoding(oemOfWesternEurope)!.GetBytes(windows.Content(task));
        Assert.Contains((byte)0x81, xml); // An ü.
        _commands.Answer = line => line.Contains("/XML", StringComparison.Ordinal) ? new CommandResult(0, xml, "") : RecordedCommands.Says($"\"\\Passpack\\{task.Name}\"\r\n");
        Assert.Equal(task, Assert.Single(windows.List()).Task);
    }

    [Theory, InlineData(ProgramText.Utf8), InlineData(850)]
    public void What_says_its_own_encoding_is_read_in_that(int codePage)
    {
        Assert.Equal("ü", ProgramText.Decode([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("ü")], codePage));
        Assert.Equal("ü", ProgramText.Decode([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes("ü")], codePage));
    }

    [Fact]
    public void A_name_is_the_same_however_the_folder_is_spelled()
    {
        using var home = new TemporaryFolder();
        string Named(string path) => SyncTask.NameOf(new Passpack.Vault.Storage.DataFolder(path).Account("anna"));
        Assert.Equal(Named(home.Path), Named(home.Path + Path.DirectorySeparatorChar));
        Assert.All(TruePathTests.Spellings(home), other => Assert.Equal(Named(home.Path), Named(other)));
    }

    [Fact]
    public void A_name_is_of_one_account_in_one_data_folder_and_plain()
    {
        using TemporaryFolder first = new(), second = new();
        string[] names =
        [
            .. from home in new[] { first, second }
               from userId in s_userIds
               select SyncTask.NameOf(new Passpack.Vault.Storage.DataFolder(home.Path).Account(userId)),
        ];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(names, name => Assert.Matches("^passpack-sync-[a-z0-9-]+$", name));
        Assert.StartsWith("passpack-sync-anna-example-com-", names[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_run_of_an_account_is_found_in_the_log_whatever_else_is_there()
    {
        using var home = new TemporaryFolder();
        Assert.Null(TaskRun.Last(home.Path, "anna"));
        Directory.CreateDirectory(Path.GetDirectoryName(TaskRun.Log(home.Path))!);
        File.WriteAllText(TaskRun.Log(home.Path), """
            cut"}
            {"account":"anna","end":"2026-01-01T00:00:00Z","exitCode":0}
            {"account":"ANNA","end":"2026-01-02T00:00:00Z","exitCode":3,"errorId":"ServerUnreachable"}
            {"account":"bert","end":"2026-01-03T00:00:00Z","exitCode":0}
            {"account":"  ","end":"2026-01-03T00:00:00Z"}
            [1]
            null
            {"account":7}

            """);
        Assert.Equal(new TaskRun(new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero), 3, "ServerUnreachable"), TaskRun.Last(home.Path, "anna"));
        Assert.Null(TaskRun.Last(home.Path, "carla"));
    }
}
