using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that takes entries, but no fields.</summary>
public abstract class EntryTargetCmdlet : EntryChangeCmdlet
{
    /// <summary>Entry Names, exactly; each of one entry.</summary>
    // In one set with -Id: beside a mandatory name, PowerShell would first try to make an Entry of each row, with an exception.
    [Parameter(Position = 0, ParameterSetName = ByFields)]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>The entry's id.</summary>
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [AllowNull]
    [AllowEmptyString]
    public string? Id { get; set; }

    /// <summary>The entries with this name in the place where the cmdlet looks.</summary>
    private protected abstract Task<IReadOnlyList<EntrySummary>> ListAsync(LocalVault vault, string name, CancellationToken cancellationToken);

    /// <summary>The ids that the record means; of what means none, the user was told.</summary>
    private protected async Task<IReadOnlyList<Guid>> ReadIdsAsync(CancellationToken cancellationToken)
    {
        if (Name is null)
            return TryReadId(Id) is { } given ? [given] : [];
        if (Id is not null)
        {
            WriteError(ErrorRecords.NameAndId(Name));
            return [];
        }
        var ids = new List<Guid>();
        foreach (string name in Name)
        {
            if (await TryFindNameAsync(name, exact => ListAsync(RequireAccount(), exact, cancellationToken)) is { } id && !ids.Contains(id))
                ids.Add(id);
        }
        return ids;
    }
}
