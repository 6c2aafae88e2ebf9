using System.Text.Json;
using Passpack.Protocol;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Sources;

/// <summary>
/// An object of another program's JSON: its members are asked for by name, and those that nobody asked for are known, so that none is lost in silence.
/// </summary>
/// <param name="json">The object; another value has no members.</param>
/// <param name="path">Where it lies in its item, for the names of fields: <c>details.</c>; empty for the item itself.</param>
internal sealed class JsonFields(JsonElement json, string path = "")
{
    // More than any program's items have; the next ones would make an item that no vault takes.
    private const int MaxMembers = 2000;

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The name of a member, as results tell it.</summary>
    public string Name(string member) => path + member;

    /// <summary>The text, number or truth value of this name; empty if it is missing, null or none of them.</summary>
    public string Text(string member) => Find(member) is { } value && ToText(value) is { } text && Ask(member) ? text : "";

    /// <summary>The object of this name. Null if it is missing or none.</summary>
    public JsonFields? Object(string member) =>
        Find(member) is { ValueKind: JsonValueKind.Object } value && Ask(member) ? new JsonFields(value, $"{path}{member}.") : null;

    /// <summary>The items of the array of this name; none if it is missing or none.</summary>
    public IEnumerable<JsonElement> Items(string member) =>
        Find(member) is { ValueKind: JsonValueKind.Array } value && Ask(member) ? value.EnumerateArray() : [];

    /// <summary>The objects in the array of this name.</summary>
    public IEnumerable<JsonFields> Objects(string member) =>
        from value in Items(member) where value.ValueKind == JsonValueKind.Object select new JsonFields(value, $"{path}{member}.");

    /// <summary>The objects in the array that this is.</summary>
    public IEnumerable<JsonFields> OwnObjects() => json.ValueKind != JsonValueKind.Array ? []
        : from value in json.EnumerateArray() where value.ValueKind == JsonValueKind.Object select new JsonFields(value, path);

    /// <summary>Takes back that a member was asked for.</summary>
    public void Forget(string member) => _asked.Remove(member);

    /// <summary>The value of this name, whatever it is. Null if it is missing or null.</summary>
    public JsonElement? Value(string member) => Find(member) is { } value && Ask(member) ? value : null;

    /// <summary>The instant of this name. Null if it is missing or none.</summary>
    public DateTimeOffset? Time(string member) => Text(member) is { Length: > 0 } text ? SourceText.Instant(text) : null;

    public bool Has(string member) => Find(member) is not null;

    /// <summary>Passes over members that say nothing of the item: how a form was laid out, or what the program computes from the rest.</summary>
    public void Pass(params ReadOnlySpan<string> members)
    {
        foreach (string member in members)
            _asked.Add(member);
    }

    /// <summary>The members that nobody asked for and that say something.</summary>
    public IEnumerable<(string Member, JsonElement Value)> Rest() =>
        from member in json.ValueKind == JsonValueKind.Object ? json.EnumerateObject() : default
        where !_asked.Contains(member.Name) && !SaysNothing(member.Value)
        select (member.Name, member.Value);

    /// <summary>Keeps what this version does not know: it may be a secret, so each is a hidden Extra Field, JSON as it was if it is no text.</summary>
    public void KeepRest(SourceItem item)
    {
        int count = 0;
        foreach ((string member, JsonElement value) in Rest())
        {
            if (++count > MaxMembers)
            {
                item.NoPlace(Name("*"), $"more than {MaxMembers:N0} fields that this version does not know");
                return;
            }
            item.Add(Name(member), member, FieldTypes.Hidden, ToText(value) ?? value.GetRawText());
        }
    }

    /// <summary>The row of an item; one that cannot be read fails alone.</summary>
    /// <param name="number">1 for the first item of the file.</param>
    /// <param name="line">The line where it starts. Null if it is unknown.</param>
    /// <param name="json">The item.</param>
    /// <param name="read">Gives its fields to the row; what this does not ask for is kept as it is.</param>
    public static ImportRow ReadItem(long number, long? line, JsonElement json, Action<SourceItem, JsonFields> read)
    {
        var item = new SourceItem(number, line);
        if (json.ValueKind != JsonValueKind.Object)
            return item.Fails("it is not an object");
        try
        {
            var fields = new JsonFields(json);
            read(item, fields);
            fields.KeepRest(item);
            return item.ToRow();
        }
        // JsonElement's exception for invalid UTF-8 or half a surrogate pair, which a vault could not store unchanged.
        catch (InvalidOperationException)
        {
            return item.Fails("a text in it is not valid Unicode");
        }
    }

    /// <summary>The rows; a text outside of their items that is not valid Unicode is an error of the file.</summary>
    public static IEnumerable<ImportRow> Guard(SourceInput input, IEnumerable<ImportRow> rows)
    {
        using IEnumerator<ImportRow> reading = rows.GetEnumerator();
        while (Next())
            yield return reading.Current;

        bool Next()
        {
            try
            {
                return reading.MoveNext();
            }
            catch (InvalidOperationException e) when (e is not ObjectDisposedException)
            {
                throw input.Damaged("a text outside of its items is not valid Unicode");
            }
        }
    }

    /// <summary>A whole document, within bounds.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SourceDamaged"/>, <see cref="ErrorCodes.SourceTooCostly"/>.</exception>
    public static JsonDocument Document(SourceInput input, Stream stream)
    {
        const int maxMegabytes = 512;
        try
        {
            return JsonDocument.Parse(new Limited(stream, (long)maxMegabytes << 20, () => input.Error(ErrorCodes.SourceTooCostly,
                $"it is longer than {maxMegabytes} MiB, and this format has to be read as a whole. Export fewer items at a time")));
        }
        catch (JsonException e)
        {
            throw input.Damaged($"its JSON is broken or cut off in line {(e.LineNumber ?? 0) + 1:N0}");
        }
    }

    /// <summary>The text, number or truth value. Null if it is none of them.</summary>
    public static string? ToText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    /// <summary>The items of an array, or the value itself if it is none.</summary>
    public static IEnumerable<JsonElement> Each(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : Enumerable.Repeat(value, 1);

    private static bool SaysNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => true,
        JsonValueKind.String => value.ValueEquals(""),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private JsonElement? Find(string member) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(member, out JsonElement value)
        && value.ValueKind != JsonValueKind.Null ? value : null;

    private bool Ask(string member) => _asked.Add(member) || true;

    private sealed class Limited(Stream inner, long most, Func<PasspackException> tooLong) : ForwardStream
    {
        private long _left = most;

        public override int Read(Span<byte> buffer)
        {
            int count = inner.Read(buffer);
            return (_left -= count) < 0 ? throw tooLong() : count;
        }
    }
}
