using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault;

namespace Passpack.PowerShell.Commands;

/// <summary>Finds entries.</summary>
[Cmdlet(VerbsCommon.Get, "PasspackEntry", DefaultParameterSetName = "Name")]
[OutputType(typeof(Entry))]
public sealed class GetPasspackEntryCommand : AccountCmdlet
{
    /// <summary>Entry Names, with wildcards.</summary>
    [Parameter(Position = 0, ParameterSetName = "Name")]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Entry Names, exactly.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "LiteralName")]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    public string[] LiteralName { get; set; } = [];

    /// <summary>Ids.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    public Guid[] Id { get; set; } = [];

    /// <summary>Tags, of which an entry has at least one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[]? Tag { get; set; }

    /// <summary>The address, with wildcards.</summary>
    [Parameter]
    public string? Url { get; set; }

    /// <summary>Favorites only; with <c>:$false</c>, only the others.</summary>
    [Parameter]
    public SwitchParameter Favorite { get; set; }

    /// <summary>Those in this machine's trash instead.</summary>
    [Parameter]
    public SwitchParameter Deleted { get; set; }

    /// <summary>Ask the online account itself.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken stopping)
    {
        LocalVault vault = DemandAccount();
        Func<EntryQuery, IEnumerable<EntrySummary>> list = Online
            ? await ListOnlineAsync(vault, stopping)
            : query => vault.List(query, damaged => WriteError(damaged), stopping);

        string[] wild = [.. Name.Where(WildcardPattern.ContainsWildcardCharacters)];
        var filter = new EntryFilter(wild, Tag, Url, MyInvocation.BoundParameters.ContainsKey(nameof(Favorite)) ? (bool)Favorite : null);
        HashSet<Guid> emitted = [];
        foreach (Guid id in Id)
            Emit(list(new EntryQuery { Id = id, Trashed = Deleted }), id.ToString(), id);
        foreach (string name in Name.Except(wild).Select(WildcardPattern.Unescape).Concat(LiteralName))
            Emit(list(new EntryQuery { Name = name, Trashed = Deleted }), $"'{name}'", name);
        if (filter.HasNames)
            Emit(list(new EntryQuery { Trashed = Deleted }).Where(filter.MatchesName), null, null);
        else if (ParameterSetName == "Name" && Name.Length == 0)
            Emit(list(new EntryQuery { Trashed = Deleted }), null, null);

        void Emit(IEnumerable<EntrySummary> entries, string? sought, object? target)
        {
            bool found = false;
            foreach (EntrySummary entry in entries)
            {
                found = true;
                // Two names of one command can mean the same entry.
                if (filter.MatchesRest(entry) && (Name.Length + LiteralName.Length + Id.Length < 2 || emitted.Add(entry.Id)))
                    WriteObject(new Entry(entry, vault, Online));
            }
            if (!found && sought is not null)
                WriteError(ErrorRecords.NoSuchEntry(sought, Place(vault), target!));
        }
    }

    /// <summary>One request, whatever is looked for.</summary>
    private async Task<Func<EntryQuery, IEnumerable<EntrySummary>>> ListOnlineAsync(LocalVault vault, CancellationToken stopping)
    {
        if (Deleted)
            throw ErrorRecords.Invalid("-Deleted shows this machine's trash; leave -Online out.", null);
        WriteVerbose($"Asking the online account {vault.UserId}.");
        IReadOnlyList<EntrySummary> all = await PowerShell.Online.ListAsync(vault, new EntryQuery(), stopping);
        return query => all.Where(entry =>
            (query.Id is null || entry.Id == query.Id) && (query.Name is null || entry.Name.Equals(query.Name, StringComparison.OrdinalIgnoreCase)));
    }

    private string Place(LocalVault vault) => vault.UserId + (Online ? " online" : Deleted ? "'s trash on this machine" : "");
}
