using System.Text.Unicode;
using CsvHelper;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources;

/// <summary>Reads another program's CSV: quoted as RFC 4180 has it, fields by the names of its header. One row is in memory.</summary>
internal sealed class SourceCsv : IDisposable
{
    private const int MaxColumns = 1000;

    private readonly CsvReader _csv;
    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);
    private readonly bool _isRagged;
    private CsvMalformedReason? _malformed;
    private int _count;
    private bool _isTooLong;

    /// <param name="input">The file.</param>
    /// <param name="columns">The columns of a file without a header. Null if its first line names them.</param>
    /// <param name="separator">Between the fields.</param>
    /// <param name="isRagged">Whether rows may have fewer or more fields than there are columns.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SourceDamaged"/>: the header cannot be read.</exception>
    public SourceCsv(SourceInput input, IReadOnlyList<string>? columns = null, char separator = ',', bool isRagged = false)
    {
        _isRagged = isRagged;
        _csv = CsvReader.Create(input.Stream, CsvSample.Options(separator) with { OnMalformedRecord = record => _malformed = record.Reason });
        if (columns is null && (!TryRead() || Fault() is not null || _csv.FieldCount > MaxColumns))
            throw input.Damaged("its first line, which names the columns, cannot be read");
        Columns = columns ?? [.. Enumerable.Range(0, _csv.FieldCount).Select(_csv.GetString)];
        _count = Columns.Count;
        for (int i = 0; i < Columns.Count; i++)
            _columns.TryAdd(Columns[i].Trim(), i);
    }

    /// <summary>The columns, as the header has them.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The present row: 1 for the first.</summary>
    public long Number { get; private set; }

    /// <summary>The line where the present row starts.</summary>
    public long Line => _csv.LineNumber;

    /// <summary>The number of fields of the present row.</summary>
    public int FieldCount => _csv.FieldCount;

    /// <summary>The field in this column of the present row; empty if the file or the row lacks it.</summary>
    public string this[string column] => _columns.TryGetValue(column, out int at) ? this[at] : "";

    /// <summary>The field at this place of the present row; empty if the row lacks it.</summary>
    public string this[int at] => at < _csv.FieldCount && !_isTooLong ? _csv.GetString(at) : "";

    public bool Has(string column) => _columns.ContainsKey(column);

    /// <summary>Reads the next row; false at the end. Blank lines are left out.</summary>
    /// <param name="fault">Why the row cannot be imported. Null if it can.</param>
    public bool Read(out string? fault)
    {
        fault = null;
        do
        {
            if (!TryRead())
                return false;
        }
        while (_malformed is null && _csv.FieldCount == 1 && _count > 1 && string.IsNullOrWhiteSpace(_csv.GetString(0)));
        Number++;
        fault = Fault();
        if (fault is null && !_isRagged && _csv.FieldCount != _count)
            fault = $"it has {_csv.FieldCount} fields where the header has {_count}";
        return true;
    }

    /// <summary>The rows, each as an item; one that cannot be read fails alone.</summary>
    /// <param name="name">The column of the Entry Name.</param>
    /// <param name="read">Gives the row's other fields to the item.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="before">How many items the source has before this file.</param>
    public IEnumerable<ImportRow> Items(string name, Action<SourceItem> read, CancellationToken cancellationToken, long before = 0)
    {
        while (Read(out string? fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var item = new SourceItem(before + Number, Line);
            item.Set(EntryColumn.EntryName, name, this[name]);
            yield return fault is null ? ReadItem(item, read) : item.Fails(fault);
        }
    }

    /// <summary>Keeps the columns that this version does not know: they may be secrets, so each is a hidden Extra Field.</summary>
    public void KeepRest(SourceItem item, IReadOnlySet<string> known)
    {
        for (int i = 0; i < Columns.Count; i++)
        {
            string column = Columns[i].Trim();
            if (!known.Contains(column))
                item.Add(column.Length > 0 ? column : $"column {i + 1}", column.Length > 0 ? column : $"Column {i + 1}", FieldTypes.Hidden, this[i]);
        }
    }

    public void Dispose() => _csv.Dispose();

    private static ImportRow ReadItem(SourceItem item, Action<SourceItem> read)
    {
        try
        {
            read(item);
            return item.ToRow();
        }
        // JsonElement's exception for half a surrogate pair, in a cell that holds JSON.
        catch (InvalidOperationException)
        {
            return item.Fails("a text in it is not valid Unicode");
        }
    }

    private string? Fault() => _malformed switch
    {
        CsvMalformedReason.UnterminatedQuote => "a quote is opened and not closed; nothing after it could be read",
        not null => "its quotes do not match; a quote inside a field is written twice",
        null => Utf8.IsValid(_csv.RawRecord) ? null : "it holds bytes that are not UTF-8; save the file as UTF-8",
    };

    private bool TryRead()
    {
        _malformed = null;
        if (_isTooLong) // It would be met again and again.
            return false;
        try
        {
            return _csv.Read();
        }
        catch (CsvFormatException) // A record longer than any entry: a quote that is not closed.
        {
            _malformed = CsvMalformedReason.UnterminatedQuote;
            return _isTooLong = true;
        }
    }
}
