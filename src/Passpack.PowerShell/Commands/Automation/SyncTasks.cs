using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Scheduling;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>The tasks of this data folder, in all schedulers of this machine.</summary>
internal static class SyncTasks
{
    private const string ScriptName = "Sync-PasspackTask.ps1";

    /// <summary>The tasks of accounts that match.</summary>
    public static IEnumerable<SyncTask> Find(Func<string, bool> isMeant, string? runAsUser = null)
    {
        DataFolder current = DataFolder.Current;
        Dictionary<string, AccountFolder> places = current.Places().ToDictionary(Scheduling.SyncTask.NameOf);
        return
            from scheduler in SyncSchedulers.OfThisMachine(runAsUser)
            from registered in scheduler.List()
            let task = Told(registered, places)
            where task is not null && current.IsAt(task.DataFolder) && isMeant(task.UserId)
            select new SyncTask(registered with { Task = task }, scheduler);
    }

    /// <summary>Whether an account has a task, even if somebody has changed it.</summary>
    public static bool IsRegistered(AccountFolder folder, string? runAsUser = null) => Of(folder, runAsUser).Any();

    /// <summary>Removes an account's tasks from all schedulers. False if there was none.</summary>
    public static bool Unregister(AccountFolder folder, string? runAsUser = null) =>
        Of(folder, runAsUser).ToList().Aggregate(false, (found, one) => one.Scheduler.Unregister(one.Name) || found);

    /// <summary>Makes the task of an account.</summary>
    public static Scheduling.SyncTask For(AccountFolder folder, TimeSpan every, TimeSpan? at)
    {
        string name = Scheduling.SyncTask.NameOf(folder);
        return new Scheduling.SyncTask
        {
            Name = name,
            UserId = folder.UserId,
            DataFolder = DataFolder.Current.Path,
            PowerShell = PowerShellProgram.In(Path.GetDirectoryName(typeof(PSObject).Assembly.Location)!, Environment.ProcessPath,
                Environment.GetEnvironmentVariable("PATH"))
                ?? throw ErrorRecords.Invalid("Run this in pwsh: the task needs its path.", null),
            Script = Path.Combine(Path.GetDirectoryName(typeof(SyncTasks).Assembly.Location)!, ScriptName),
            Schedule = DailySchedule.Create(every, at ?? Scheduling.SyncTask.UsualTime(name)),
        };
    }

    public static PasspackException NotFound(string account) =>
        new(ErrorCodes.SyncTaskNotFound, $"There is no sync task of the account {account} on this machine. " +
            "Register-PasspackSyncTask makes one; Get-PasspackSyncTask lists them.")
        { Target = account };

    // Finds the task by its name, and also one that an earlier version named after another spelling of the folder.
    private static IEnumerable<(ISyncScheduler Scheduler, string Name)> Of(AccountFolder folder, string? runAsUser)
    {
        string name = Scheduling.SyncTask.NameOf(folder);
        return
            from scheduler in SyncSchedulers.OfThisMachine(runAsUser)
            from registered in scheduler.List()
            where registered.Name == name
                || registered.Task is { } task && DataFolder.Current.IsAt(task.DataFolder) && DataFolder.Current.Account(task.UserId).Path == folder.Path
            select (scheduler, registered.Name);
    }

    // Account and folder are recognised by the task's name, because a scheduler may garble some of their letters (Windows' does in a pipe).
    private static Scheduling.SyncTask? Told(RegisteredTask registered, Dictionary<string, AccountFolder> places) =>
        registered.Task is { } task && places.TryGetValue(registered.Name, out AccountFolder? place)
            ? task with { UserId = place.UserId, DataFolder = DataFolder.Current.Path } : registered.Task;
}
