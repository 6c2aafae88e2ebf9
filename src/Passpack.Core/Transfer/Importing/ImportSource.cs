using System.Text;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Importing;

/// <summary>Recognises the format of a file by its content, and opens the reader for it.</summary>
internal static class ImportSource
{
    private const int PeekBytes = 64 << 10;

    /// <summary>The rows of an import, read as they are enumerated.</summary>
    /// <param name="stream">Read sequentially, from where it is; need not be seekable.</param>
    /// <param name="source">How messages name it: the path.</param>
    /// <param name="options">Format, columns, and the callback for parts that are left out.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static IEnumerable<ImportRow> Read(Stream stream, string source, ImportOptions options, CancellationToken cancellationToken)
    {
        if (options.ColumnOrder is not null)
            ClassicLayout.Check(options.ColumnOrder);
        Action<string> warn = options.Warn ?? (_ => { });
        (stream, byte[] start) = Peek(new SourceStream(stream, cancellationToken));
        FileLayout layout = FileLayout.Detect(start, start.Length < PeekBytes - 3, options.Format, options.ColumnOrder);
        if (options.ColumnOrder is not null && !ClassicLayout.Is(layout.Format))
        {
            throw new ArgumentException($"The order of the columns is for the classic layouts; {source} is {layout.Format}, " +
                "which names its own.", nameof(options));
        }
        options.Recognized?.Invoke(layout.Format, layout.Separator);
        if (layout.Format == EntryFileFormat.Json)
        {
            foreach (ImportRow row in new JsonEntryReader(stream, source).Read(warn, cancellationToken))
                yield return row;
            yield break;
        }
        using var csv = new CsvEntryReader(stream, source, layout);
        foreach (ImportRow row in csv.Read(options.ColumnOrder, warn, cancellationToken))
            yield return row;
    }

    /// <summary>The stream in UTF-8, without byte order mark, and a copy of its start.</summary>
    private static (Stream Stream, byte[] Start) Peek(Stream stream)
    {
        byte[] start = new byte[PeekBytes];
        int count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        Array.Resize(ref start, count);
        Encoding? utf16 = start switch // What Windows PowerShell calls Unicode.
        {
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            _ => null,
        };
        if (utf16 is not null)
            return Peek(Encoding.CreateTranscodingStream(new JoinedStream(new MemoryStream(start), stream), utf16, Encoding.UTF8));
        if (start is [0xEF, 0xBB, 0xBF, ..])
            start = start[3..];
        return (new JoinedStream(new MemoryStream(start), stream), start);
    }
}
