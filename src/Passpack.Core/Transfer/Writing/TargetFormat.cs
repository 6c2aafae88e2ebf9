using Passpack.Transfer.Layouts;

namespace Passpack.Transfer.Writing;

/// <summary>A format that entries are exported to. <see cref="TargetFormats.All"/> has them all.</summary>
/// <param name="Format">Its id.</param>
/// <param name="Program">Whose it is, as messages name it.</param>
internal sealed record TargetFormat(EntryFileFormat Format, string Program)
{
    /// <summary>Opens a writer onto a stream, which stays open.</summary>
    public required Func<Stream, ExportOptions, TargetLosses, IEntryWriter> Open { get; init; }

    /// <summary>Whether the file is encrypted by <see cref="ExportOptions.Key"/>.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>What no format has a place for, so that no writer tells of it itself: a file is saved apart from the entries.</summary>
    public static TargetLoss Attachments { get; } = new("Attachments");

    /// <summary>What the writer may tell of, and <see cref="Attachments"/>: what help says of the format. A writer tells of nothing else.</summary>
    public IReadOnlyList<TargetLoss> Losses { get; init => field = [Attachments, .. value]; } = [Attachments];
}

/// <summary>A part of entries that a target has no place for, or holds in another form.</summary>
/// <param name="What">The part, as messages and help name it: "Shared Notes".</param>
/// <param name="As">What it becomes there: "a custom field". Null if it has no place, so that it is not in the file.</param>
internal sealed record TargetLoss(string What, string? As = null);
