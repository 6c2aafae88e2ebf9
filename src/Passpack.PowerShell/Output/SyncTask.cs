using Passpack.Scheduling;

namespace Passpack.PowerShell;

/// <summary>A sync that a scheduler of this machine runs, or would run.</summary>
public sealed class SyncTask
{
    internal SyncTask(RegisteredTask registered, ISyncScheduler scheduler)
        : this(registered.Name, registered.Task!, registered.Content, scheduler) => Registered = true;

    internal SyncTask(Scheduling.SyncTask task, ISyncScheduler scheduler, bool registered)
        : this(task.Name, task, scheduler.Content(task), scheduler) => Registered = registered;

    private SyncTask(string name, Scheduling.SyncTask task, string content, ISyncScheduler scheduler)
    {
        Name = name;
        Content = content;
        Scheduler = EnumMap.To<SchedulerKind, SyncTaskScheduler>(scheduler.Kind);
        Path = [.. scheduler.Files(name)];
        Account = task.UserId;
        Every = task.Schedule.Every;
        At = task.Schedule.First;
        ExcludeTags = task.ExcludeTags;
        ExcludeFavorites = task.ExcludeFavorites;
        ConflictPolicy = Enum.TryParse(task.ConflictPolicy, out ConflictPolicy policy) ? policy : ConflictPolicy.Newest;
        TimeoutSec = task.TimeoutSec;
        RunAsUser = task.RunAsUser;
        KeyFile = task.KeyFile;
        Log = TaskRun.Log(task.DataFolder);
        TaskRun? last = TaskRun.Last(task.DataFolder, task.UserId);
        LastRun = last?.End;
        LastExitCode = last?.ExitCode;
        LastErrorId = last?.ErrorId;
    }

    /// <summary>The account that it syncs.</summary>
    public string Account { get; }

    /// <summary>The interval between runs.</summary>
    public TimeSpan Every { get; }

    /// <summary>The first run of a day, by the machine's local time.</summary>
    public TimeSpan At { get; }

    /// <summary>The scheduler.</summary>
    public SyncTaskScheduler Scheduler { get; }

    /// <summary>Whether the scheduler has it; false under -WhatIf.</summary>
    public bool Registered { get; }

    /// <summary>When the last run in the log ended.</summary>
    public DateTimeOffset? LastRun { get; }

    /// <summary>Its exit code: about_Passpack_Automation.</summary>
    public int? LastExitCode { get; }

    /// <summary>The id of its error. Null if it synced.</summary>
    public string? LastErrorId { get; }

    /// <summary>As Sync-PasspackVault.</summary>
    public bool ExcludeTags { get; }

    /// <summary>As Sync-PasspackVault.</summary>
    public bool ExcludeFavorites { get; }

    /// <summary>As Sync-PasspackVault.</summary>
    public ConflictPolicy ConflictPolicy { get; }

    /// <summary>As Sync-PasspackVault; 0 for no limit.</summary>
    public int TimeoutSec { get; }

    /// <summary>The account of this machine that it runs as. Null: whoever registered it.</summary>
    public string? RunAsUser { get; }

    /// <summary>The key file that unlocks the account. Null: the key in the data folder.</summary>
    public string? KeyFile { get; }

    /// <summary>Its name at the scheduler.</summary>
    public string Name { get; }

    /// <summary>The files that the scheduler reads. Empty if it stores tasks by itself.</summary>
    public string[] Path { get; }

    /// <summary>The task in the scheduler's own format.</summary>
    public string Content { get; }

    /// <summary>The log of the runs, a line of JSON each.</summary>
    public string Log { get; }

    /// <summary>Its account.</summary>
    public override string ToString() => Account;
}

/// <summary>The schedulers.</summary>
public enum SyncTaskScheduler
{
    /// <summary>Windows.</summary>
    TaskScheduler,

    /// <summary>macOS.</summary>
    Launchd,

    /// <summary>Linux, a timer of the user's own systemd.</summary>
    Systemd,

    /// <summary>Other systems, and Linux without systemd.</summary>
    Cron,
}
