using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that takes entries, but no fields.</summary>
public abstract class EntryTargetCmdlet : EntryChangeCmdlet
{
    private const string ByName = "Name";

    /// <summary>The exact name of one entry.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The entry's id.</summary>
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Id { get; set; }

    /// <summary>The entries with this name in the place where the cmdlet looks.</summary>
    private protected abstract Task<IReadOnlyList<EntrySummary>> ListAsync(LocalVault vault, string name, CancellationToken stopping);

    /// <summary>The id of the entry that the record means. Null if there is none; then an error was written.</summary>
    private protected async Task<Guid?> TryReadIdAsync(CancellationToken stopping)
    {
        if (ParameterSetName != ByName)
            return TryReadId(Id);
        if (WildcardPattern.ContainsWildcardCharacters(Name))
            throw ErrorRecords.Invalid($"This command takes one name, without wildcards. Get-PasspackEntry '{Name}' finds several entries, and can be piped to it.", Name);
        LocalVault vault = RequireAccount();
        // Escapes are removed, as in Get-PasspackEntry and as completion writes them.
        string name = WildcardPattern.Unescape(Name);
        IReadOnlyList<EntrySummary> found = await ListAsync(vault, name, stopping);
        if (found.Count == 1)
            return found[0].Id;
        WriteError(found.Count == 0 ? NotFound(vault, name) : ErrorRecords.AmbiguousEntry(name, vault.UserId, found.Select(entry => entry.Id)), name);
        return null;
    }

    // The same messages as for an id: if the entry is in the trash, or is not, the error says so.
    private PasspackException NotFound(LocalVault vault, string name)
    {
        EntrySummary? elsewhere = IsOnline ? null
            : vault.List(new EntryQuery { Name = name }).Concat(vault.List(new EntryQuery { Name = name, Trashed = true })).FirstOrDefault();
        return elsewhere is null
            ? ErrorRecords.NoSuchEntry($"'{name}'", vault.UserId + (IsOnline ? " online" : ""), name)
            : ErrorRecords.NotThere(elsewhere, vault.UserId, inTrash: elsewhere.Trashed is null);
    }

    /// <summary>The entries of this name on this machine, or in its trash.</summary>
    private protected IReadOnlyList<EntrySummary> ListLocal(LocalVault vault, string name, bool inTrash, CancellationToken stopping) =>
        [.. vault.List(new EntryQuery { Name = name, Trashed = inTrash }, damaged => WriteError(damaged), stopping)];
}
