using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Changes entries.</summary>
[Cmdlet(VerbsCommon.Set, "PasspackEntry", SupportsShouldProcess = true)]
[OutputType(typeof(Entry))]
public sealed class SetPasspackEntryCommand : EntryFieldsCmdlet
{
    /// <summary>The exact name of one entry.</summary>
    // In the set of -Id, and never out of a row: -NewName and the fields are the row's.
    [Parameter(Position = 0, ParameterSetName = ByFields)]
    [ArgumentCompleter(typeof(EntryNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The entry's id.</summary>
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EntryIdCompleter))]
    [AllowNull]
    [AllowEmptyString]
    public string? Id { get; set; }

    /// <summary>The new Entry Name.</summary>
    [Parameter(ParameterSetName = ByEntry)]
    [Parameter(ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Alias("Entry Name", "EntryName")]
    [TextTransformation(Needed = true)]
    public string? NewName { get; set; }

    /// <summary>Fields to empty.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public EntryField[]? Clear { get; set; }

    /// <summary>Tags to add.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[]? AddTag { get; set; }

    /// <summary>Tags to take away.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[]? RemoveTag { get; set; }

    /// <summary>Emit the entry as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private bool _isWarned;

    private protected override bool Emits => PassThru;

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (TryGetValues() is { } values && await TryReadIdAsync(cancellationToken) is { } id && FindTarget(id) is { } target
            && ShouldProcess(target.Name, $"{Describe(values)}{(Online ? " in the online account" : "")}"))
            await TakeAsync(target.Change(values), cancellationToken);
    }

    private async Task<Guid?> TryReadIdAsync(CancellationToken cancellationToken)
    {
        if (Name is null)
            return TryReadId(Id);
        if (Id is not null)
            throw ErrorRecords.NameAndId(Name);
        return await TryFindNameAsync(Name, async name =>
            Online ? await ListOnlineAsync(RequireAccount(), name, cancellationToken) : ListLocal(RequireAccount(), name, inTrash: false, cancellationToken));
    }

    private EntryEdit? TryGetValues()
    {
        try
        {
            EntryEdit values = Emptied(GetFields() with { Name = Given(NewName, nameof(NewName)), AddTags = AddTag, RemoveTags = RemoveTag });
            if (values != new EntryEdit())
                return values;
            // A row with blank cells changes nothing, and is no mistake.
            if (IsCopy)
            {
                throw ErrorRecords.Invalid("This is a copy of an entry, or of some of its properties, and what it holds may be old. " +
                    "Name the fields to change as parameters, "
                    + "for example -Email x, or pipe a row: [pscustomobject]@{ Id = ...; Url = ... }.", null);
            }
            if (Row?.Value is null || InputObject is not null)
                WarnOfNothing();
            return values;
        }
        catch (PasspackException e) when (IsOfOneEntry(e))
        {
            WriteError(e, InputObject ?? (object?)Id);
            return null;
        }
    }

    private EntryEdit Emptied(EntryEdit values)
    {
        foreach (EntryField field in (Clear ?? []).Distinct())
        {
            (EntryEdit emptied, object? given) = field switch
            {
                EntryField.UserId => (values with { UserId = "" }, (object?)values.UserId),
                EntryField.Password => (values with { Password = "" }, values.Password),
                EntryField.Url => (values with { Url = "" }, values.Url),
                EntryField.Email => (values with { Email = "" }, values.Email),
                EntryField.Notes => (values with { Notes = "" }, values.Notes),
                EntryField.SharedNotes => (values with { SharedNotes = "" }, values.SharedNotes),
                EntryField.ExtraField => (values with { ExtraFields = [] }, values.ExtraFields),
                EntryField.Type => (values with { Type = Vault.Fields.EntryTypes.Login }, values.Type),
                EntryField.Expires => (values with { NeverExpires = true }, values.Expires),
                _ => (values with { Tags = [] }, values.Tags),
            };
            // A row's cell gives way; a value that was typed beside contradicts itself.
            values = given is null || Row?.Value is not null && !Typed.Contains(field.ToString())
                ? emptied with { Expires = field == EntryField.Expires ? null : emptied.Expires }
                : throw ErrorRecords.Invalid($"-{field} gives a value and -Clear {field} takes it away. Give one of them.", null);
        }
        return values;
    }

    // Once, and not for every entry of a pipe.
    private void WarnOfNothing()
    {
        if (!_isWarned && (Name ?? Id ?? (object?)InputObject) is not null)
            WriteWarning("No field was named, so nothing changes. Name the fields to change as parameters, for example -Email x.");
        _isWarned = true;
    }

    private protected override EntrySummary? Apply(VaultWriter writer, EntryChange change) => writer.Edit(change.Id!.Value, change.Values!);

    /// <summary>Describes the change by names of fields and tags only, because values may be secret.</summary>
    private static string Describe(EntryEdit values)
    {
        string[] fields =
        [
            .. new (string Name, object? Value)[]
            {
                ("Entry Name", values.Name), ("User ID", values.UserId), ("Password", values.Password), ("URL", values.Url), ("Email", values.Email),
                ("Notes", values.Notes), ("Shared Notes", values.SharedNotes), ("Extra Fields", values.ExtraFields), ("Tags", values.Tags),
                ("Favorite", values.Favorite), ("Type", values.Type), ("Expires", (object?)values.Expires ?? (values.NeverExpires ? "" : null)),
            }.Where(field => field.Value is not null).Select(field => field.Name),
        ];
        string[] parts =
        [
            .. fields.Length > 0 ? [$"Set {string.Join(", ", fields)}"] : Array.Empty<string>(),
            .. values.AddTags is { Count: > 0 } added ? [$"Add tag {string.Join(", ", added)}"] : Array.Empty<string>(),
            .. values.RemoveTags is { Count: > 0 } removed ? [$"Remove tag {string.Join(", ", removed)}"] : Array.Empty<string>(),
        ];
        return parts.Length > 0 ? string.Join("; ", parts) : "Set nothing";
    }
}
