using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Attaches files to an entry.</summary>
[Cmdlet(VerbsCommon.Add, "PasspackAttachment", SupportsShouldProcess = true)]
[OutputType(typeof(Attachment))]
public sealed class AddPasspackAttachmentCommand : AttachmentCmdlet
{
    private const string ByEntry = "EntryPath", ByEntryLiterally = "EntryLiteralPath", ByEntryContent = "EntryContent";
    private const string ById = "Path", ByIdLiterally = "LiteralPath", ByIdContent = "Content";

    private readonly HashSet<string> _copied = [];

    /// <summary>The entry.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByEntry)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByEntryLiterally)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByEntryContent)]
    [AllowNull]
    public Entry? InputObject { get; set; }

    /// <summary>The entry's id.</summary>
    [Parameter(ParameterSetName = ById)]
    [Parameter(ParameterSetName = ByIdLiterally)]
    [Parameter(ParameterSetName = ByIdContent)]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    public Guid? Id { get; set; }

    /// <summary>Files; wildcards are resolved.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByEntry)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Files, exactly as they are named.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByEntryLiterally)]
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByIdLiterally)]
    [Alias("PSPath", "LP")]
    [TextTransformation(Needed = true, Several = true)]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The name of the attachment; of a file its own by default.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByEntryContent)]
    [Parameter(Mandatory = true, ParameterSetName = ByIdContent)]
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ById)]
    [Parameter(ParameterSetName = ByEntryLiterally)]
    [Parameter(ParameterSetName = ByIdLiterally)]
    [ArgumentCompleter(typeof(AttachmentCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The content.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByEntryContent)]
    [Parameter(Mandatory = true, ParameterSetName = ByIdContent)]
    [AllowEmptyCollection]
    public byte[]? Content { get; set; }

    /// <summary>Replace an attachment of the same name.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (FindEntry(InputObject, Id) is not var (vault, entry))
            return;
        if (Content is not null)
        {
            await EachAsync(entry.Id, () =>
            {
                Attach(vault, entry, Name!, () => vault.AddAttachment(entry.Id, Name!, new MemoryStream(Content, writable: false), Force, cancellationToken));
                return Task.CompletedTask;
            });
            return;
        }
        string[] files = [.. LiteralPath.Select(ResolveFile), .. Path.SelectMany(ResolveFiles)];
        if (Name is not null && files.Length > 1)
            throw ErrorRecords.Invalid($"-Name is for one file, and {files.Length} were given.", Name);
        foreach (string file in files)
        {
            await EachAsync(file, () =>
            {
                Attach(vault, entry, Name ?? System.IO.Path.GetFileName(file), () => vault.AttachFile(entry.Id, file, Name, Force, cancellationToken));
                return Task.CompletedTask;
            });
        }
    }

    private void Attach(LocalVault vault, EntrySummary entry, string name, Func<Vault.Entries.Attachment> add)
    {
        if (!ShouldProcess(entry.Name, $"Attach '{name}'"))
            return;
        if (_copied.Add(vault.Path))
            CopyDaily(vault.Folder);
        WriteObject(new Attachment(add(), entry.Id, entry.Name, vault));
    }
}
