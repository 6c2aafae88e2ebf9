using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Joins entries into one, everywhere.</summary>
[Cmdlet(VerbsData.Merge, "PasspackEntry", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(Entry))]
public sealed class MergePasspackEntryCommand : AccountCmdlet
{
    /// <summary>The entry that goes.</summary>
    // Bound by property name, too; see GetPasspackTotpCommand.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Entry")]
    [AllowNull]
    public Entry? InputObject { get; set; }

    /// <summary>The ids of entries that go.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <summary>The id of the entry that stays.</summary>
    [Parameter(Mandatory = true)]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    public Guid Into { get; set; }

    /// <summary>Merge in the online account, and so on every machine. There is no other way.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancellationToken) => Online ? Task.CompletedTask
        : throw ErrorRecords.Invalid("Nothing was merged. An entry that is merged into another is deleted, and a deletion on this machine alone comes back " +
            "at the next sync: it has to be made in the online account. Give -Online; who has no online account makes one with New-PasspackAccount.", null);

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (InputObject is null && Id.Length == 0)
        {
            throw ErrorRecords.Invalid("Say which entry goes: by -Id, or by a pipe: Get-PasspackEntry 'VPN (2)' | Merge-PasspackEntry -Into $id -Online.",
                null);
        }
        LocalVault vault = InputObject is null ? RequireAccount()
            : RequireOf(InputObject.Folder, Account, $"The entry '{InputObject.Name}'", InputObject);
        foreach (Guid id in InputObject is null ? Id : [InputObject.Id])
        {
            try
            {
                await MergeAsync(vault, id, cancellationToken);
            }
            catch (Exception e) when (ErrorRecords.Translate(e) is { } error
                && (EntryChangeCmdlet.IsOfOneEntry(error) || error.ErrorId == ErrorCodes.AttachmentMissing))
            {
                WriteError(error, InputObject ?? (object)id);
            }
        }
    }

    private async Task MergeAsync(LocalVault vault, Guid id, CancellationToken cancellationToken)
    {
        EntrySummary goes = RequireLive(vault, id), stays = RequireLive(vault, Into);
        ServerOf(vault);
        if (id == Into)
            throw ErrorRecords.Invalid($"The entry '{goes.Name}' cannot be merged into itself.", id);
        if (!ShouldProcess($"{goes.Name} ({id})", $"Merge into '{stays.Name}' ({Into}), and delete from the online account {vault.UserId}"))
            return;
        EntrySummary merged = await ShowingAsync("Merging online", progress => OnlineVault.MergeAsync(vault, id, Into, progress, cancellationToken));
        WriteObject(new Entry(vault.Get(merged.Id), vault));
    }
}
