using Passpack.Transfer.Layouts;

namespace Passpack.Transfer.Writing;

/// <summary>The table of formats that entries are exported to, from which messages and docs are made.</summary>
internal static class TargetFormats
{
    /// <summary>All of them, in the order of help.</summary>
    public static IReadOnlyList<TargetFormat> All { get; } =
    [
        ModernCsvWriter.Target,
        new(EntryFileFormat.Json, "this module") { Open = (stream, _, _) => new JsonEntryWriter(stream) },
        ClassicWriter.Target(EntryFileFormat.ClassicCsv),
        ClassicWriter.Target(EntryFileFormat.ClassicTab),
        BitwardenWriter.Target,
        BitwardenEncryptedWriter.Target,
        KdbxWriter.Target,
        CxfWriter.Target,
        HtmlWriter.Target,
    ];

    /// <summary>The format of this id.</summary>
    /// <exception cref="ArgumentException">It is only read.</exception>
    public static TargetFormat Find(EntryFileFormat format) => All.FirstOrDefault(known => known.Format == format)
        ?? throw new ArgumentException($"{format} is only read, not written. Written are {string.Join(", ", All.Select(known => known.Format))}.",
            nameof(format));
}
