using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

// Which entry of which account a record means.
public abstract partial class EntryChangeCmdlet
{
    private LocalVault? _vault;

    /// <summary>The entry.</summary>
    // By property name, too: a set whose mandatory parameter no row could ever bind would make PowerShell coerce each row, and fail by an exception.
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByEntry)]
    [AllowNull]
    public Entry? InputObject { get; set; }

    /// <summary>Not for typing: whatever is piped in that binds by no set of its own.</summary>
    // It leaves only the set of fields, so that PowerShell does not try to make an Entry of every row: that is three exceptions each.
    [Parameter(ValueFromPipeline = true, DontShow = true, ParameterSetName = ByFields)]
    [AllowNull]
    [RowTransformation(PassesOn = [typeof(Entry), typeof(EntryVersion)])]
    public PipedRow? RowOfFields { get; set; }

    /// <summary>The account's User ID; by default the only local account, else the only unlocked one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AccountCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Account { get; set; }

    /// <summary>The account that was named, or is meant.</summary>
    private protected LocalVault DemandAccount() => _vault ??= Demand(LocalAccounts.Choose(Account));

    /// <summary>The id of the entry that was piped in, else the one given; null if it is none, and the user was told.</summary>
    // Read here: an error of the binder would hold the row, with its secrets.
    private protected Guid? TryReadId(string? id)
    {
        if (InputObject is not null)
            return InputObject.Id;
        if (Guid.TryParse(id, out Guid read))
            return read;
        WriteError(ErrorRecords.NoEntryGiven(MyInvocation.MyCommand.Name, id), id);
        return null;
    }

    /// <summary>
    /// The entry that the record means: the one that was piped in, else that of the id. Null: it is not there, and the user was told.
    /// </summary>
    /// <param name="id">Where no entry was piped in.</param>
    /// <param name="inTrash">Where it has to be, unless it is the online account's that is meant.</param>
    private protected EntryTarget? FindTarget(Guid id, bool inTrash = false) => FindTarget(id, inTrash, IsOnline);

    /// <inheritdoc cref="FindTarget(Guid, bool)"/>
    private protected EntryTarget? FindTarget(Guid id, bool inTrash, bool online)
    {
        Guid entryId = InputObject?.Id ?? id;
        try
        {
            LocalVault vault = InputObject is null ? DemandAccount() : DemandOf(InputObject.Folder, Account, $"The entry '{InputObject.Name}'", InputObject);
            if (online)
                return new EntryTarget(vault, entryId, InputObject?.Name ?? FindName(vault, entryId), InputObject);
            EntrySummary entry = vault.Get(entryId);
            if (entry.Trashed is not null != inTrash)
                throw ErrorRecords.NotThere(entry, vault.UserId, inTrash);
            return new EntryTarget(vault, entryId, entry.Name, InputObject);
        }
        catch (PasspackException e) when (InputObject is not null || IsOfOneEntry(e))
        {
            WriteError(e, InputObject ?? (object)entryId);
            return null;
        }
    }

    // This machine may not know the online entry yet: then its id must do for the question.
    private static string FindName(LocalVault vault, Guid id)
    {
        try
        {
            return vault.Get(id).Name;
        }
        catch (PasspackException e) when (IsOfOneEntry(e))
        {
            return id.ToString();
        }
    }
}
