using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Lists the invitations to a server that have not expired, for its administrator; without their texts, which the server does not have.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackServerInvitation")]
[OutputType(typeof(ServerInvitationInfo))]
public sealed class GetPasspackServerInvitationCommand : EachAccountCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault administrator = RequireAccount();
        await foreach (InvitationSummary found in ServerOverview.ListInvitationsAsync(administrator, cancellationToken))
            WriteObject(new ServerInvitationInfo(found, administrator.UserId));
    }
}
