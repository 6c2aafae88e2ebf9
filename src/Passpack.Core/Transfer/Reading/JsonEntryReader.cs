using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Reading;

/// <summary>
/// Reads the JSON of an export: an array of flat objects, properties named as the columns of the modern layout; Tags may be an array of texts, and
/// Extra Fields an object of names and texts. A malformed object is reported, and reading goes on with the next; broken JSON ends the reading.
/// </summary>
internal sealed class JsonEntryReader(Stream stream, string source)
{
    private readonly JsonItems _items = new(stream);
    private readonly string?[] _cells = new string?[EntryColumns.Count];
    private readonly HashSet<string> _unknown = [];

    /// <summary>The rows, read as they are enumerated.</summary>
    /// <param name="warn">Called once for each unknown property.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="PasspackException">FormatNotRecognized: the file is not JSON of entries.</exception>
    public IEnumerable<ImportRow> Read(Action<string> warn, CancellationToken cancellationToken)
    {
        for (long number = 1; ; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!TryRead(out JsonElement item, out bool broken))
            {
                if (broken && number == 1)
                    throw FileLayout.NotRecognized(source, $"it starts like JSON, but is broken in line {_items.Line}");
                if (broken)
                    yield return new ImportRow(number, _items.Line).Fails("the JSON is broken here; nothing after it could be read");
                yield break;
            }
            if (number == 1 && !IsEntry(item))
                throw FileLayout.NotRecognized(source, "it is JSON, but its first item is not an entry: an object with an \"Entry Name\"");
            yield return ReadRow(number, item, warn);
        }
    }

    private ImportRow ReadRow(long number, JsonElement element, Action<string> warn)
    {
        var row = new ImportRow(number, _items.Line);
        if (element.ValueKind != JsonValueKind.Object)
            return row.Fails("it is not an object");
        Array.Clear(_cells);
        try
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (EntryColumns.Find(property.Name) is not { } column)
                    WarnOnce(property.Name, warn);
                else if (column != EntryColumn.Information && !TryReadCell(column, property.Value, out _cells[(int)column]))
                    return row.Fails($"{EntryColumns.Title(column)}: it is not a text{Alternative(column)}");
            }
        }
        // JsonElement's exception for invalid UTF-8 or half a surrogate pair, which a vault could not store unchanged.
        catch (InvalidOperationException)
        {
            return row.Fails("a text in it is not valid Unicode");
        }
        return ImportRow.From(number, row.Line, _cells, TagCell.Read);
    }

    private static bool TryReadCell(EntryColumn column, JsonElement value, out string? cell)
    {
        cell = (value.ValueKind, column) switch
        {
            (JsonValueKind.String, _) => value.GetString(),
            (JsonValueKind.True, _) => bool.TrueString,
            (JsonValueKind.False, _) => bool.FalseString,
            (JsonValueKind.Array, EntryColumn.Tags) when value.EnumerateArray().All(IsText) =>
                ModernLayout.WriteTags([.. value.EnumerateArray().Select(tag => tag.GetString()!)]),
            (JsonValueKind.Object, EntryColumn.ExtraFields) when value.EnumerateObject().All(field => IsText(field.Value)) =>
                ModernLayout.WriteExtraFields([.. value.EnumerateObject().Select(
                    field => new ExtraField(field.Name, ExtraField.TypeNotSaid, field.Value.GetString()!))]),
            _ => null,
        };
        return cell is not null || value.ValueKind == JsonValueKind.Null;
    }

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String;

    private static string Alternative(EntryColumn column) => column switch
    {
        EntryColumn.Tags => " and no array of texts",
        EntryColumn.ExtraFields => " and no object of names and texts",
        _ => "",
    };

    private void WarnOnce(string property, Action<string> warn)
    {
        const int enough = 20; // Limited, because a file may hold any number of names.
        if (_unknown.Count < enough && _unknown.Add(property))
            warn($"{source}: the property \"{property}\" is not known and is not imported.");
    }

    private static bool IsEntry(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object
                && element.EnumerateObject().Any(property => EntryColumns.Find(property.Name) == EntryColumn.EntryName);
        }
        catch (InvalidOperationException) // The name is not valid Unicode.
        {
            return false;
        }
    }

    private bool TryRead(out JsonElement item, out bool broken)
    {
        broken = false;
        try
        {
            return _items.TryRead(out item);
        }
        catch (JsonException)
        {
            item = default;
            broken = true;
            return false;
        }
    }
}
