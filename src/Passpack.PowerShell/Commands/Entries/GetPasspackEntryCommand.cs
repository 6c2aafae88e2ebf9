using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

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
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    /// <summary>Entry Names, exactly.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "LiteralName")]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    public string[] LiteralName { get; set; } = [];

    /// <summary>Ids.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Id")]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [IdTransformation]
    public Guid[] Id { get; set; } = [];

    /// <summary>Tags; an entry has to have at least one of them.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Tag { get; set; }

    /// <summary>An address, with wildcards: the entry's, or one of its Extra Fields of type url.</summary>
    [Parameter]
    [SupportsWildcards]
    public string? Url { get; set; }

    /// <summary>Favorites only; with <c>:$false</c>, only the others.</summary>
    [Parameter]
    public SwitchParameter Favorite { get; set; }

    /// <summary>Types, such as card; an entry has to have one of them.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(EntryTypeCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Type { get; set; }

    /// <summary>Entries that have expired.</summary>
    [Parameter]
    public SwitchParameter Expired { get; set; }

    /// <summary>Entries that have expired, or expire within so many days.</summary>
    [Parameter]
    [ValidateRange(0, 36500)]
    public int ExpiresWithinDays { get; set; }

    /// <summary>Entries that files are attached to; with <c>:$false</c>, only the others.</summary>
    [Parameter]
    public SwitchParameter HasAttachment { get; set; }

    /// <summary>Entries in this machine's trash instead; with -Online, entries that were deleted online and are still kept there.</summary>
    [Parameter]
    public SwitchParameter Deleted { get; set; }

    /// <summary>Ask the online account itself.</summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        string[] wild = [.. Name.Where(WildcardPattern.ContainsWildcardCharacters)];
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var filter = new EntryFilter(wild, Tag, Url, MyInvocation.BoundParameters.ContainsKey(nameof(Favorite)) ? (bool)Favorite : null)
        {
            FurtherUrls = entry => new Entry(entry, vault,
                Online).ReadSecret().ExtraFields.Where(field => field.Type == FieldTypes.Url).Select(field => field.Data),
            Types = EntryFilter.Patterns(Type),
            HasAttachment = MyInvocation.BoundParameters.ContainsKey(nameof(HasAttachment)) ? (bool)HasAttachment : null,
            ExpiresBefore = MyInvocation.BoundParameters.ContainsKey(nameof(ExpiresWithinDays)) ? now.AddDays(ExpiresWithinDays)
                : Expired ? now : null,
        };
        if (Deleted && Online)
        {
            await ProcessDeletedOnlineAsync(vault, filter, cancellationToken);
            return;
        }
        HashSet<Guid>? emitted = Name.Length + LiteralName.Length + Id.Length > 1 ? [] : null;
        foreach (Guid id in Id)
            EmitOrFail(await ListAsync(vault, new EntryQuery { Id = id }, cancellationToken), id.ToString(), id);
        foreach (string name in Name.Except(wild).Select(WildcardPattern.Unescape).Concat(LiteralName))
            EmitOrFail(await ListAsync(vault, new EntryQuery { Name = name }, cancellationToken), $"'{name}'", name);
        if (wild.Length > 0 || (ParameterSetName == "Name" && Name.Length == 0))
            Emit((await ListAsync(vault, new EntryQuery(), cancellationToken)).Where(filter.MatchesName));

        void EmitOrFail(IEnumerable<EntrySummary> entries, string sought, object target)
        {
            if (!Emit(entries))
                WriteError(ErrorRecords.NoSuchEntry(sought, vault.UserId + (Online ? " online" : Deleted ? "'s trash on this machine" : ""), target));
        }

        // Returns whether any entry had the name, even if the other conditions exclude it.
        bool Emit(IEnumerable<EntrySummary> entries)
        {
            bool found = false;
            foreach (EntrySummary entry in entries)
            {
                found = true;
                // Two of the given names can match the same entry; it is emitted once.
                if (filter.MatchesRest(entry) && emitted?.Add(entry.Id) is not false)
                    WriteObject(new Entry(entry, vault, Online));
            }
            return found;
        }
    }

    // Names are only known after opening, so all deleted entries are read, unless ids are given.
    private async Task ProcessDeletedOnlineAsync(LocalVault vault, EntryFilter filter, CancellationToken cancellationToken)
    {
        string[] literal = [.. Name.Where(name => !WildcardPattern.ContainsWildcardCharacters(name)).Select(WildcardPattern.Unescape), .. LiteralName];
        bool any = ParameterSetName == "Name" && Name.Length == 0, wild = Name.Length > 0 && literal.Length < Name.Length;
        var missing = new HashSet<object>([.. literal, .. Id.Cast<object>()]);
        foreach (Guid? id in Id.Length > 0 ? Id.Cast<Guid?>() : [null])
        {
            await foreach (OnlineVersion deleted in OnlineVault.DeletedAsync(vault, id, damaged => WriteError(damaged), cancellationToken))
            {
                string[] meant = [.. literal.Where(name => Protocol.ComposedText.IgnoreCase.Equals(name, deleted.Entry!.Name))];
                missing.ExceptWith([.. meant, deleted.EntryId]);
                if ((id is not null || any || meant.Length > 0 || (wild && filter.MatchesName(deleted.Entry!))) && filter.MatchesRest(deleted.Entry!))
                    WriteObject(new Entry(deleted, vault));
            }
        }
        foreach (object sought in missing)
            WriteError(ErrorRecords.NoSuchEntry(sought is Guid ? $"{sought}" : $"'{sought}'", vault.UserId + " among those deleted online", sought));
    }

    private Task<IEnumerable<EntrySummary>> ListAsync(LocalVault vault, EntryQuery query, CancellationToken cancellationToken) => Online
        ? ShowingAsync<IEnumerable<EntrySummary>>("Looking into the online account",
            async progress => await OnlineVault.ListAsync(vault, query, progress, cancellationToken))
        : Task.FromResult(vault.List(query with { Trashed = Deleted }, damaged => WriteError(damaged), cancellationToken));
}
