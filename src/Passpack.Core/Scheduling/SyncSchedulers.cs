using Passpack.Protocol;

namespace Passpack.Scheduling;

/// <summary>Which schedulers there are.</summary>
public static class SyncSchedulers
{
    private static readonly Commands s_commands = new();

    /// <summary>The scheduler of a kind, whether or not this machine has it: a task's content can be shown on every machine.</summary>
    public static ISyncScheduler Get(SchedulerKind kind) => kind switch
    {
        SchedulerKind.TaskScheduler => WindowsScheduler.Create(s_commands),
        SchedulerKind.Launchd => LaunchdScheduler.Create(s_commands),
        SchedulerKind.Systemd => SystemdScheduler.Create(s_commands),
        SchedulerKind.Cron => new CronScheduler(s_commands),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The schedulers of this machine, the usual one first.</summary>
    public static IReadOnlyList<ISyncScheduler> OfThisMachine() =>
        [.. Enum.GetValues<SchedulerKind>().Where(IsHere).Select(Get)];

    /// <summary>The usual scheduler of this machine.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SchedulerFailed"/>: there is none.</exception>
    public static ISyncScheduler Usual() => OfThisMachine() is [var first, ..] ? first : throw new PasspackException(ErrorCodes.SchedulerFailed,
        "This user has no scheduler: no systemd user session (log in directly, not with su), and no crontab command (install cron).");

    /// <summary>Whether this machine has a scheduler for this user.</summary>
    public static bool IsHere(SchedulerKind kind) => kind switch
    {
        SchedulerKind.TaskScheduler => OperatingSystem.IsWindows(),
        SchedulerKind.Launchd => OperatingSystem.IsMacOS(),
        // The socket exists while the user's own systemd runs.
        SchedulerKind.Systemd => OperatingSystem.IsLinux() && Directory.Exists("/run/systemd/system")
            && Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && Path.Exists(Path.Combine(runtime, "systemd", "private")),
        SchedulerKind.Cron => !OperatingSystem.IsWindows() && !OperatingSystem.IsMacOS() && Programs.Find("crontab") is not null,
        _ => false,
    };
}
