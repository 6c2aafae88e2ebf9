using Passpack.Protocol;

namespace Passpack.Scheduling;

/// <summary>Which schedulers there are.</summary>
public static class SyncSchedulers
{
    private static readonly Commands s_commands = new();

    /// <summary>The scheduler of a kind, whether or not this machine has it: a task's content can be shown on every machine.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="runAsUser">The account of this machine that its tasks run as. Null: this user.</param>
    /// <exception cref="ArgumentException">This kind runs tasks of its own user only.</exception>
    public static ISyncScheduler Get(SchedulerKind kind, string? runAsUser = null) => kind switch
    {
        SchedulerKind.TaskScheduler => WindowsScheduler.Create(s_commands, runAsUser),
        SchedulerKind.Launchd when runAsUser is not null =>
            throw new ArgumentException("-RunAsUser: agents of launchd run as their own user. Register the task as that user."),
        SchedulerKind.Launchd => LaunchdScheduler.Create(s_commands),
        SchedulerKind.Systemd => SystemdScheduler.Create(s_commands, runAsUser),
        SchedulerKind.Cron => new CronScheduler(s_commands, runAsUser),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The schedulers of this machine, the usual one first.</summary>
    public static IReadOnlyList<ISyncScheduler> OfThisMachine(string? runAsUser = null) =>
        [.. Enum.GetValues<SchedulerKind>().Where(kind => IsHere(kind, runAsUser)).Select(kind => Get(kind, runAsUser))];

    /// <summary>The usual scheduler of this machine.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SchedulerFailed"/>: there is none.</exception>
    public static ISyncScheduler Usual(string? runAsUser = null) => OfThisMachine(runAsUser) is [var first, ..] ? first
        : throw new PasspackException(ErrorCodes.SchedulerFailed,
            "This user has no scheduler: no systemd user session (log in directly, not with su), and no crontab command (install cron).");

    /// <summary>Whether this machine has a scheduler for this user.</summary>
    public static bool IsHere(SchedulerKind kind, string? runAsUser = null) => kind switch
    {
        SchedulerKind.TaskScheduler => OperatingSystem.IsWindows(),
        SchedulerKind.Launchd => OperatingSystem.IsMacOS() && runAsUser is null,
        // The socket exists while the user's own systemd runs.
        SchedulerKind.Systemd => OperatingSystem.IsLinux() && Directory.Exists("/run/systemd/system") && (runAsUser is not null
            || Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && Path.Exists(Path.Combine(runtime, "systemd", "private"))),
        SchedulerKind.Cron => !OperatingSystem.IsWindows() && !OperatingSystem.IsMacOS() && Programs.Find("crontab") is not null,
        _ => false,
    };
}
