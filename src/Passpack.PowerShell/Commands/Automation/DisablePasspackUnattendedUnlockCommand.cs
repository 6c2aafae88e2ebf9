using System.Management.Automation;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.PowerShell.Commands;

/// <summary>Removes the key that Enable-PasspackUnattendedUnlock stored: from now on the account needs its Packing Key again.</summary>
[Cmdlet(VerbsLifecycle.Disable, "PasspackUnattendedUnlock", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class DisablePasspackUnattendedUnlockCommand : EachAccountCmdlet
{
    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        AccountFolder folder = LocalAccounts.Choose(Account);
        if (!ShouldProcess(folder.UserId, "Remove the key of unattended unlock"))
            return Task.CompletedTask;
        WriteVerbose(UnattendedUnlock.Disable(folder)
            ? $"The key of unattended unlock of {folder.UserId} was overwritten and removed."
            : $"Unattended unlock of {folder.UserId} was not enabled.");
        return Task.CompletedTask;
    }
}
