using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Removes an account from this machine: copies its vault, sets it aside, still encrypted, and removes its scheduled sync.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackLocalAccount", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemovePasspackLocalAccountCommand : EachAccountCmdlet
{
    /// <summary>Removes the account even if it has unsynced changes.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.ChooseStrictly(Account);
        // Requires the unlocked account: only who can unlock it may remove it. Others use Reset-PasspackLocalAccount -Emergency.
        long pending = UnlockedAccounts.Shared.Require(folder).Describe().PendingChanges;
        if (pending > 0 && !Force)
            throw Unsynced(folder, pending);
        if (!ShouldProcess(folder.UserId, $"Take the account with {pending} unsynced change(s) off this machine"))
            return Task.CompletedTask;
        WriteVerbose($"A copy of the vault is at {VaultCopies.CopySealed(folder, "remove")}.");
        UnlockedAccounts.Shared.Lock(folder);
        WriteVerbose($"The vault itself, still encrypted, is now at {VaultQuarantine.SetAside(folder, isRemoved: true)}.");
        RemoveTask(folder);
        return Task.CompletedTask;
    }

    // Without the account, the task would fail at every run.
    private void RemoveTask(AccountFolder folder)
    {
        try
        {
            if (SyncTasks.Unregister(folder))
                WriteVerbose($"The scheduled sync of {folder.UserId} is unregistered.");
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.SchedulerFailed)
        {
            WriteWarning("The account is off this machine; if it has a scheduled sync, that is still registered: " +
                $"{e.Message} Unregister-PasspackSyncTask -Account {folder.UserId} tries again.");
        }
    }

    private static PasspackException Unsynced(AccountFolder folder, long pending) =>
        new(ErrorCodes.ChangesNotSynced,
            $"The local account {folder.UserId} has {pending} change(s) that no sync has taken up. Nothing was removed. " +
            "Sync-PasspackVault pushes them, Export-PasspackEntry saves them; -Force lets go of them.")
        { Target = folder.UserId };
}
