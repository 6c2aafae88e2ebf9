using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Reading;

/// <summary>One row of an import as it was read: its values, or why it cannot be imported.</summary>
/// <param name="Number">1 for the first row of data, or the first object of JSON.</param>
/// <param name="Line">The line of the file where the row starts. Null if it is unknown.</param>
internal sealed record ImportRow(long Number, long? Line)
{
    public Guid? Id { get; init; }

    public string Name { get; init; } = "";

    /// <summary>The values; those of missing columns are null. Null if the row cannot be imported.</summary>
    public EntryEdit? Values { get; init; }

    public string? Error { get; init; }

    /// <summary>The item of another program's file that the row was made of. Null in Passpack's own formats.</summary>
    public SourceTrace? Source { get; init; }

    /// <summary>The number of characters of all cells, as an estimate of memory.</summary>
    public long Characters { get; init; }

    /// <summary>Makes a row of its cells, which are indexed by <see cref="EntryColumn"/>; a cell is null if the file lacks the column.</summary>
    public static ImportRow From(long number, long? line, string?[] cells, Func<string, IReadOnlyList<string>> readTags)
    {
        string name = Cell(EntryColumn.EntryName) ?? "";
        var row = new ImportRow(number, line) { Name = name, Characters = cells.Sum(cell => cell?.Length ?? 0) };
        if (name.Length == 0)
            return row.Fails("the Entry Name is missing; every entry needs one");

        Guid? id = null;
        if (Cell(EntryColumn.Id) is { } idCell && !string.IsNullOrWhiteSpace(idCell))
        {
            if (!Guid.TryParse(idCell, out Guid parsed))
                return row.Fails(EntryColumn.Id, "it is not the id of an entry; leave it blank to match by name");
            id = parsed;
        }
        bool? favorite = null;
        if (Cell(EntryColumn.Favorite) is { } favoriteCell && !string.IsNullOrWhiteSpace(favoriteCell))
        {
            if (!bool.TryParse(favoriteCell, out bool parsed))
                return row.Fails(EntryColumn.Favorite, "it is neither True nor False");
            favorite = parsed;
        }

        DateTimeOffset? expires = null;
        if (Cell(EntryColumn.Expires) is { } expiresCell && !string.IsNullOrWhiteSpace(expiresCell))
        {
            expires = Expiry.Read(expiresCell, TimeZoneInfo.Local);
            if (expires is null)
                return row.Fails(EntryColumn.Expires, "it is neither a day as 2026-12-31 nor an instant with its offset");
        }

        EntryColumn reading = EntryColumn.Tags;
        try
        {
            IReadOnlyList<string>? tags = Cell(EntryColumn.Tags) is { } tagsCell ? readTags(tagsCell) : null;
            reading = EntryColumn.ExtraFields;
            return row with
            {
                Id = id,
                Values = new EntryEdit
                {
                    Name = name,
                    Url = Cell(EntryColumn.Url),
                    UserId = Cell(EntryColumn.UserId),
                    Password = Cell(EntryColumn.Password),
                    Notes = Cell(EntryColumn.Notes),
                    SharedNotes = Cell(EntryColumn.SharedNotes),
                    Email = Cell(EntryColumn.Email),
                    Tags = tags,
                    ExtraFields = Cell(EntryColumn.ExtraFields) is { } fields ? ModernLayout.ReadExtraFields(fields) : null,
                    Favorite = favorite,
                    Type = Cell(EntryColumn.Type) is { Length: > 0 } type ? EntryTypes.Normal(type) : null,
                    Expires = expires,
                },
            };
        }
        catch (FormatException e)
        {
            return row.Fails(reading, e.Message);
        }

        string? Cell(EntryColumn column) => cells[(int)column];
    }

    public ImportRow Fails(string reason) => this with { Error = reason };

    private ImportRow Fails(EntryColumn column, string reason) => Fails($"{EntryColumns.Title(column)}: {reason}");
}
