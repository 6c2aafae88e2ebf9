using System.Management.Automation;
using Passpack.PowerShell.Completion;

namespace Passpack.PowerShell.Commands;

/// <summary>Lists the files that are attached to entries.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackAttachment")]
[OutputType(typeof(Attachment))]
public sealed class GetPasspackAttachmentCommand : AttachmentCmdlet
{
    /// <summary>The entry.</summary>
    // Bound by property name, too: if no row could bind the mandatory parameter of a set, PowerShell would coerce each row, and fail with an
    // exception.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Entry")]
    [AllowNull]
    public Entry? InputObject { get; set; }

    /// <summary>Ids of entries.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <summary>Names of attachments; by default all.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(AttachmentCompleter))]
    [PSDefaultValue(Help = "all")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        foreach (Guid? id in Id.Length == 0 ? [null] : Id.Select(one => (Guid?)one))
        {
            if (FindEntry(InputObject, id) is not var (vault, entry))
                continue;
            await EachAsync(InputObject ?? (object)entry.Id, () =>
            {
                foreach (Attachment attachment in ListAttachments(vault, entry, Name))
                    WriteObject(attachment);
                return Task.CompletedTask;
            });
        }
    }
}
