using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Transfer.Writing;

/// <summary>Writes entries in the clear, one by one; only the entry being written is in memory.</summary>
public static class EntryExporter
{
    /// <summary>Writes entries to a stream, which stays open.</summary>
    /// <param name="entries">Read as they are written.</param>
    /// <param name="stream">Where to.</param>
    /// <param name="format">How.</param>
    /// <param name="classic">Options of a classic layout. Null for Passpack's order without a header.</param>
    /// <param name="cancellationToken">Stops the export; the stream is then incomplete.</param>
    /// <returns>How many.</returns>
    public static long Write(
        IEnumerable<FullEntry> entries, Stream stream, EntryFileFormat format, ClassicOptions? classic = null, CancellationToken cancellationToken = default)
    {
        long count = 0;
        using IEntryWriter writer = format switch
        {
            EntryFileFormat.Json => new JsonEntryWriter(stream),
            EntryFileFormat.Csv => new ModernCsvWriter(stream),
            _ => new ClassicWriter(stream, format, classic ?? new ClassicOptions()),
        };
        foreach (FullEntry entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.Write(entry);
            count++;
        }
        writer.Complete();
        return count;
    }

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
        ClassicOptions? classic = null, CancellationToken cancellationToken = default)
    {
        long count = 0;
        AtomicFile.Write(path, overwrite, stream => count = Write(entries, stream, format, classic, cancellationToken));
        return count;
    }
}

/// <summary>Writes one format.</summary>
internal interface IEntryWriter : IDisposable
{
    void Write(FullEntry entry);

    /// <summary>Writes the end of the file; without it the file is incomplete.</summary>
    void Complete();
}
