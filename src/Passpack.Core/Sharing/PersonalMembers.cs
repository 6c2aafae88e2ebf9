using System.Text;
using System.Text.Json;
using Passpack.Packing.Records;

namespace Passpack.Sharing;

/// <summary>The members of a personal record's plaintext, each taken once by its name; what is left nobody here knows. Anything unexpected is a <see
/// cref="JsonException"/>.</summary>
internal sealed class PersonalMembers
{
    private const long MostTime = 253_402_300_799_999;

    private readonly List<KeyValuePair<string, string>> _members = [];

    private PersonalMembers()
    {
    }

    /// <summary>What was not taken, in its order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Rest => _members;

    /// <summary>Reads a JSON object in which no name stands twice.</summary>
    public static PersonalMembers Read(ReadOnlySpan<byte> plaintext)
    {
        if (plaintext.Length > PersonalRecord.MostBytes)
            throw new JsonException("It is too long.");
        var members = new PersonalMembers();
        var names = new HashSet<string>();
        var json = new Utf8JsonReader(plaintext);
        for (JsonMembers.Start(ref json); JsonMembers.NextMember(ref json);)
        {
            KeyValuePair<string, string> member = JsonMembers.NextUnknown(ref json, plaintext);
            if (!names.Add(member.Key))
                throw new JsonException("A name stands twice.");
            members._members.Add(member);
        }
        return json.Read() ? throw new JsonException("Something follows.") : members;
    }

    /// <summary>A text of 1 to so many characters.</summary>
    public string Text(string name, int most) => OptionalText(name, most) ?? throw Missing(name);

    /// <summary>The same, or null where the member is not there.</summary>
    public string? OptionalText(string name, int most)
    {
        if (Take(name) is not { } raw)
            return null;
        string text = Parse(raw, static (ref Utf8JsonReader json) => JsonMembers.Text(json));
        return text.Length >= 1 && text.Length <= most ? text : throw new JsonException($"{name} is too long, or empty.");
    }

    /// <summary>A whole number within bounds.</summary>
    public long Number(string name, long least, long most)
    {
        long number = Parse(Take(name) ?? throw Missing(name), static (ref Utf8JsonReader json) =>
        {
            JsonMembers.Expect(json, JsonTokenType.Number);
            return json.TryGetInt64(out long read) ? read : throw new JsonException("It is no whole number.");
        });
        return number >= least && number <= most ? number : throw new JsonException($"{name} is out of bounds.");
    }

    /// <summary>A time in milliseconds since 1970.</summary>
    public DateTimeOffset Time(string name) => DateTimeOffset.FromUnixTimeMilliseconds(Number(name, 0, MostTime));

    /// <summary>Bytes in Base64.</summary>
    /// <param name="name">The member's.</param>
    /// <param name="length">How many there have to be. Null: any.</param>
    public byte[] Bytes(string name, int? length = null) => OptionalBytes(name, length) ?? throw Missing(name);

    /// <summary>The same, or null where the member is not there.</summary>
    public byte[]? OptionalBytes(string name, int? length = null)
    {
        if (Take(name) is not { } raw)
            return null;
        byte[] bytes = Parse(raw, static (ref Utf8JsonReader json) =>
        {
            JsonMembers.Expect(json, JsonTokenType.String);
            return json.TryGetBytesFromBase64(out byte[]? read) ? read : throw new JsonException("It is no Base64.");
        });
        return length is null || bytes.Length == length ? bytes : throw new JsonException($"{name} is not as long as it has to be.");
    }

    private static JsonException Missing(string name) => new($"{name} is missing.");

    private static T Parse<T>(string raw, Parser<T> parse)
    {
        var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(raw));
        json.Read();
        return parse(ref json);
    }

    private string? Take(string name)
    {
        int at = _members.FindIndex(member => member.Key == name);
        if (at < 0)
            return null;
        string raw = _members[at].Value;
        _members.RemoveAt(at);
        return raw;
    }

    private delegate T Parser<T>(ref Utf8JsonReader json);
}
