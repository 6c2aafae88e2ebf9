using System.Text;
using Passpack.Vault;

namespace Passpack.Scheduling;

/// <summary>Windows' Task Scheduler, by schtasks.</summary>
/// <param name="commands">schtasks.</param>
/// <param name="user">Whose tasks: DOMAIN\NAME.</param>
internal sealed class WindowsScheduler(ICommands commands, string user) : ISyncScheduler
{
    private const string Program = "schtasks";
    private const string Folder = @"\Passpack\";

    public SchedulerKind Kind => SchedulerKind.TaskScheduler;

    public static WindowsScheduler Create(ICommands commands) => new(commands, $@"{Environment.UserDomainName}\{Environment.UserName}");

    public string Content(SyncTask task)
    {
        task.Check();
        return WindowsTaskXml.Write(task, user);
    }

    public IReadOnlyList<string> Files(string name) => [];

    public string? Register(SyncTask task)
    {
        string content = Content(task), file = Path.Combine(task.DataFolder, $"{task.Name}.{Guid.NewGuid():N}.xml");
        try
        {
            AtomicFile.Write(file, overwrite: false, stream => stream.Write([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(content)]));
            commands.Run(Program, ["/Create", "/TN", Folder + task.Name, "/XML", file, "/F"]).Demand($"{Program} /Create");
        }
        finally
        {
            File.Delete(file);
        }
        return null;
    }

    public IReadOnlyList<RegisteredTask> List()
    {
        // A line a task, its name first: "\Passpack\passpack-sync-...","next run","state".
        string all = Encoding.UTF8.GetString(commands.Run(Program, ["/Query", "/FO", "CSV", "/NH"]).Demand($"{Program} /Query").Output);
        return
        [
            .. from line in all.Split('\n')
               let path = line.Trim().Split(',')[0].Trim('"')
               where path.StartsWith(Folder + SyncTask.NamePrefix, StringComparison.OrdinalIgnoreCase)
               let name = path[Folder.Length..]
               orderby name
               let xml = Encoding.UTF8.GetString(commands.Run(Program, ["/Query", "/TN", path, "/XML"]).Demand($"{Program} /Query").Output)
               select new RegisteredTask(name, Kind, xml, WindowsTaskXml.Read(name, xml)),
        ];
    }

    public bool Unregister(string name)
    {
        if (List().All(task => task.Name != name))
            return false;
        commands.Run(Program, ["/Delete", "/TN", Folder + name, "/F"]).Demand($"{Program} /Delete");
        return true;
    }
}
