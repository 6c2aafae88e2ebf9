using System.Management.Automation;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Removes an account's scheduled sync. The log of its runs stays.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "PasspackSyncTask", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class UnregisterPasspackSyncTaskCommand : EachAccountCmdlet
{
    /// <summary>The account of this machine that the task runs as, if it was registered so.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RunAsUser { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        // A task can outlive its account, so a named account need not exist on this machine.
        AccountFolder folder = Account is null ? LocalAccounts.Choose(null) : DataFolder.Current.Account(Account);
        if (!SyncTasks.IsRegistered(folder, RunAsUser))
            throw SyncTasks.NotFound(folder.UserId);
        if (ShouldProcess(folder.UserId, "Remove the scheduled sync"))
            SyncTasks.Unregister(folder, RunAsUser);
        return Task.CompletedTask;
    }
}
