using System.Globalization;
using System.Text;
using System.Text.Json;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Layouts;

/// <summary>
/// The layout of Passpack's modern export: nine columns, two of which hold JSON with strings that are JSON themselves, such as
/// <c>{"tags":["{\"tag\":\"Servers\"}"]}</c>.
/// </summary>
public static class ModernLayout
{
    /// <summary>The nine columns, named and ordered as Passpack writes them.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["Entry Name", "URL", "User ID", "Password", "Notes", "Shared Notes", "Tags", "Extra Fields", "Email"];

    /// <summary>The Tags cell. Never blank, because other programs fail on a blank cell.</summary>
    public static string WriteTags(IReadOnlyList<string> tags)
    {
        if (tags.Count == 0)
            return """{"tags":[]}""";
        return Write("tags", tags, static (item, tag) => Member(item, '{', "tag", tag));
    }

    /// <summary>The Extra Fields cell, never blank either.</summary>
    public static string WriteExtraFields(IReadOnlyList<ExtraField> fields)
    {
        if (fields.Count == 0)
            return """{"extraFields":[]}""";
        return Write("extraFields", fields, static (item, field) =>
        {
            Member(item, '{', "name", field.Name);
            Member(item, ',', "type", field.Type);
            Member(item, ',', "data", field.Data);
        });
    }

    /// <summary>Reads a Tags cell; a blank one means no tags.</summary>
    /// <exception cref="FormatException">The cell does not have the form that Passpack writes. The message says why, without the content.</exception>
    public static IReadOnlyList<string> ReadTags(string cell) =>
        Read(cell, "tags", static item => Text(item, "tag") ?? throw new FormatException("a tag has no name"));

    /// <summary>Reads an Extra Fields cell; a blank one means no fields.</summary>
    /// <exception cref="FormatException">The cell does not have the form that Passpack writes. The message says why, without the content.</exception>
    public static IReadOnlyList<ExtraField> ReadExtraFields(string cell) =>
        Read(cell, "extraFields", static item => new ExtraField(
            Text(item, "name") ?? throw new FormatException("an extra field has no name"),
            Text(item, "type") ?? ExtraField.TypeNotSaid,
            Text(item, "data") ?? ""));

    private static string Write<T>(string name, IReadOnlyList<T> items, Action<StringBuilder, T> writeMembers)
    {
        StringBuilder cell = new StringBuilder("{\"").Append(name).Append("\":[");
        var item = new StringBuilder();
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                cell.Append(',');
            item.Clear();
            writeMembers(item, items[i]);
            Quote(cell, item.Append('}').ToString());
        }
        return cell.Append("]}").ToString();
    }

    private static void Member(StringBuilder item, char before, string name, string value) =>
        Quote(item.Append(before).Append('"').Append(name).Append("\":"), value);

    // As JavaScript's JSON.stringify, which wrote the existing files: every encoder of .NET escapes some characters beyond ASCII.
    private static void Quote(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }
        json.Append('"');
    }

    private static List<T> Read<T>(string cell, string name, Func<JsonElement, T> readItem)
    {
        // A fast path: most rows have a blank cell or an empty list.
        if (string.IsNullOrWhiteSpace(cell) || cell.Length == name.Length + 7 && cell == $$"""{"{{name}}":[]}""")
            return [];
        try
        {
            using var document = JsonDocument.Parse(cell);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty(name, out JsonElement array) || array.ValueKind != JsonValueKind.Array)
                throw new FormatException($$"""it is not a JSON object such as {"{{name}}":[]}""");
            var items = new List<T>(array.GetArrayLength());
            foreach (JsonElement element in array.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.String)
                    throw new FormatException($"""what "{name}" holds must be strings, each a JSON object""");
                using var item = JsonDocument.Parse(element.GetString()!);
                items.Add(item.RootElement.ValueKind == JsonValueKind.Object
                    ? readItem(item.RootElement)
                    : throw new FormatException($"""a string in "{name}" is not a JSON object"""));
            }
            return items;
        }
        // The parser's message may quote the cell, and for an unpaired surrogate it throws ArgumentException or InvalidOperationException.
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new FormatException("it is not valid JSON, or a string in it is not", e);
        }
    }

    private static string? Text(JsonElement item, string name)
    {
        if (!item.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new FormatException($"""a "{name}" in it is not a string""");
    }
}
