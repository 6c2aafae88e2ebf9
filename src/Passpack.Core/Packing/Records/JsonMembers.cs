using System.Text;
using System.Text.Json;

namespace Passpack.Packing.Records;

/// <summary>Reading a JSON object member by member. Anything unexpected is a <see cref="JsonException"/>.</summary>
internal static class JsonMembers
{
    public static void Start(ref Utf8JsonReader json)
    {
        json.Read();
        Expect(json, JsonTokenType.StartObject);
    }

    public static bool NextMember(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.EndObject)
            return false;
        Expect(json, JsonTokenType.PropertyName);
        return true;
    }

    public static string NextText(ref Utf8JsonReader json)
    {
        json.Read();
        return Text(json);
    }

    public static string Text(in Utf8JsonReader json)
    {
        Expect(json, JsonTokenType.String);
        return json.GetString()!;
    }

    public static long NextNumber(ref Utf8JsonReader json)
    {
        json.Read();
        Expect(json, JsonTokenType.Number);
        return json.TryGetInt64(out long number) ? number : throw new JsonException();
    }

    public static KeyValuePair<string, string> NextUnknown(ref Utf8JsonReader json, ReadOnlySpan<byte> plaintext)
    {
        string name = json.GetString()!;
        json.Read();
        var start = (int)json.TokenStartIndex;
        json.Skip();
        return new(name, Encoding.UTF8.GetString(plaintext[start..(int)json.BytesConsumed]));
    }

    public static void Expect(in Utf8JsonReader json, JsonTokenType type)
    {
        if (json.TokenType != type)
            throw new JsonException($"Expected {type}, found {json.TokenType}.");
    }
}
