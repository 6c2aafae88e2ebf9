using System.Text;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Transfer.Sources;

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
        Stream? file = stream.CanSeek ? stream : null;
        (stream, byte[] start) = Peek(new SourceStream(stream, cancellationToken), source);
        if (options.ColumnOrder is null && Foreign(start, file, source, options) is { } foreign)
        {
            RequireUnguarded(options, source, foreign.Format);
            options.Recognized?.Invoke(foreign.Format, '\0');
            var input = new SourceInput { Name = source, Stream = stream, File = file, Key = options.SourceKey,
                KeyFile = options.SourceKeyContent, Warn = warn };
            foreach (ImportRow row in foreign.Read(input, cancellationToken))
                yield return row.Source is null ? row : row with { Source = row.Source with { Format = foreign.Format } };
            yield break;
        }
        FileLayout layout = FileLayout.Detect(start, start.Length < PeekBytes - 3, options.Format, options.ColumnOrder);
        if (options.ColumnOrder is not null && !ClassicLayout.Is(layout.Format))
        {
            throw new ArgumentException($"The order of the columns is for the classic layouts; {source} is {layout.Format}, " +
                "which names its own.", nameof(options));
        }
        options.Recognized?.Invoke(layout.Format, layout.Separator);
        if (layout.Format == EntryFileFormat.Json)
        {
            RequireUnguarded(options, source, layout.Format);
            foreach (ImportRow row in new JsonEntryReader(stream, source).Read(warn, cancellationToken))
                yield return row;
            yield break;
        }
        using var csv = new CsvEntryReader(stream, source, layout) { IsGuarded = options.SafeForSpreadsheet };
        foreach (ImportRow row in csv.Read(options.ColumnOrder, warn, cancellationToken))
            yield return row;
    }

    private static void RequireUnguarded(ImportOptions options, string source, EntryFileFormat format)
    {
        if (options.SafeForSpreadsheet)
            throw new ArgumentException($"Only Passpack's own CSV is guarded for spreadsheets; {source} is {format}.", nameof(options));
    }

    /// <summary>The format of another program that the user named or that the content shows. Null if the file is one of Passpack's own.</summary>
    private static SourceFormat? Foreign(byte[] start, Stream? file, string source, ImportOptions options)
    {
        long position = file?.Position ?? 0;
        var seen = new SourceStart(start, start.Length < PeekBytes - 3, file);
        try
        {
            if (options.Format is { } said)
            {
                return said != EntryFileFormat.Html ? SourceFormats.Find(said) : throw new PasspackException(ErrorCodes.SourceNotSupported,
                    $"{source}: a page to print holds no types and no order, so none can be imported. " +
                    "Export to Csv, Json or Cxf to import it.") { Target = source };
            }
            IReadOnlyList<SourceFormat> fitting = SourceFormats.Fitting(seen);
            return fitting.Count < 2 ? fitting.SingleOrDefault() : throw new PasspackException(ErrorCodes.FormatAmbiguous,
                $"{source} may be of several formats. Say which: " +
                $"-Format {string.Join(" or ", fitting.Select(format => $"{format.Format} ({format.Program})"))}.")
            { Target = source };
        }
        finally
        {
            if (file is not null)
                file.Position = position;
        }
    }

    /// <summary>The stream in UTF-8, without byte order mark, and a copy of its start.</summary>
    private static (Stream Stream, byte[] Start) Peek(Stream stream, string source)
    {
        byte[] start = new byte[PeekBytes];
        int count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        Array.Resize(ref start, count);
        Encoding? utf16 = start switch // What Windows PowerShell calls Unicode.
        {
            [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
            [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
            _ => null,
        };
        if (utf16 is not null)
            return Peek(new TranscodedStream(new JoinedStream(new MemoryStream(start), stream), utf16, source), source);
        if (start is [0xEF, 0xBB, 0xBF, ..])
            start = start[3..];
        return (new JoinedStream(new MemoryStream(start), stream), start);
    }
}
