using System.Management.Automation;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Disables an account of a server, as its administrator: no token and no login of it is taken, and its data stays as it is.</summary>
[Cmdlet(VerbsLifecycle.Disable, "PasspackServerAccount", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ServerAccount))]
public sealed class DisablePasspackServerAccountCommand : ServerAccountCmdlet
{
    /// <summary>Emits the account as it is then.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override async Task ProcessAsync(
        LocalVault administrator, ServerAccount account, Uri server, CancellationToken cancellationToken)
    {
        string action = $"Disable the account at {server}: its tokens and logins are refused (AccountDisabled) until it is enabled again; its data stays";
        if (!ShouldProcess(account.UserId, action))
            return;
        await ServerAccounts.ChangeAsync(administrator, account.UserId, disabled: true, cancellationToken: cancellationToken);
        if (PassThru)
            WriteObject(await FindAsync(administrator, cancellationToken));
    }
}
