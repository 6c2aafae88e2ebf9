using System.Globalization;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Importing;

/// <summary>The planned step for a row of an import.</summary>
internal sealed record ImportStep(ImportRow Row)
{
    public ImportAction Action { get; init; }

    /// <summary>The id of the existing entry, or the id for the new one. Null if a new one is to be made.</summary>
    public Guid? Id { get; init; }

    /// <summary>The edit to write. Null if nothing changes.</summary>
    public EntryEdit? Edit { get; init; }

    /// <summary>Whether the new entry goes to the trash at once.</summary>
    public bool IsTrashed { get; init; }

    /// <summary>Values for the history that do not come into force. Null if there are none.</summary>
    public EntryEdit? Lost { get; init; }

    /// <summary>The fields whose value of this vault stays, although it was changed in the source, too.</summary>
    public IReadOnlyList<string> KeptHere { get; init; } = [];

    private string? ErrorId { get; init; }

    private string? Reason { get; init; }

    /// <summary>Tells something of a row that did not fail.</summary>
    public ImportStep Because(string reason) => this with { Reason = reason };

    public ImportStep Fails(string errorId, string reason) =>
        this with { Action = ImportAction.Failed, Id = null, Edit = null, ErrorId = errorId, Reason = reason };

    /// <summary>The step as it is reported.</summary>
    public ImportResult ToResult() => new()
    {
        Row = Row.Number,
        Line = Row.Line,
        Name = Row.Name,
        Id = Id,
        Action = Action,
        HasTagsOrFavorite = Edit is { Tags.Count: > 0 } or { AddTags.Count: > 0 } or { Favorite: true },
        Kept = Told(Row.Source?.Kept),
        Changed = [.. Told(Row.Source?.Changed), .. KeptHere.Select(field => $"{field}: changed here, too, so this vault's value stays; " +
            "the source's is in the history")],
        NoPlace = Told(Row.Source?.NoPlace),
        ErrorId = ErrorId,
        Reason = Reason is null ? null : $"{Where()}: {Reason.TrimEnd('.')}.",
    };

    private static IReadOnlyList<string> Told(IReadOnlyList<SourceField>? fields) =>
        fields is null or [] ? [] : [.. fields.Select(field => $"{field.Name}: {field.Outcome}")];

    private string Where() => Row.Line is { } line
        ? string.Create(CultureInfo.InvariantCulture, $"Row {Row.Number} (line {line})")
        : string.Create(CultureInfo.InvariantCulture, $"Row {Row.Number}");
}
