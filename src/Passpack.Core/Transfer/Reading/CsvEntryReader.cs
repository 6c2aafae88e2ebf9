using System.Text.Unicode;
using CsvHelper;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;

namespace Passpack.Transfer.Reading;

/// <summary>
/// Reads Passpack's modern CSV and the output of Export-Csv, with columns by name in any order; and the classic layouts, with columns by position.
/// Nothing is trimmed, except a space behind every separator if the whole file has it. A malformed row is reported, and reading goes on with the
/// next.
/// </summary>
internal sealed partial class CsvEntryReader : IDisposable
{
    // How many lines after an unclosed quote are searched for the next row.
    private const int SalvageLines = 100;

    // So many bytes are read in looking for it, from all of those lines together.
    private const int SalvageBytes = 64 << 20;

    private readonly string _source;
    private readonly FileLayout _layout;
    private readonly CsvReader _csv;
    private readonly string?[] _cells = new string?[EntryColumns.Count];
    private EntryColumn?[] _columns = [];
    private CsvMalformedReason? _malformed;
    private long _looked;

    public CsvEntryReader(Stream stream, string source, FileLayout layout)
    {
        _source = source;
        _layout = layout;
        _csv = CsvReader.Create(stream, CsvSample.Options(layout.Separator, layout.IsPadded) with { OnMalformedRecord = record => _malformed = record.Reason });
    }

    /// <summary>Whether cells are guarded for spreadsheets.</summary>
    public bool IsGuarded { get; init; }

    public void Dispose() => _csv.Dispose();

    /// <summary>The rows, read as they are enumerated.</summary>
    /// <param name="order">The columns of a classic layout. Null if they are those of its header, or in Passpack's order.</param>
    /// <param name="warn">Called once, with the unknown columns.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.FormatNotRecognized"/>: the file is not CSV of entries.</exception>
    public IEnumerable<ImportRow> Read(IReadOnlyList<ClassicColumn>? order, Action<string> warn, CancellationToken cancellationToken)
    {
        bool isRow = false;
        if (IsClassic)
            isRow = ReadClassicStart(order, warn);
        else
            ReadModernHeader(warn);
        for (long number = 1; ; number++, isRow = false)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CsvFormatException? tooLong = null;
            if (!isRow && !TryRead(out tooLong))
            {
                if (tooLong is not null)
                {
                    yield return new ImportRow(number, null).Fails(
                        "it is longer than any entry can be; probably a quote is opened and not closed. Nothing after it could be read");
                }
                yield break;
            }
            if (FindFault() is not { } fault)
            {
                yield return ReadRow(number, 0);
                continue;
            }
            yield return new ImportRow(number, _csv.LineNumber).Fails(fault);
            foreach (ImportRow row in Salvage(number + 1, cancellationToken))
            {
                yield return row;
                number = row.Number;
            }
        }
    }

    private bool IsClassic => ClassicLayout.Is(_layout.Format);

    /// <summary>Why the current record is not a row. Null if it is one.</summary>
    private string? FindFault()
    {
        if (!Utf8.IsValid(_csv.RawRecord))
            return "it holds bytes that are not UTF-8; save the file as UTF-8";
        if (_malformed is { } reason)
        {
            return reason switch
            {
                CsvMalformedReason.UnterminatedQuote => "a quote is opened and not closed",
                CsvMalformedReason.TextAfterClosingQuote =>
                    "text follows a closing quote; a quote is missing at the end of a field, or one inside a field is not doubled",
                _ => "a field that is not quoted holds a quote; quote the field and double the quote",
            };
        }
        return _csv.FieldCount == _columns.Length
            ? null
            : $"it has {_csv.FieldCount} fields where the {(IsClassic ? "first line" : "header")} has {_columns.Length}";
    }

    private ImportRow ReadRow(long number, long linesBefore)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            if (_columns[i] is { } column)
                _cells[(int)column] = IsGuarded ? SpreadsheetGuard.Remove(_csv.GetString(i)) : _csv.GetString(i);
        }
        return ImportRow.From(number, linesBefore + _csv.LineNumber, _cells, IsClassic ? ClassicLayout.ReadTags : TagCell.Read);
    }

    /// <summary>
    /// The rows inside the current record, whose quotes do not match: from the first line after which every line is a row. Empty if there is no such
    /// line, or if the search takes too long.
    /// </summary>
    private IEnumerable<ImportRow> Salvage(long number, CancellationToken cancellationToken)
    {
        if (_malformed is null || _columns.Length == 1) // With one column, every line of a note would look like a row.
            yield break;
        byte[] record = _csv.RawRecord.ToArray();
        long looked = 0;
        int start = 0;
        for (int line = 0; line < SalvageLines && looked < SalvageBytes; line++)
        {
            int length = record.AsSpan(start).IndexOf((byte)'\n') + 1;
            if (length == 0 || (start += length) == record.Length)
                yield break;
            using (CsvEntryReader rest = Rest(record, start))
            {
                bool isWhole = rest.IsWhole(cancellationToken);
                looked += rest._looked;
                if (!isWhole)
                    continue;
            }
            using CsvEntryReader found = Rest(record, start);
            while (found.TryRead(out _))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return found.ReadRow(number++, _csv.LineNumber + line);
            }
            yield break;
        }
    }

    private CsvEntryReader Rest(byte[] record, int start) =>
        new(new MemoryStream(record, start, record.Length - start), _source, _layout) { _columns = _columns, IsGuarded = IsGuarded };

    /// <summary>Whether everything is rows. Keeps none of them: there may be millions.</summary>
    private bool IsWhole(CancellationToken cancellationToken)
    {
        bool any = false;
        while (TryRead(out _))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _looked += _csv.RawRecord.Length;
            if (FindFault() is not null)
                return false;
            any = true;
        }
        return any;
    }

    private bool TryRead(out CsvFormatException? tooLong)
    {
        _malformed = null;
        tooLong = null;
        try
        {
            return _csv.Read();
        }
        catch (CsvFormatException e)
        {
            tooLong = e;
            return false;
        }
    }

    private PasspackException NotRecognized(string seen) => FileLayout.NotRecognized(_source, seen);
}
