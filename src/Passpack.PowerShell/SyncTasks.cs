using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Scheduling;
using Passpack.Vault;

namespace Passpack.PowerShell;

/// <summary>The tasks of this data folder, at whichever scheduler of this machine.</summary>
internal static class SyncTasks
{
    private const string ScriptName = "Sync-PasspackTask.ps1";

    /// <summary>Those whose account fits.</summary>
    public static IEnumerable<SyncTask> Find(Func<string, bool> isMeant) =>
        from scheduler in SyncSchedulers.OfThisMachine()
        from registered in scheduler.List()
        where registered.Task is { } task && task.DataFolder == DataFolder.Current.Path && isMeant(task.UserId)
        select new SyncTask(registered, scheduler);

    /// <summary>Whether an account has one, even one that somebody has changed.</summary>
    public static bool IsRegistered(AccountFolder folder) =>
        SyncSchedulers.OfThisMachine().SelectMany(scheduler => scheduler.List()).Any(task => task.Name == Scheduling.SyncTask.NameOf(folder));

    /// <summary>Removes an account's, wherever it is. False: there was none.</summary>
    public static bool Unregister(AccountFolder folder)
    {
        string name = Scheduling.SyncTask.NameOf(folder);
        return SyncSchedulers.OfThisMachine().Aggregate(false, (found, scheduler) => scheduler.Unregister(name) || found);
    }

    /// <summary>What runs, and with what.</summary>
    public static Scheduling.SyncTask For(AccountFolder folder, TimeSpan every, TimeSpan? at)
    {
        string name = Scheduling.SyncTask.NameOf(folder);
        return new Scheduling.SyncTask
        {
            Name = name,
            UserId = folder.UserId,
            DataFolder = DataFolder.Current.Path,
            PowerShell = FindPowerShell(),
            Script = Path.Combine(Path.GetDirectoryName(typeof(SyncTasks).Assembly.Location)!, ScriptName),
            Schedule = DailySchedule.Create(every, at ?? Scheduling.SyncTask.UsualTime(name)),
        };
    }

    public static PasspackException NotFound(string account) =>
        new(ErrorCodes.SyncTaskNotFound, $"There is no sync task of the account {account} on this machine. Register-PasspackSyncTask makes one; Get-PasspackSyncTask lists them.")
        { Target = account };

    // The one that runs this; another program that hosts PowerShell has a pwsh beside its libraries, or none.
    private static string FindPowerShell()
    {
        string program = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";
        string beside = Path.Combine(Path.GetDirectoryName(typeof(PSObject).Assembly.Location)!, program);
        return File.Exists(beside) ? beside
            : Path.GetFileName(Environment.ProcessPath) == program ? Environment.ProcessPath!
            : throw ErrorRecords.Invalid("Run this in pwsh: the task needs its path.", null);
    }
}
