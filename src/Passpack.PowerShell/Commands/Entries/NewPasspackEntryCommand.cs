using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.PowerShell.Commands;

/// <summary>Adds entries: from fields, or as complete copies of entries.</summary>
[Cmdlet(VerbsCommon.New, "PasspackEntry", SupportsShouldProcess = true)]
[OutputType(typeof(Entry))]
public sealed class NewPasspackEntryCommand : EntryFieldsCmdlet
{
    /// <summary>The Entry Name; for a copy, by default the original's.</summary>
    [Parameter(Position = 0, ParameterSetName = ByFields, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = ByEntry)]
    [Alias("Entry Name", "EntryName", "Title")]
    [TextTransformation(Needed = true)]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        if (TryGetValues() is { } values && ShouldProcess(values.Name!, $"Add entry to the {(Online ? "online" : "local")} account {vault.UserId}"))
            await TakeAsync(new EntryChange(vault, null, values, InputObject ?? (object)values.Name!), cancellationToken);
    }

    private protected override EntrySummary? Apply(VaultWriter writer, EntryChange change) => writer.Add(change.Values!);

    private protected override IEnumerable<Func<EntrySummary?>> Ready(VaultWriter writer, EntryChange[] changes) =>
        changes.Length == 1 ? base.Ready(writer, changes) : writer.SealNew([.. changes.Select(change => change.Values!)]);

    private EntryEdit? TryGetValues()
    {
        try
        {
            if (IsCopy)
                throw ErrorRecords.Invalid("This copy of an entry lacks its password and notes. Pipe the entry itself: Get-PasspackEntry.", null);
            if (InputObject is null && Name is null)
                throw ErrorRecords.Invalid($"-Name is missing: an entry has one.{DescribeColumns(Row)}", null);
            EntryEdit fields = GetFields() with { Name = Name };
            return InputObject is null ? fields : Copy(InputObject, fields);
        }
        catch (PasspackException e) when (InputObject is not null || IsOfOneEntry(e))
        {
            WriteError(e, InputObject ?? (object)Name!);
            return null;
        }
    }

    private static EntryEdit Copy(Entry entry, EntryEdit fields)
    {
        EntrySecret secret = entry.ReadSecret();
        return fields with
        {
            Name = fields.Name ?? entry.Name,
            UserId = fields.UserId ?? entry.UserId,
            Password = fields.Password ?? secret.Password,
            Url = fields.Url ?? entry.Url,
            Email = fields.Email ?? entry.Email,
            Notes = fields.Notes ?? secret.Notes,
            SharedNotes = fields.SharedNotes ?? secret.SharedNotes,
            ExtraFields = fields.ExtraFields ?? secret.ExtraFields,
            Type = fields.Type ?? entry.Type,
            Expires = fields.Expires ?? entry.Expires,
            Tags = fields.Tags ?? entry.Tags,
            Favorite = fields.Favorite ?? entry.Favorite,
        };
    }
}
