using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that takes attachments, or ids of entries and names of theirs.</summary>
public abstract class AttachmentTargetCmdlet : AttachmentCmdlet
{
    /// <summary>The parameter set of a piped attachment.</summary>
    protected const string ByAttachment = "Attachment";

    /// <summary>The parameter set of ids and names.</summary>
    protected const string ById = "Id";

    /// <summary>The attachment.</summary>
    // Bound by property name, too: if no row could bind the mandatory parameter of a set, PowerShell would coerce each row, and fail with an
    // exception.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByAttachment)]
    [AllowNull]
    public Attachment? InputObject { get; set; }

    /// <summary>The entry's id.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ById)]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <summary>The unlocked account of the attachment that was piped in.</summary>
    private protected LocalVault RequireOf(Attachment attachment) =>
        RequireOf(attachment.Folder, Account, $"The attachment '{attachment.Name}'", attachment);

    /// <summary>The ids that were given. One that is null if none was, of which the user is then told.</summary>
    private protected IEnumerable<Guid?> GivenIds => Id.Length == 0 ? [null] : Id.Select(one => (Guid?)one);
}
