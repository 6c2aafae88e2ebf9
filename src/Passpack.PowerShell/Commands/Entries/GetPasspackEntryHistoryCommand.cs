using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Lists the earlier versions of entries, newest first.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackEntryHistory")]
[OutputType(typeof(EntryVersion))]
public sealed class GetPasspackEntryHistoryCommand : AccountCmdlet
{
    /// <summary>The entry.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Entry")]
    [AllowNull]
    public Entry? InputObject { get; set; }

    /// <summary>Ids of entries.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <summary>Numbers of versions; by default all.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(VersionCompleter))]
    [PSDefaultValue(Help = "all")]
    public long[]? Version { get; set; }

    /// <summary>Lists the online account's versions instead of this machine's, also of an entry that was deleted there.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken stopping)
    {
        if (InputObject is null && Id.Length == 0)
        {
            WriteError(ErrorRecords.Invalid("-Id is missing; Get-PasspackEntry shows ids.", null));
            return;
        }
        LocalVault vault = InputObject is null ? RequireAccount() : RequireOf(InputObject.Folder, Account, $"The entry '{InputObject.Name}'", InputObject);
        foreach (Guid id in InputObject is null ? Id : [InputObject.Id])
        {
            try
            {
                var missing = new HashSet<long>(Version ?? []);
                foreach (EntryVersion version in Online ? await PowerShell.Online.HistoryAsync(vault, id, stopping) : ListLocal(vault, id))
                {
                    if (Version is null || missing.Remove(version.Version))
                        WriteObject(version);
                }
                foreach (long version in missing)
                    WriteError(ErrorRecords.NoSuchVersion(version, id, vault.UserId, Online), InputObject ?? (object)id);
            }
            catch (PasspackException e) when (EntryChangeCmdlet.IsOfOneEntry(e))
            {
                WriteError(e, InputObject ?? (object)id);
            }
        }
    }

    private static IEnumerable<EntryVersion> ListLocal(LocalVault vault, Guid id)
    {
        string name = "";
        try
        {
            name = vault.Get(id).Name;
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            // The entry itself is damaged: its earlier versions are listed nevertheless.
        }
        return vault.History(id).Select(version => new EntryVersion(version, name, vault));
    }
}
