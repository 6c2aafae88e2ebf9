using System.Management.Automation;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Enables an account of a server again that an administrator disabled.</summary>
[Cmdlet(VerbsLifecycle.Enable, "PasspackServerAccount", SupportsShouldProcess = true)]
[OutputType(typeof(ServerAccount))]
public sealed class EnablePasspackServerAccountCommand : ServerAccountCmdlet
{
    /// <summary>Emits the account as it is then.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override async Task ProcessAsync(
        LocalVault administrator, ServerAccount account, Uri server, CancellationToken cancellationToken)
    {
        if (!ShouldProcess(account.UserId, $"Enable the account at {server}: its tokens and logins are taken again"))
            return;
        await ServerAccounts.ChangeAsync(administrator, account.UserId, disabled: false, cancellationToken: cancellationToken);
        if (PassThru)
            WriteObject(await FindAsync(administrator, cancellationToken));
    }
}
