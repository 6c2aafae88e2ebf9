using CsvHelper;

namespace Passpack.Transfer.Layouts;

/// <summary>The start of a CSV file, read by one separator; spaces around fields do not count here.</summary>
/// <param name="Records">As many as tell what a file is.</param>
/// <param name="IsPadded">Whether a space follows every separator of every record.</param>
/// <param name="IsBroken">Whether quotes do not match in a file that is all here.</param>
internal sealed record CsvSample(IReadOnlyList<string[]> Records, bool IsPadded, bool IsBroken)
{
    private const int Enough = 100;

    // Above what a vault accepts as one entry, so that only a quote that is never closed gets there. Each field of a record takes memory, and
    // every byte may be a separator: no more than that.
    private const int MaxRecordBytes = 12 << 20;

    /// <param name="start">UTF-8.</param>
    /// <param name="isWhole">Whether that is all of the file; else its last record may be cut.</param>
    /// <param name="separator">What is between the fields.</param>
    public static CsvSample Take(byte[] start, bool isWhole, char separator)
    {
        bool malformed = false;
        using var csv = CsvReader.Create(new MemoryStream(start),
            Options(separator, isPadded: true) with { OnMalformedRecord = _ => malformed = true });
        var records = new List<string[]>();
        bool padded = false, unpadded = false;
        while (records.Count <= Enough && csv.Read())
        {
            if (malformed) // Cut within a quoted field, or no such file.
                return new CsvSample(records, padded && !unpadded, isWhole);
            records.Add([.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)]);
            Look(csv.RawRecord, (byte)separator, ref padded, ref unpadded);
        }
        if (!isWhole && records.Count is > 0 and <= Enough)
            records.RemoveAt(records.Count - 1);
        return new CsvSample(records, padded && !unpadded, IsBroken: false);
    }

    /// <summary>How every CSV of entries is read.</summary>
    public static CsvReaderOptions Options(char separator, bool isPadded = false) => CsvReaderOptions.Default with
    {
        Separator = separator,
        DetectSeparatorHint = false,
        TrimWhitespace = isPadded,
        WhitespaceCharacters = " ",
        HasHeader = false,
        MaxRecordSize = MaxRecordBytes,
        TrackLineNumbers = true,
        IncludeValuesInExceptions = false,
    };

    /// <summary>Looks at what follows each separator that is not within quotes; an empty field says nothing.</summary>
    private static void Look(ReadOnlySpan<byte> record, byte separator, ref bool padded, ref bool unpadded)
    {
        bool quoted = false;
        for (int i = 0; i < record.Length; i++)
        {
            if (record[i] == '"')
                quoted = !quoted;
            if (quoted || record[i] != separator || i + 1 == record.Length)
                continue;
            byte next = record[i + 1];
            padded |= next == ' ';
            unpadded |= next != ' ' && next != separator && next is not ((byte)'\r' or (byte)'\n');
        }
    }
}
