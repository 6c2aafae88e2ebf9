namespace Passpack.Scheduling;

/// <summary>A scheduler of this machine, which runs tasks of this user.</summary>
public interface ISyncScheduler
{
    /// <summary>Which.</summary>
    SchedulerKind Kind { get; }

    /// <summary>The definition of a task in this scheduler's own format.</summary>
    /// <exception cref="ArgumentException">The format cannot express a value.</exception>
    string Content(SyncTask task);

    /// <summary>The files that define a task. Empty if the scheduler stores tasks by itself.</summary>
    IReadOnlyList<string> Files(string name);

    /// <summary>Registers a task, in place of one of the same name.</summary>
    /// <returns>A hint for the user. Null if there is none.</returns>
    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.SchedulerFailed"/>.</exception>
    string? Register(SyncTask task);

    /// <summary>The registered tasks of this module.</summary>
    IReadOnlyList<RegisteredTask> List();

    /// <summary>Removes a task. False if there was none.</summary>
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

    /// <summary>Other systems, and Linux without systemd.</summary>
    Cron,
}

/// <summary>A task as the scheduler has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Scheduler">Where it was found.</param>
/// <param name="Content">The task in the scheduler's own format.</param>
/// <param name="Task">The task that the content defines. Null if somebody has changed the content.</param>
public sealed record RegisteredTask(string Name, SchedulerKind Scheduler, string Content, SyncTask? Task);
