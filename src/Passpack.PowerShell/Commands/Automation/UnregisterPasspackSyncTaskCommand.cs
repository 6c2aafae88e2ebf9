using System.Management.Automation;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Takes an account's scheduled sync from the scheduler. The log of its runs stays.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "PasspackSyncTask", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class UnregisterPasspackSyncTaskCommand : EachAccountCmdlet
{
    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken stopping)
    {
        // A task outlives its account: one that is named need not be on this machine any more.
        AccountFolder folder = Account is null ? LocalAccounts.Choose(null) : DataFolder.Current.Account(Account);
        if (!SyncTasks.IsRegistered(folder))
            throw SyncTasks.NotFound(folder.UserId);
        if (ShouldProcess(folder.UserId, "Remove the scheduled sync"))
            SyncTasks.Unregister(folder);
        return Task.CompletedTask;
    }
}
