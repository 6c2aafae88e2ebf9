using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Attachments;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Writes attachments to files.</summary>
[Cmdlet(VerbsData.Save, "PasspackAttachment", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class SavePasspackAttachmentCommand : AttachmentCmdlet
{
    /// <summary>The attachment.</summary>
    // Bound by property name, too: if no row could bind the mandatory parameter of a set, PowerShell would coerce each row, and fail with an
    // exception.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Attachment")]
    [AllowNull]
    public Attachment? InputObject { get; set; }

    /// <summary>The entry's id.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <summary>Names of its attachments; by default all.</summary>
    [Parameter(ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(AttachmentCompleter))]
    [PSDefaultValue(Help = "all")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>The folder.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string DestinationPath { get; set; } = "";

    /// <summary>Overwrite files.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        string folder = ResolveFile(DestinationPath);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}. -DestinationPath is the folder that the files go into.");
        if (InputObject is not null)
        {
            LocalVault vault = RequireOf(InputObject.Folder, Account, $"The attachment '{InputObject.Name}'", InputObject);
            await SaveAsync(vault, InputObject, folder, cancellationToken);
            return;
        }
        foreach (Guid? id in Id.Length == 0 ? [null] : Id.Select(one => (Guid?)one))
        {
            if (FindEntry(null, id) is not var (vault, entry))
                continue;
            await EachAsync(entry.Id, async () =>
            {
                foreach (Attachment attachment in ListAttachments(vault, entry, Name))
                    await SaveAsync(vault, attachment, folder, cancellationToken);
            });
        }
    }

    private Task SaveAsync(LocalVault vault, Attachment attachment, string folder, CancellationToken cancellationToken) => EachAsync(attachment, async () =>
    {
        string path = LocalVault.RequireSavable(attachment.Core, folder, Force);
        if (!ShouldProcess(path, $"Write attachment '{attachment.Name}' of '{attachment.Entry}' in the clear"))
            return;
        await ShowingAsync($"Saving {attachment.Name}", async progress =>
        {
            await AttachmentDownload.FetchAsync(vault, attachment.EntryId, attachment.Core, progress, cancellationToken);
            return true;
        });
        path = vault.SaveAttachment(attachment.EntryId, attachment.Core, folder, Force, cancellationToken);
        foreach (PSObject file in InvokeProvider.Item.Get([path], force: true, literalPath: true)) // Emits the file as Get-Item does.
            WriteObject(file);
    });
}
