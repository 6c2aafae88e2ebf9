using System.Management.Automation;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Moves entries to this machine's trash, removes them from it for good, or deletes them online.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackEntry", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemovePasspackEntryCommand : EntryTargetCmdlet
{
    /// <summary>Removes the entry from the trash for good, with its history.</summary>
    [Parameter]
    public SwitchParameter Permanent { get; set; }

    /// <summary>Delete it in the online account, and so on every machine.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    private readonly HashSet<LocalVault> _copied = [];

    private protected override bool IsOnline => Online;

    private protected override bool Emits => false;

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancellationToken) => Permanent && Online
        ? throw ErrorRecords.Invalid("-Permanent is for this machine's trash; what is deleted with -Online stays restorable for the recycle period.", null)
        : Task.CompletedTask;

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        foreach (Guid id in await ReadIdsAsync(cancellationToken))
        {
            if (FindTarget(id, inTrash: Permanent) is not { } target || !ShouldRemove(target))
                continue;
            // The copy may be the only remaining place of the entry. If the copy cannot be made, this is an error and the entry stays.
            if (Permanent && _copied.Add(target.Vault) && VaultCopies.CopyDaily(target.Vault.Folder) is { } copy)
                WriteVerbose($"Today's copy of the vault is at {copy}.");
            await TakeAsync(target.Change(), cancellationToken);
        }
    }

    private protected override async Task<IReadOnlyList<EntrySummary>> ListAsync(LocalVault vault, string name, CancellationToken cancellationToken) => Online
        ? await ListOnlineAsync(vault, name, cancellationToken)
        : ListLocal(vault, name, inTrash: Permanent, cancellationToken);

    private protected override EntrySummary? Apply(VaultWriter writer, EntryChange change)
    {
        if (Permanent)
            writer.Purge(change.Id!.Value);
        else
            writer.Trash(change.Id!.Value);
        return null;
    }

    private bool ShouldRemove(EntryTarget target)
    {
        if (Online)
            return ShouldProcessHighImpact(target.Name, $"Delete entry from the online account {target.Vault.UserId}");
        return Permanent
            ? ShouldProcessHighImpact(target.Name, "Empty entry from the trash for good")
            : ShouldProcess(target.Name, "Put entry into the trash");
    }
}
