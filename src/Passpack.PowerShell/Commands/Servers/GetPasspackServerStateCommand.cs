using System.Management.Automation;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Tells how a server is, for its administrator: version, accounts, bytes, limits.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackServerState")]
[OutputType(typeof(ServerState))]
public sealed class GetPasspackServerStateCommand : EachAccountCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault administrator = RequireAccount();
        Uri server = ServerOf(administrator);
        WriteObject(new ServerState(await ServerOverview.GetStatusAsync(administrator, cancellationToken), server, administrator.UserId));
    }
}
