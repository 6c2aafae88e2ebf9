namespace Passpack.Transfer.Importing;

/// <summary>What became of a row.</summary>
public enum ImportAction
{
    /// <summary>A new entry.</summary>
    Added,

    /// <summary>An entry that was there now holds what the file holds.</summary>
    Updated,

    /// <summary>An entry that was there holds just that.</summary>
    Unchanged,

    /// <summary>Nothing: see the reason.</summary>
    Failed,
}

/// <summary>What became of one row of an import; in a preview, what would become of it.</summary>
public sealed record ImportResult
{
    /// <summary>The row: 1 for the first one after the header, or the first object of JSON.</summary>
    public required long Row { get; init; }

    /// <summary>The line of the file where the row starts; null where that is not known.</summary>
    public long? Line { get; init; }

    /// <summary>The Entry Name, as far as it was read.</summary>
    public required string Name { get; init; }

    /// <summary>The entry; null of a failed row, and of one that a preview would add without an id of its own.</summary>
    public Guid? Id { get; init; }

    /// <summary>What became of it.</summary>
    public required ImportAction Action { get; init; }

    /// <summary>Why it failed: one of <see cref="Passpack.Protocol.ErrorCodes"/>, such as ImportRowInvalid or RecordTooLarge.</summary>
    public string? ErrorId { get; init; }

    /// <summary>Why it failed, in words, with row, line and field; of an added one, that one like it is in the trash.</summary>
    public string? Reason { get; init; }
}
