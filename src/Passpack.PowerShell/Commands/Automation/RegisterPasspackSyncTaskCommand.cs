using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Scheduling;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Has this machine's scheduler sync an account, unattended.</summary>
[Cmdlet(VerbsLifecycle.Register, "PasspackSyncTask", SupportsShouldProcess = true)]
[OutputType(typeof(SyncTask))]
public sealed class RegisterPasspackSyncTaskCommand : EachAccountCmdlet
{
    /// <summary>
    /// The interval between runs: minutes that divide an hour, or hours that divide a day. By default an hour; with -At alone, a day.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(IntervalCompleter))]
    [IntervalTransformation]
    public TimeSpan? Every { get; set; }

    /// <summary>The time of one of the runs. By default a time that differs between machines.</summary>
    [Parameter]
    [TimeOfDayTransformation]
    public DateTime? At { get; set; }

    /// <summary>Leave this machine's tags as they are.</summary>
    [Parameter]
    public SwitchParameter ExcludeTags { get; set; }

    /// <summary>Leave this machine's favorites as they are.</summary>
    [Parameter]
    public SwitchParameter ExcludeFavorites { get; set; }

    /// <summary>Which side wins if both changed the same field.</summary>
    [Parameter]
    public ConflictPolicy? ConflictPolicy { get; set; }

    /// <summary>Seconds after which a run gives up.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int TimeoutSec { get; set; }

    /// <summary>The account of this machine that the task runs as: a service's, whose data folder this is.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RunAsUser { get; set; }

    /// <summary>A key file that unlocks the account, in place of the key in the data folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    /// <summary>The scheduler, if not the usual one; under -WhatIf also one that this machine does not have.</summary>
    [Parameter]
    public SyncTaskScheduler? Scheduler { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Choose(Account);
        LocalAccountInfo account = AccountInspector.Describe(folder);
        if (account.Problem is not null)
            throw account.Problem;
        if (account.Server is null)
            throw ErrorRecords.Offline(folder.UserId);
        ISyncScheduler scheduler = Choose(out bool here);
        Scheduling.SyncTask task = SyncTasks.For(folder, Every ?? (At is null ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1)), At?.TimeOfDay) with
        {
            ExcludeTags = ExcludeTags,
            ExcludeFavorites = ExcludeFavorites,
            ConflictPolicy = ConflictPolicy?.ToString(),
            TimeoutSec = TimeoutSec,
            KeyFile = KeyFile is null ? null : ResolveFile(KeyFile),
            RunAsUser = RunAsUser,
        };
        var planned = new SyncTask(task, scheduler, registered: false);
        PasspackException? refused = RunAsUser is null ? null : TaskUser.WhyNot(RunAsUser, task.DataFolder, task.KeyFile);
        if (!ShouldProcess(folder.UserId, $"{Describe(scheduler.Kind)}: sync {task.Schedule}", out bool isWhatIf))
        {
            if (isWhatIf && refused is not null)
                WriteWarning($"Without -WhatIf this is refused: {refused.Message}");
            if (isWhatIf)
                Plan(planned, folder, account, here);
            return Task.CompletedTask;
        }
        if (refused is not null)
            throw refused;
        if (!here && Scheduler is null)
            SyncSchedulers.Usual(RunAsUser); // Throws an error that says what is missing.
        if (!here)
            throw ErrorRecords.Invalid($"This machine has no {scheduler.Kind} for this user. -WhatIf shows what it would be told.", Scheduler);
        if (scheduler.Register(task) is { } note)
            WriteWarning(note);
        WarnIfAttended(folder, account);
        WriteObject(new SyncTask(task, scheduler, registered: true));
        return Task.CompletedTask;
    }

    // What the real call would refuse, or warn of, is told by its plan, too.
    private void Plan(SyncTask planned, AccountFolder folder, LocalAccountInfo account, bool here)
    {
        // Who names a scheduler wants to see what it would be told, wherever it is.
        if (!here && Scheduler is null)
            WriteWarning($"This machine has no {planned.Scheduler} for this user, so without -WhatIf this is refused. The plan shows what it would be told.");
        WarnIfAttended(folder, account);
        WriteObject(planned);
    }

    private void WarnIfAttended(AccountFolder folder, LocalAccountInfo account)
    {
        if (!account.Unattended && KeyFile is null)
            WriteWarning($"Until 'Enable-PasspackUnattendedUnlock -Account {folder.UserId}' every run ends with UnattendedRefused.");
    }

    private static string Describe(SchedulerKind kind) => kind switch
    {
        SchedulerKind.Systemd => "Register a systemd timer",
        SchedulerKind.Launchd => "Register a launchd agent",
        SchedulerKind.Cron => "Add a line to the crontab",
        _ => "Register a scheduled task",
    };

    private ISyncScheduler Choose(out bool here)
    {
        if (Scheduler is null)
        {
            here = SyncSchedulers.OfThisMachine(RunAsUser).Count > 0;
            // Only Linux can lack every scheduler; under -WhatIf the plan is then made for systemd.
            return here ? SyncSchedulers.Usual(RunAsUser) : SyncSchedulers.Get(SchedulerKind.Systemd, RunAsUser);
        }
        SchedulerKind kind = EnumMap.To<SyncTaskScheduler, SchedulerKind>(Scheduler.Value);
        here = SyncSchedulers.IsHere(kind, RunAsUser);
        return SyncSchedulers.Get(kind, RunAsUser);
    }
}
