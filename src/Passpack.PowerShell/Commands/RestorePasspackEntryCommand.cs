using System.Management.Automation;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Takes entries out of this machine's trash.</summary>
[Cmdlet(VerbsData.Restore, "PasspackEntry", SupportsShouldProcess = true)]
[OutputType(typeof(Entry))]
public sealed class RestorePasspackEntryCommand : EntryTargetCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken stopping)
    {
        if (FindTarget(Id, inTrash: true) is { } target && ShouldProcess(target.Name, "Restore entry from the trash"))
            await TakeAsync(target.Change(), stopping);
    }

    private protected override EntrySummary? Apply(VaultWriter writer, EntryChange change) => writer.Restore(change.Id!.Value);
}
