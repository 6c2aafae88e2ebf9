using System.Management.Automation;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Cancels the removal of an online account that was asked for without its keys.</summary>
[Cmdlet(VerbsData.Restore, "PasspackAccount", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RestorePasspackAccountCommand : EachAccountCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        Uri server = ServerOf(vault);
        if (!ShouldProcess(vault.UserId, $"Cancel the removal of the online account at {server}, if one is pending"))
            return;
        WriteVerbose(await AccountRemoval.CancelAsync(vault, cancellationToken) is { } due
            ? $"The online account {vault.UserId} at {server} stays. It would have been removed on {View.Time(due)}."
            : $"No removal of the online account {vault.UserId} at {server} was pending.");
    }
}
