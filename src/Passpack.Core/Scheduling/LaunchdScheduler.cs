using System.Globalization;
using System.Text;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Scheduling;

/// <summary>A launch agent of the user's, by launchctl(1).</summary>
internal sealed class LaunchdScheduler(ICommands commands, string folder, uint userId) : ISyncScheduler
{
    private const string Program = "launchctl";

    public SchedulerKind Kind => SchedulerKind.Launchd;

    private string Domain => string.Create(CultureInfo.InvariantCulture, $"gui/{userId}");

    public static LaunchdScheduler Create(ICommands commands) => new(commands,
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "Library", "LaunchAgents"),
        OperatingSystem.IsWindows() ? 0 : PosixFile.Me);

    public string Content(SyncTask task)
    {
        task.Check();
        return LaunchdPlist.Write(task);
    }

    public IReadOnlyList<string> Files(string name) => [Agent(name)];

    public string? Register(SyncTask task)
    {
        string content = Content(task);
        OwnerOnly.CreateFolder(folder);
        commands.Run(Program, ["bootout", $"{Domain}/{task.Name}"]); // Unloads an earlier task; fails harmlessly if there is none.
        AtomicFile.Write(Agent(task.Name), overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(content)));
        commands.Run(Program, ["bootstrap", Domain, Agent(task.Name)]).Require($"{Program} bootstrap");
        return null;
    }

    public IReadOnlyList<RegisteredTask> List() => !Directory.Exists(folder) ? [] :
    [
        .. from agent in Directory.EnumerateFiles(folder, $"{SyncTask.NamePrefix}*.plist").Order(StringComparer.Ordinal)
           let name = Path.GetFileNameWithoutExtension(agent)
           let text = SharedRead.Text(agent)
           select new RegisteredTask(name, Kind, text, LaunchdPlist.Read(name, text)),
    ];

    public bool Unregister(string name)
    {
        if (!File.Exists(Agent(name)))
            return false;
        commands.Run(Program, ["bootout", $"{Domain}/{name}"]); // Fails harmlessly if the task is not loaded.
        File.Delete(Agent(name));
        return true;
    }

    private string Agent(string name) => Path.Combine(folder, $"{name}.plist");
}
