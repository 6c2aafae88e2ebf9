using System.Management.Automation;

namespace Passpack.PowerShell.Commands;

/// <summary>Shows earlier syncs of this machine, including failed ones, newest first.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackSyncHistory")]
[OutputType(typeof(SyncResult))]
public sealed class GetPasspackSyncHistoryCommand : EachAccountCmdlet
{
    /// <summary>How many; by default all that are kept.</summary>
    [Parameter]
    [PSDefaultValue(Help = "all")]
    [ValidateRange(1, int.MaxValue)]
    public int Last { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    protected override Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        foreach (Sync.Session.SyncRecord record in Sync.Session.SyncHistory.List(RequireAccount(), Last))
            WriteObject(new SyncResult(record));
        return Task.CompletedTask;
    }
}
