using Passpack.Vault.Entries;

namespace Passpack.Transfer.Reading;

/// <summary>What an item of another program's file was, and what became of each of its fields.</summary>
internal sealed record SourceTrace
{
    /// <summary>The file's format.</summary>
    public Layouts.EntryFileFormat Format { get; init; }

    /// <summary>The item's id in the source. Null if the source gives none.</summary>
    public string? Id { get; init; }

    /// <summary>Fields that an entry holds as they were.</summary>
    public IReadOnlyList<SourceField> Kept { get; init; } = [];

    /// <summary>Fields whose value an entry holds in another form.</summary>
    public IReadOnlyList<SourceField> Changed { get; init; } = [];

    /// <summary>Fields that an entry has no place for.</summary>
    public IReadOnlyList<SourceField> NoPlace { get; init; } = [];

    /// <summary>Earlier versions, the oldest first; they become the entry's history.</summary>
    public IReadOnlyList<EarlierValues> Earlier { get; init; } = [];

    /// <summary>The files that hang on the item.</summary>
    public IReadOnlyList<SourceFile> Files { get; init; } = [];

    /// <summary>Where the item lay in the source.</summary>
    public SourceState State { get; init; }

    /// <summary>When the source made the item. Null if it does not say.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>When the source last changed it, likewise.</summary>
    public DateTimeOffset? Modified { get; init; }
}

/// <summary>A field of a source by its name there, and where its value is now, how it was changed, or what it is. Never a value.</summary>
internal readonly record struct SourceField(string Name, string Outcome);

/// <summary>Values that an item had before.</summary>
/// <param name="Until">When they were replaced. Null if the source does not say.</param>
/// <param name="Values">Those that differ from the next version's; null for the others.</param>
internal sealed record EarlierValues(DateTimeOffset? Until, EntryEdit Values);

/// <summary>A file that hangs on an item.</summary>
/// <param name="Name">As the source names it; not safe as a path.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Open">Opens the content, while the source is being read.</param>
internal sealed record SourceFile(string Name, long Length, Func<Stream> Open);

/// <summary>Where an item lay in its source.</summary>
internal enum SourceState
{
    InUse,
    Archived,
    Trashed,
}
