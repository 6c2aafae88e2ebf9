using System.Management.Automation;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Puts entries into this machine's trash, empties them from it, or deletes them online.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackEntry", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemovePasspackEntryCommand : EntryTargetCmdlet
{
    /// <summary>Empty the entry from the trash, with its history.</summary>
    [Parameter]
    public SwitchParameter Permanent { get; set; }

    /// <summary>Delete it in the online account, and so on every machine.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    private protected override bool IsOnline => Online;

    private protected override bool Emits => false;

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken stopping) => Permanent && Online
        ? throw ErrorRecords.Invalid("-Permanent is for this machine's trash; what is deleted with -Online stays restorable for the recycle period.", null)
        : Task.CompletedTask;

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken stopping)
    {
        if (TryReadId(Id) is { } id && FindTarget(id, inTrash: Permanent) is { } target && ShouldRemove(target))
            await TakeAsync(target.Change(), stopping);
    }

    private protected override EntrySummary? Apply(VaultWriter writer, EntryChange change)
    {
        if (Permanent)
            writer.Purge(change.Id!.Value);
        else
            writer.Trash(change.Id!.Value);
        return null;
    }

    private bool ShouldRemove(EntryTarget target) => Online
        ? ShouldProcessHighImpact(target.Name, $"Delete entry from the online account {target.Vault.UserId}")
        : ShouldProcess(target.Name, Permanent ? "Empty entry from the trash for good" : "Put entry into the trash");
}
