using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

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

    /// <summary>The Entry Name, exactly; of an entry here or, if there is none, in the trash.</summary>
    // In one set with -Id: beside a mandatory name, PowerShell would first try to make an Entry of each row, with an exception.
    [Parameter(Position = 0, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Ids of entries.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
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
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (Name is not null && Id.Length > 0)
        {
            WriteError(ErrorRecords.NameAndId(Name));
            return;
        }
        if (InputObject is null && Name is null && Id.Length == 0)
        {
            WriteError(ErrorRecords.NoEntryGiven(MyInvocation.MyCommand.Name, null));
            return;
        }
        LocalVault vault = InputObject is null ? RequireAccount() : RequireOf(InputObject.Folder, Account, $"The entry '{InputObject.Name}'", InputObject);
        foreach (Guid id in InputObject is not null ? [InputObject.Id] : Name is null ? Id : Find(vault, Name))
        {
            try
            {
                var missing = new HashSet<long>(Version ?? []);
                foreach (EntryVersion version in Online ? await ListOnlineAsync(vault, id, cancellationToken) : ListLocal(vault, id))
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

    private Guid[] Find(LocalVault vault, string given)
    {
        string name = ExactName(given);
        List<EntrySummary> found = [.. vault.List(new EntryQuery { Name = name })];
        if (found.Count == 0)
            found.AddRange(vault.List(new EntryQuery { Name = name, Trashed = true }));
        return TryChoose(vault, name, found, () => ErrorRecords.NoSuchEntry($"'{name}'", vault.UserId, name)) is { } id ? [id] : [];
    }

    private static async Task<IEnumerable<EntryVersion>> ListOnlineAsync(LocalVault vault, Guid id, CancellationToken cancellationToken)
    {
        IReadOnlyList<OnlineVersion> versions = await OnlineVault.HistoryAsync(vault, id, cancellationToken);
        string name = versions.FirstOrDefault(version => version.Entry is not null)?.Entry!.Name ?? "";
        return versions.Select(version => new EntryVersion(version, name, vault));
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
