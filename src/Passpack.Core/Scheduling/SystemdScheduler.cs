using System.Text;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Scheduling;

/// <summary>A timer of the user's own systemd; for a service's account, of the system's.</summary>
/// <param name="commands">systemctl.</param>
/// <param name="folder">Where the user's units are.</param>
/// <param name="lingers">Whether the user's systemd runs while nobody is logged in.</param>
/// <param name="user">The account whose units of the system they are. Null: the user's own systemd.</param>
internal sealed class SystemdScheduler(ICommands commands, string folder, bool lingers, string? user = null) : ISyncScheduler
{
    private const string Program = "systemctl";

    public SchedulerKind Kind => SchedulerKind.Systemd;

    public static SystemdScheduler Create(ICommands commands, string? user = null)
    {
        if (user is not null)
            return new SystemdScheduler(commands, "/etc/systemd/system", lingers: true, user);
        string configuration = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } set && Path.IsPathRooted(set)
            ? set : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        return new SystemdScheduler(commands, Path.Combine(configuration, "systemd", "user"), File.Exists($"/var/lib/systemd/linger/{Environment.UserName}"));
    }

    public string Content(SyncTask task)
    {
        task.Check();
        return $"{SystemdUnits.Service(task)}\n{SystemdUnits.Timer(task)}";
    }

    public IReadOnlyList<string> Files(string name) => [Unit(name, "service"), Unit(name, "timer")];

    public string? Register(SyncTask task)
    {
        task.Check();
        OwnerOnly.CreateFolder(folder);
        Write(Unit(task.Name, "service"), SystemdUnits.Service(task));
        Write(Unit(task.Name, "timer"), SystemdUnits.Timer(task));
        Run("daemon-reload");
        Run("enable", $"{task.Name}.timer");
        Run("restart", $"{task.Name}.timer"); // Restarts a running timer, too, because its times may be new.
        return lingers ? null : "It runs only while you are logged in. For a task that always runs: loginctl enable-linger";
    }

    public IReadOnlyList<RegisteredTask> List() => !Directory.Exists(folder) ? [] :
    [
        .. from timer in Directory.EnumerateFiles(folder, $"{SyncTask.NamePrefix}*.timer").Order(StringComparer.Ordinal)
           let name = Path.GetFileNameWithoutExtension(timer)
           let service = File.Exists(Unit(name, "service")) ? SharedRead.Text(Unit(name, "service")) : ""
           let text = SharedRead.Text(timer)
           let task = SystemdUnits.Read(name, service, text)
           where user is null || task?.RunAsUser == user
           select new RegisteredTask(name, Kind, $"{service}\n{text}", task),
    ];

    public bool Unregister(string name)
    {
        string[] there = [.. Files(name).Where(File.Exists)];
        if (there.Length == 0)
            return false;
        commands.Run(Program, [.. Whose, "disable", "--now", $"{name}.timer"]); // The result does not matter: without its files the timer is gone.
        foreach (string file in there)
            File.Delete(file);
        Run("daemon-reload");
        return true;
    }

    private static void Write(string path, string text) => AtomicFile.Write(path, overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    private string Unit(string name, string kind) => Path.Combine(folder, $"{name}.{kind}");

    private string[] Whose => user is null ? ["--user"] : [];

    private void Run(params string[] arguments) =>
        commands.Run(Program, [.. Whose, .. arguments]).Require($"{Program} {string.Join(' ', [.. Whose, .. arguments])}");
}
