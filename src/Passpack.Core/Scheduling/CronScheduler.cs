using Passpack.Protocol;

namespace Passpack.Scheduling;

/// <summary>cron, by crontab(1).</summary>
internal sealed class CronScheduler(ICommands commands) : ISyncScheduler
{
    private const string Program = "crontab";

    public SchedulerKind Kind => SchedulerKind.Cron;

    public string Content(SyncTask task)
    {
        task.Check();
        return Crontab.Block(task);
    }

    public IReadOnlyList<string> Files(string name) => [];

    public string? Register(SyncTask task)
    {
        task.Check();
        Write(Read().With(task));
        return null;
    }

    public IReadOnlyList<RegisteredTask> List() => [.. Read().Tasks()];

    public bool Unregister(string name)
    {
        if (Read().Without(name) is not { } without)
            return false;
        Write(without);
        return true;
    }

    private Crontab Read()
    {
        CommandResult listed = commands.Run(Program, ["-l"]);
        // "no crontab for NAME", in every cron.
        return listed.ExitCode != 0 && listed.Errors.Contains("no crontab", StringComparison.OrdinalIgnoreCase)
            ? new Crontab([]) : new Crontab(listed.Require($"{Program} -l").Output);
    }

    private void Write(Crontab crontab)
    {
        commands.Run(Program, ["-"], crontab.Bytes).Require(Program);
        // crontab has no lock: another program that read before and wrote after this one has removed these lines.
        if (!Read().Bytes.AsSpan().SequenceEqual(crontab.Bytes))
        {
            throw new PasspackException(ErrorCodes.SchedulerFailed, "The crontab was changed by somebody else at the same time. " +
                "Look at it with 'crontab -l', and try again.");
        }
    }
}
