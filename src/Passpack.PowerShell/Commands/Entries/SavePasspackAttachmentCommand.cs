using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Writes attachments to files.</summary>
[Cmdlet(VerbsData.Save, "PasspackAttachment", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class SavePasspackAttachmentCommand : AttachmentTargetCmdlet
{
    /// <summary>Names of its attachments; by default all.</summary>
    [Parameter(ParameterSetName = ById)]
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

    // The attachment that each file of this call is of: names of several may make one file name, and one must not take the place of another.
    private readonly Dictionary<string, (Guid Entry, Guid Attachment)> _files =
        new(OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        string folder = ResolveFile(DestinationPath);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}. -DestinationPath is the folder that the files go into.");
        if (InputObject is not null)
        {
            LocalVault vault = RequireOf(InputObject);
            await SaveAsync(vault, InputObject, folder, cancellationToken);
            return;
        }
        foreach (Guid? id in GivenIds)
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
        (Guid, Guid) own = (attachment.EntryId, attachment.Core.Id);
        if (!_files.TryAdd(path, own) && _files[path] != own)
        {
            throw new PasspackException(ErrorCodes.FileExists, $"{path} is the file of another attachment that this call saves, and '{attachment.Name}' of " +
                $"'{attachment.Entry}' was not written over it. Save it into another folder.") { Target = path };
        }
        if (!ShouldProcess(path, $"Write attachment '{attachment.Name}' of '{attachment.Entry}' in the clear"))
            return;
        await ShowingAsync($"Saving {attachment.Name}", async progress =>
        {
            await AttachmentDownload.FetchAsync(vault, attachment.EntryId, attachment.Core, progress, cancellationToken);
            return true;
        });
        path = vault.SaveAttachment(attachment.EntryId, attachment.Core, folder, Force, cancellationToken);
        EmitFile(path);
    });
}
