using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

// Finding the entry that a pipeline record means.
public abstract partial class EntryChangeCmdlet
{
    private LocalVault? _vault;

    /// <summary>The entry.</summary>
    // Bound by property name, too: if no row could bind the mandatory parameter of a set, PowerShell would coerce each row, and fail with an
    // exception.
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

    /// <summary>The named account, or the default one.</summary>
    private protected LocalVault RequireAccount() => _vault ??= Require(LocalAccounts.Choose(Account));

    /// <summary>The id of the piped entry, otherwise the given id. Null if it is invalid; then an error was written.</summary>
    // Parsed here, because an error of PowerShell's binder would contain the row with its secrets.
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
    /// The entry that the record means: the piped one, otherwise the one with the id. Null if it does not exist; then an error was written.
    /// </summary>
    /// <param name="id">The id, if no entry was piped in.</param>
    /// <param name="inTrash">Whether the entry has to be in the trash; not checked for the online account.</param>
    private protected EntryTarget? FindTarget(Guid id, bool inTrash = false) => FindTarget(id, inTrash, IsOnline);

    /// <inheritdoc cref="FindTarget(Guid, bool)"/>
    private protected EntryTarget? FindTarget(Guid id, bool inTrash, bool online)
    {
        Guid entryId = InputObject?.Id ?? id;
        try
        {
            LocalVault vault = InputObject is null ? RequireAccount() : RequireOf(InputObject.Folder, Account, $"The entry '{InputObject.Name}'", InputObject);
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

    // If this machine does not know the online entry yet, the question names its id.
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
