using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Takes attachments off entries. An earlier version of the entry keeps them.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackAttachment", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemovePasspackAttachmentCommand : AttachmentTargetCmdlet
{
    /// <summary>Names of its attachments, exactly.</summary>
    [Parameter(Position = 0, ParameterSetName = ById)]
    [ArgumentCompleter(typeof(AttachmentCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (InputObject is not null)
        {
            LocalVault vault = RequireOf(InputObject);
            await RemoveAsync(vault, InputObject.EntryId, InputObject.Entry, InputObject.Name, InputObject);
            return;
        }
        if (Name.Length == 0)
        {
            WriteError(ErrorRecords.Invalid("-Name is missing: which attachment of the entry.", null));
            return;
        }
        foreach (Guid? id in GivenIds)
        {
            if (FindEntry(null, id) is not var (vault, entry))
                continue;
            foreach (string name in Name)
                await RemoveAsync(vault, entry.Id, entry.Name, name, entry.Id);
        }
    }

    private Task RemoveAsync(LocalVault vault, Guid entryId, string entry, string name, object target) => EachAsync(target, () =>
    {
        if (ShouldProcess(entry, $"Take the attachment '{name}' off"))
            vault.RemoveAttachment(entryId, name);
        return Task.CompletedTask;
    });
}
