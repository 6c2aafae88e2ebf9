using Passpack.Protocol;

namespace Passpack.Scheduling;

/// <summary>cron, by crontab(1).</summary>
/// <param name="commands">crontab.</param>
/// <param name="user">Whose crontab, which root alone may ask for. Null: this user's.</param>
internal sealed class CronScheduler(ICommands commands, string? user = null) : ISyncScheduler
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

    public IReadOnlyList<RegisteredTask> List() =>
        [.. Read().Tasks().Select(one => one with { Task = one.Task is null ? null : one.Task with { RunAsUser = user } })];

    public bool Unregister(string name)
    {
        if (Read().Without(name) is not { } without)
            return false;
        Write(without);
        return true;
    }

    private string[] Whose => user is null ? [] : ["-u", user];

    private Crontab Read()
    {
        CommandResult listed = commands.Run(Program, [.. Whose, "-l"]);
        // "no crontab for NAME", in every cron.
        return listed.ExitCode != 0 && listed.Errors.Contains("no crontab", StringComparison.OrdinalIgnoreCase)
            ? new Crontab([]) : new Crontab(listed.Require($"{Program} -l").Output);
    }

    private void Write(Crontab crontab)
    {
        commands.Run(Program, [.. Whose, "-"], crontab.Bytes).Require(Program);
        // crontab has no lock: another program that read before and wrote after this one has removed these lines.
        if (!Read().Bytes.AsSpan().SequenceEqual(crontab.Bytes))
        {
            throw new PasspackException(ErrorCodes.SchedulerFailed, "The crontab was changed by somebody else at the same time. " +
                "Look at it with 'crontab -l', and try again.");
        }
    }
}
