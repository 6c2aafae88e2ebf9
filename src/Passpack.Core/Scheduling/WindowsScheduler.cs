using System.Text;
using Passpack.Vault.Storage;

namespace Passpack.Scheduling;

/// <summary>Windows' Task Scheduler, by schtasks.</summary>
/// <param name="commands">schtasks.</param>
/// <param name="user">Whose tasks: DOMAIN\NAME.</param>
/// <param name="codePage">The code page of schtasks' output.</param>
internal sealed class WindowsScheduler(ICommands commands, string user, int codePage) : ISyncScheduler
{
    private const string Program = "schtasks";
    private const string Folder = @"\Passpack\";

    public SchedulerKind Kind => SchedulerKind.TaskScheduler;

    public static WindowsScheduler Create(ICommands commands, string? user = null) =>
        new(commands, user ?? $@"{Environment.UserDomainName}\{Environment.UserName}", ProgramText.CodePage());

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
            commands.Run(Program, ["/Create", "/TN", Folder + task.Name, "/XML", file, "/F"]).Require($"{Program} /Create");
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
        string all = Ask("/FO", "CSV", "/NH");
        return
        [
            .. from line in all.Split('\n')
               let path = line.Trim().Split(',')[0].Trim('"')
               where path.StartsWith(Folder + SyncTask.NamePrefix, StringComparison.OrdinalIgnoreCase)
               let name = path[Folder.Length..]
               orderby name
               let xml = Ask("/TN", path, "/XML")
               select new RegisteredTask(name, Kind, xml, WindowsTaskXml.Read(name, xml)),
        ];
    }

    public bool Unregister(string name)
    {
        if (List().All(task => task.Name != name))
            return false;
        commands.Run(Program, ["/Delete", "/TN", Folder + name, "/F"]).Require($"{Program} /Delete");
        return true;
    }

    // The XML declares UTF-16, which is true for a file only; through a pipe it comes in a code page.
    private string Ask(params string[] arguments) =>
        ProgramText.Decode(commands.Run(Program, ["/Query", .. arguments]).Require($"{Program} /Query").Output, codePage);
}
