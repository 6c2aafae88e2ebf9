using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Reads a server's own log of events, for its administrator, and follows its chain.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackServerEvent")]
[OutputType(typeof(ServerEvent))]
public sealed class GetPasspackServerEventCommand : EachAccountCmdlet
{
    /// <summary>What happened; by default everything.</summary>
    [Parameter]
    [PSDefaultValue(Help = "all")]
    public EventKind[] Type { get; set; } = [];

    /// <summary>The number before the first one wanted; by default all that are kept.</summary>
    [Parameter]
    [PSDefaultValue(Help = "0")]
    [ValidateRange(0, long.MaxValue)]
    public long After { get; set; }

    /// <summary>How many; by default all.</summary>
    [Parameter]
    [PSDefaultValue(Help = "all")]
    [ValidateRange(1, int.MaxValue)]
    public int First { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        LocalVault administrator = RequireAccount();
        int shown = 0;
        await foreach (LoggedEvent told in ServerOverview.ReadEventsAsync(administrator, After, cancellationToken))
        {
            if (Type.Length > 0 && !Type.Contains((EventKind)told.Type))
                continue;
            WriteObject(new ServerEvent(told, administrator.UserId));
            if (++shown == First)
                return;
        }
    }
}
