using Passpack.Protocol;

namespace Passpack.Transfer.Layouts;

/// <summary>How a file of entries is laid out.</summary>
/// <param name="Format">Which format.</param>
/// <param name="Separator">Between the fields of a CSV.</param>
/// <param name="IsPadded">Whether a space follows every separator, and belongs to no field.</param>
internal sealed record FileLayout(EntryFileFormat Format, char Separator = ',', bool IsPadded = false)
{
    // The separators that spreadsheets and Export-Csv -UseCulture write.
    private static readonly char[] s_separators = [',', ';', '\t', '|'];

    /// <summary>The layout of a file, from the user's choice and the file's start.</summary>
    /// <param name="start">UTF-8.</param>
    /// <param name="isWhole">Whether the start is the whole file.</param>
    /// <param name="said">The format that the user named. Null if none.</param>
    /// <param name="order">The columns that the user named; they imply a classic layout. Null if none.</param>
    public static FileLayout Detect(byte[] start, bool isWhole, EntryFileFormat? said, IReadOnlyList<ClassicColumn>? order)
    {
        if (said == EntryFileFormat.Json || said is null && start.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{', ..])
            return new FileLayout(EntryFileFormat.Json);
        if (said is null or EntryFileFormat.Csv && order is null && Modern(start, isWhole) is { } modern)
            return modern;
        if (said != EntryFileFormat.Csv && ClassicLayout.Recognize(start, isWhole, said, order) is { } classic)
            return classic;
        return new FileLayout(said ?? (order is null ? EntryFileFormat.Csv : EntryFileFormat.ClassicCsv), said == EntryFileFormat.ClassicTab ? '\t' : ',');
    }

    /// <summary>The error for a file that cannot be imported.</summary>
    /// <param name="source">How messages name it: the path.</param>
    /// <param name="seen">What the file was recognised as.</param>
    public static PasspackException NotRecognized(string source, string seen) =>
        new(ErrorCodes.FormatNotRecognized,
            $"{source} is not a file that can be imported: {seen}. Give a CSV file as Passpack exports it (header: "
            + $"{string.Join(", ", ModernLayout.Columns)}; separated by commas; UTF-8), or what Export-PasspackEntry wrote. If it is a classic export: "
            + "-Format ClassicCsv or ClassicTab, and -ColumnOrder where its columns are not in Passpack's order.")
        { Target = source };

    private static FileLayout? Modern(byte[] start, bool isWhole)
    {
        foreach (char separator in s_separators)
        {
            CsvSample sample = CsvSample.Take(start, isWhole, separator);
            // Windows PowerShell writes a line with a type above the header.
            string[]? header = sample.Records.FirstOrDefault(record => record is not [['#', 'T', 'Y', 'P', 'E', ' ', ..]]);
            if (header is not null && header.Any(name => EntryColumns.Find(name) == EntryColumn.EntryName))
                return new FileLayout(EntryFileFormat.Csv, separator, sample.IsPadded);
        }
        return null;
    }
}
