using System.Management.Automation;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Reads a server's own log of events, for its administrator, and follows its chain.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackServerEvent")]
[OutputType(typeof(ServerEvent))]
public sealed class GetPasspackServerEventCommand : EventCmdlet
{
    /// <summary>What happened; by default everything.</summary>
    [Parameter]
    [PSDefaultValue(Help = "all")]
    public EventKind[] Type { get; set; } = [];

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault administrator = RequireAccount();
        return EmitAsync(ServerOverview.ReadEventsAsync(administrator, After, cancellationToken), Type,
            told => told.Type, told => new ServerEvent(told, administrator.UserId));
    }
}
