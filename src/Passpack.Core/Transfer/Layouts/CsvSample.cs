using CsvHelper;

namespace Passpack.Transfer.Layouts;

/// <summary>The start of a CSV file, read with one separator; spaces around fields are ignored.</summary>
/// <param name="Records">The first records, enough to recognise a file.</param>
/// <param name="IsPadded">Whether a space follows every separator of every record.</param>
/// <param name="IsBroken">Whether the quotes do not match although the sample is the whole file.</param>
internal sealed record CsvSample(IReadOnlyList<string[]> Records, bool IsPadded, bool IsBroken)
{
    private const int Enough = 100;

    // Above the size of any entry, so that only an unclosed quote exceeds it. Each field takes memory, and every byte may be a separator: no more than that.
    private const int MaxRecordBytes = 12 << 20;

    /// <param name="start">UTF-8.</param>
    /// <param name="isWhole">Whether the sample is the whole file; otherwise its last record may be cut.</param>
    /// <param name="separator">The separator of fields.</param>
    public static CsvSample Take(byte[] start, bool isWhole, char separator)
    {
        bool malformed = false;
        using var csv = CsvReader.Create(new MemoryStream(start),
            Options(separator, isPadded: true) with { OnMalformedRecord = _ => malformed = true });
        var records = new List<string[]>();
        bool padded = false, unpadded = false;
        while (records.Count <= Enough && csv.Read())
        {
            if (malformed) // The sample is cut within a quoted field, or the file is not CSV.
                return new CsvSample(records, padded && !unpadded, isWhole);
            records.Add([.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)]);
            Look(csv.RawRecord, (byte)separator, ref padded, ref unpadded);
        }
        if (!isWhole && records.Count is > 0 and <= Enough)
            records.RemoveAt(records.Count - 1);
        return new CsvSample(records, padded && !unpadded, IsBroken: false);
    }

    /// <summary>The options for reading any CSV of entries.</summary>
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

    /// <summary>Looks at the character after each separator outside of quotes; empty fields do not count.</summary>
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
