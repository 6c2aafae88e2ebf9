using System.Globalization;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources;

/// <summary>Values of another program's JSON, whatever kind they are of.</summary>
internal static class SourceJson
{
    /// <summary>The rows; JSON that is broken becomes an error that says where.</summary>
    public static IEnumerable<ImportRow> Guard(SourceInput input, JsonItems json, IEnumerable<ImportRow> rows)
    {
        using IEnumerator<ImportRow> reading = rows.GetEnumerator();
        long count = 0;
        while (Next())
        {
            count++;
            yield return reading.Current;
        }

        bool Next()
        {
            try
            {
                return reading.MoveNext();
            }
            catch (JsonException)
            {
                throw input.Error(ErrorCodes.SourceDamaged, $"its JSON is broken in line {json.Line}, after {count:N0} items; {(count == 0
                    ? "nothing was imported" : "what was reported before is imported")}. Export it again, or take another copy");
            }
        }
    }

    /// <summary>The member; an undefined element if there is none, or this is no object.</summary>
    public static JsonElement Get(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement member) ? member : default;

    /// <summary>The member as text; see <see cref="Text(JsonElement)"/>.</summary>
    public static string Text(this JsonElement json, string name) => json.Get(name).Text();

    /// <summary>The value as text: of a text what it says, of anything else its JSON; empty for null, and for what is not there.</summary>
    /// <exception cref="InvalidOperationException">A text is not valid Unicode.</exception>
    public static string Text(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    /// <summary>The items of an array; none if it is no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement value) => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    /// <summary>Whether it says nothing: null, false, an empty text, an empty array or object.</summary>
    public static bool SaysNothing(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.String => value.ValueEquals(""u8),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    /// <summary>A whole number, also one that is written as a text. Null if it is none.</summary>
    public static int? Number(this JsonElement value) =>
        int.TryParse(value.Text(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>A time in ISO 8601; without an offset it is UTC. Null if it is none.</summary>
    public static DateTimeOffset? Time(this JsonElement value) => value.ValueKind == JsonValueKind.String && DateTimeOffset.TryParse(
        value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
        ? time : null;
}
