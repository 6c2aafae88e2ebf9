using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Transfer.Writing;

/// <summary>Writes entries in the clear, one by one; only the entry being written is in memory.</summary>
public static class EntryExporter
{
    /// <summary>The formats that entries can be exported to.</summary>
    public static IReadOnlyList<FormatInfo> Formats { get; } =
    [
        .. TargetFormats.All.Select(format => new FormatInfo(format.Format, format.Program, format.Losses.Any(loss => loss.As is null)
            ? $"has no place for: {string.Join(", ", format.Losses.Where(loss => loss.As is null).Select(loss => loss.What))}"
            : "holds everything")),
    ];

    /// <summary>Writes entries to a stream, which stays open.</summary>
    /// <param name="entries">Read as they are written.</param>
    /// <param name="stream">Where to.</param>
    /// <param name="format">How.</param>
    /// <param name="options">Null for Passpack's order without a header in a classic layout, and no warnings.</param>
    /// <param name="cancellationToken">Stops the export; the stream is then incomplete.</param>
    /// <returns>How many.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="Passpack.Protocol.ErrorCodes.ExportNotWhole"/>: the format cannot hold an entry whole, and that is to stop the export.
    /// </exception>
    /// <exception cref="ArgumentException">The format is only read, or is encrypted and there is no key.</exception>
    public static long Write(
        IEnumerable<FullEntry> entries, Stream stream, EntryFileFormat format, ExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ExportOptions();
        return Write(entries, stream, Require(format, options), options, cancellationToken);
    }

    /// <summary>Writes entries for a target, which the options fit.</summary>
    internal static long Write(IEnumerable<FullEntry> entries, Stream stream, TargetFormat target, ExportOptions options, CancellationToken cancellationToken)
    {
        var losses = new TargetLosses(target);
        long count = 0;
        using IEntryWriter writer = target.Open(stream, options, losses);
        foreach (FullEntry entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            losses.Next(entry.Summary);
            writer.Write(entry);
            count++;
        }
        writer.Complete();
        losses.End(options.Strict, options.Warn);
        return count;
    }

    /// <summary>Refuses a format that is not written, and a key that is missing or has no use, before the work begins.</summary>
    /// <exception cref="ArgumentException">See above.</exception>
    public static void RequireFormat(EntryFileFormat format, ExportOptions options) => Require(format, options);

    /// <summary>Refuses the files that <see cref="WriteFile"/> would refuse, before the work begins.</summary>
    /// <exception cref="PasspackException"><see cref="Passpack.Protocol.ErrorCodes.FileExists"/>.</exception>
    /// <exception cref="DirectoryNotFoundException">Its folder does not exist.</exception>
    public static void RequireWritable(string path, bool overwrite) => AtomicFile.RequireWritable(path, overwrite);

    /// <summary>
    /// Writes entries to a file that only its owner can read. The file appears once it is complete. If the export fails or is cancelled, an earlier
    /// file stays as it was, and no other file is left.
    /// </summary>
    /// <returns>How many.</returns>
    /// <exception cref="PasspackException">The file exists and <paramref name="overwrite"/> is not set, or the disk is full.</exception>
    public static long WriteFile(IEnumerable<FullEntry> entries, string path, EntryFileFormat format, bool overwrite = false,
        ExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        long count = 0;
        AtomicFile.Write(path, overwrite, stream => count = Write(entries, stream, format, options, cancellationToken));
        return count;
    }

    private static TargetFormat Require(EntryFileFormat format, ExportOptions options)
    {
        TargetFormat target = TargetFormats.Find(format);
        if (target.IsEncrypted != options.Key is not null)
        {
            throw new ArgumentException(target.IsEncrypted
                ? $"{format} is encrypted: give the key that is to open the file, with -TargetKey."
                : $"{format} is written in the clear, so a key has no use.", nameof(options));
        }
        if (options.SafeForSpreadsheet && format is not (EntryFileFormat.Csv or EntryFileFormat.ClassicCsv or EntryFileFormat.ClassicTab))
            throw new ArgumentException($"Cells are guarded for spreadsheets in Csv, ClassicCsv and ClassicTab; {format} has none.", nameof(options));
        if (options.MaskSecrets && format != EntryFileFormat.Html)
            throw new ArgumentException($"Secrets are masked in Html; {format} without them would be no export.", nameof(options));
        return target;
    }
}

/// <summary>Writes one format.</summary>
internal interface IEntryWriter : IDisposable
{
    void Write(FullEntry entry);

    /// <summary>Writes the end of the file; without it the file is incomplete.</summary>
    void Complete();
}
