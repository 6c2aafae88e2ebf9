namespace Passpack.Scheduling;

/// <summary>What starts the tasks of this user on this machine.</summary>
public interface ISyncScheduler
{
    /// <summary>Which.</summary>
    SchedulerKind Kind { get; }

    /// <summary>What it is told of a task, and writing which it is registered.</summary>
    /// <exception cref="ArgumentException">It cannot be told a value.</exception>
    string Content(SyncTask task);

    /// <summary>The files that it keeps of a task; none where it keeps tasks by itself.</summary>
    IReadOnlyList<string> Files(string name);

    /// <summary>Registers a task, in place of one of the same name.</summary>
    /// <returns>What the user should know beside; null: nothing.</returns>
    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.SchedulerFailed"/>.</exception>
    string? Register(SyncTask task);

    /// <summary>The registered tasks of this module.</summary>
    IReadOnlyList<RegisteredTask> List();

    /// <summary>Removes a task. False: there was none.</summary>
    bool Unregister(string name);
}

/// <summary>The schedulers.</summary>
public enum SchedulerKind
{
    /// <summary>Windows.</summary>
    TaskScheduler,

    /// <summary>macOS.</summary>
    Launchd,

    /// <summary>Linux, a timer of the user's own systemd.</summary>
    Systemd,

    /// <summary>Where there is none of them.</summary>
    Cron,
}

/// <summary>A task as the scheduler has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Scheduler">Where it was found.</param>
/// <param name="Content">What the scheduler was told.</param>
/// <param name="Task">What that means; null: somebody has changed it.</param>
public sealed record RegisteredTask(string Name, SchedulerKind Scheduler, string Content, SyncTask? Task);
