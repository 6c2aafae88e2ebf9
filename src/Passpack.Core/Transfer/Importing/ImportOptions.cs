using Passpack.Transfer.Layouts;

namespace Passpack.Transfer.Importing;

/// <summary>How to import.</summary>
public sealed record ImportOptions
{
    /// <summary>The format; null: told by the content.</summary>
    public EntryFileFormat? Format { get; init; }

    /// <summary>The columns of a file in a classic layout; null: by its header, else Passpack's order.</summary>
    public IReadOnlyList<ClassicColumn>? ColumnOrder { get; init; }

    /// <summary>Tags that every imported entry gets, besides those of the file.</summary>
    public IReadOnlyList<string> AddTags { get; init; } = [];

    /// <summary>Report what would happen, and write nothing.</summary>
    public bool Preview { get; init; }

    /// <summary>Told what is left out but is no error: columns that are not known.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Told which format was taken, and what separates its fields, before the first row is read.</summary>
    public Action<EntryFileFormat, char>? Recognized { get; init; }

    /// <summary>Told after each result how much of the file was read, from 0 to 1.</summary>
    public Action<double>? Progress { get; init; }
}
