namespace Passpack.Transfer.Importing;

/// <summary>The outcome for a row.</summary>
public enum ImportAction
{
    /// <summary>A new entry.</summary>
    Added,

    /// <summary>An existing entry got the file's values.</summary>
    Updated,

    /// <summary>An existing entry had these values already.</summary>
    Unchanged,

    /// <summary>The item was left out, as its archive was to be.</summary>
    Skipped,

    /// <summary>The row failed: see the reason.</summary>
    Failed,
}

/// <summary>The outcome for one row of an import; in a preview, the outcome it would have.</summary>
public sealed record ImportResult
{
    /// <summary>The row: 1 for the first one after the header, or the first object of JSON.</summary>
    public required long Row { get; init; }

    /// <summary>The line of the file where the row starts. Null if it is unknown.</summary>
    public long? Line { get; init; }

    /// <summary>The Entry Name, as far as it was read.</summary>
    public required string Name { get; init; }

    /// <summary>The entry. Null for a failed row, and for one without an id that a preview would add.</summary>
    public Guid? Id { get; init; }

    /// <summary>Whether the import gives the entry tags or makes it a favorite, which no sync takes up.</summary>
    public bool HasTagsOrFavorite { get; init; }

    /// <summary>What became of it.</summary>
    public required ImportAction Action { get; init; }

    /// <summary>Of another program's file: its fields that the entry holds as they were, as <c>field: place</c>.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];

    /// <summary>Its fields whose value the entry holds in another form, as <c>field: how</c>.</summary>
    public IReadOnlyList<string> Changed { get; init; } = [];

    /// <summary>Its fields that an entry has no place for, as <c>field: what</c>.</summary>
    public IReadOnlyList<string> NoPlace { get; init; } = [];

    /// <summary>Why it failed: one of <see cref="Passpack.Protocol.ErrorCodes"/>, such as ImportRowInvalid or RecordTooLarge.</summary>
    public string? ErrorId { get; init; }

    /// <summary>Why it failed, in words, with row, line and field; of an added one, that one like it is in the trash.</summary>
    public string? Reason { get; init; }
}
