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
        Kept = Told(Row.Source?.Kept),
        Changed = Told(Row.Source?.Changed),
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
