using System.Management.Automation;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Revokes this machine's token; its vault stays as an offline account.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "PasspackAccount", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class DisconnectPasspackAccountCommand : EachAccountCmdlet
{
    /// <summary>Disconnects even if the server cannot revoke the token; the token then stays valid until another machine revokes it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        Uri server = ServerOf(vault);
        if (!ShouldProcess(vault.UserId, $"Disconnect this machine from the online account at {server}"))
            return;
        await Disconnecting.DisconnectAsync(vault, Force, cancellationToken);
        WriteVerbose($"The account {vault.UserId} is offline now, with all that it holds. Connect-PasspackAccount connects it again.");
    }
}
