using System.Text.Unicode;
using CsvHelper;
using Passpack.Transfer.Layouts;

namespace Passpack.Transfer.Reading;

// Reading the first record, which names the columns.
internal sealed partial class CsvEntryReader
{
    // More than any program writes, and few enough to be listed in a warning.
    private const int MaxColumns = 1000;
    private const int NamedColumns = 20;

    private string[] ReadFirst()
    {
        if (!TryRead(out CsvFormatException? tooLong))
            throw NotRecognized(tooLong is null ? "it is empty" : "it has no line that could be a header");
        if (!IsClassic && _csv.FieldCount == 1 && _csv.GetString(0).StartsWith("#TYPE ", StringComparison.Ordinal) && !TryRead(out _)) // Windows PowerShell
            throw NotRecognized("it is empty");
        // A header must not contain zero bytes. In a format that the user named, rows may contain anything.
        if (!Utf8.IsValid(_csv.RawRecord) || !IsClassic && _csv.RawRecord.Contains((byte)0))
            throw NotRecognized("it is binary, or text that is not UTF-8");
        if (_malformed is not null)
            throw NotRecognized("the quotes of its first line do not match");
        if (_csv.FieldCount > MaxColumns)
            throw NotRecognized($"its first line has {Fields(_csv.FieldCount)}");
        return [.. Enumerable.Range(0, _csv.FieldCount).Select(_csv.GetString)];
    }

    private void ReadModernHeader(Action<string> warn)
    {
        string[] names = ReadFirst();
        _columns = [.. names.Select(EntryColumns.Find)];
        // The line is not shown: in a file without a header it may hold a password.
        if (!_columns.Contains(EntryColumn.EntryName))
        {
            throw NotRecognized(ForeignHeader.Is(names) ? $"{ForeignHeader.Describe(names)}, none of its columns \"Entry Name\". " +
                "Rename its columns to Entry Name, User ID, Password, URL, "
                + "Notes; or take that line out and say what the columns are: -Format ClassicCsv -ColumnOrder Name, UserId, Password, Link, Notes"
                : $"its first line has {Fields(names.Length)}, none of them \"Entry Name\"");
        }
        RequireOnce();
        string[] unknown = [.. names.Where((_, i) => _columns[i] is null)];
        if (unknown.Length > 0)
        {
            string named = string.Join(", ", unknown.Take(NamedColumns).Select(name => $"\"{name}\""));
            warn($"{_source}: these columns are not known and are not imported: {named}{(unknown.Length > NamedColumns ? " and others" : "")}.");
        }
        if (_layout.IsPadded)
            warn($"{_source}: the space after each separator was left out of the values.");
    }

    /// <summary>Whether the first record of a classic layout is a row, not a header.</summary>
    private bool ReadClassicStart(IReadOnlyList<ClassicColumn>? order, Action<string> warn)
    {
        string[] fields = ReadFirst();
        ClassicColumn?[]? header = ClassicLayout.ReadHeader(fields);
        if (header is null && ForeignHeader.Is(fields))
        {
            throw NotRecognized($"{ForeignHeader.Describe(fields)}, and nothing was imported; -ColumnOrder is for files " +
                "without a header or with Passpack's own. "
                + "Rename its columns to Passpack's and import it without -ColumnOrder, or take the line out");
        }
        if (_layout.IsPadded)
            warn($"{_source}: the space after each separator was left out of the values.");
        if (order is not null)
        {
            if (fields.Length != order.Count)
                throw NotRecognized($"its first line has {Fields(fields.Length)}, the order of the columns {order.Count}");
            _columns = [.. order.Select(ClassicLayout.Meaning)];
            return header is null;
        }
        if (header is not null && Array.IndexOf(header, null) is >= 0 and var at)
            throw NotRecognized($"column {at + 1} of its header is none of a classic layout; say with -ColumnOrder what the columns are, or Skip");
        if (fields.Length > ClassicLayout.DefaultOrder.Count)
            throw NotRecognized($"its first line has {Fields(fields.Length)}, a classic layout at most {ClassicLayout.DefaultOrder.Count}");
        _columns = header is null
            ? [.. ClassicLayout.DefaultOrder.Take(fields.Length).Select(ClassicLayout.Meaning)]
            : [.. header.Select(column => ClassicLayout.Meaning(column!.Value))];
        RequireOnce();
        return header is null;
    }

    private void RequireOnce()
    {
        foreach (IGrouping<EntryColumn?, EntryColumn?> same in _columns.GroupBy(column => column))
        {
            if (same.Key is { } column && column != EntryColumn.Information && same.Count() > 1)
                throw NotRecognized($"its header has the column \"{EntryColumns.Title(column)}\" twice");
        }
    }

    private static string Fields(int count) => count == 1 ? "1 field" : $"{count} fields";
}
