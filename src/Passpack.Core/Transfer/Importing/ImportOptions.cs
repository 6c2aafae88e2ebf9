using Passpack.Packing.Records;
using Passpack.Transfer.Layouts;

namespace Passpack.Transfer.Importing;

/// <summary>How to import.</summary>
public sealed record ImportOptions
{
    /// <summary>The format. Null if the content is to tell.</summary>
    public EntryFileFormat? Format { get; init; }

    /// <summary>The columns of a file in a classic layout. Null if they are those of its header, or in Passpack's order.</summary>
    public IReadOnlyList<ClassicColumn>? ColumnOrder { get; init; }

    /// <summary>Tags that every imported entry gets, besides those of the file.</summary>
    public IReadOnlyList<string> AddTags { get; init; } = [];

    /// <summary>
    /// Of another program's file: whether its value counts where it was changed there and here since the last import. Otherwise this vault's stays.
    /// </summary>
    public bool PreferSource { get; init; }

    /// <summary>What becomes of items that lie in the archive of another program.</summary>
    public ArchivedItems Archived { get; init; } = ArchivedItems.Tag;

    /// <summary>The key of an encrypted file of another program, in UTF-8. Null if there is none.</summary>
    public SecretBytes? SourceKey { get; init; }

    /// <summary>The content of that file's key file. Null if there is none.</summary>
    public byte[]? SourceKeyContent { get; init; }

    /// <summary>Whether cells of a file in Passpack's own CSV are guarded (<see cref="Writing.ExportOptions.SafeForSpreadsheet"/>).</summary>
    public bool SafeForSpreadsheet { get; init; }

    /// <summary>Report what would happen, and write nothing.</summary>
    public bool Preview { get; init; }

    /// <summary>Called for parts that are left out without an error: unknown columns.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Called with the recognised format and its separator (zero in another program's), before the first row is read.</summary>
    public Action<EntryFileFormat, char>? Recognized { get; init; }

    /// <summary>Called after each result with the share of the file that was read, from 0 to 1.</summary>
    public Action<double>? Progress { get; init; }
}

/// <summary>What becomes of items that lie in the archive of another program.</summary>
public enum ArchivedItems
{
    /// <summary>They get the tag Archived.</summary>
    Tag,

    /// <summary>They go to this machine's trash.</summary>
    Trash,

    /// <summary>They are left out.</summary>
    Skip,
}
