using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using static Passpack.Vault.JsonMembers;

namespace Passpack.Vault;

/// <summary>
/// The plaintext of an entry's parts, of tags and of favorite flags: one JSON object each, UTF-8, empty values left out. Members that
/// this version does not know come through unchanged. Exactly documented in docs/pack-format.md.
/// </summary>
internal static class EntryCodec
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes one part into a buffer that is zeroed when it is disposed.</summary>
    public static SecretBuffer WriteSummary(EntryContent content) => Write(content, static (json, c) =>
    {
        Text(json, "name"u8, c.Name);
        Text(json, "userId"u8, c.UserId);
        Text(json, "url"u8, c.Url);
        Text(json, "email"u8, c.Email);
        json.WriteNumber("created"u8, c.Created);
        if (c.Modified != c.Created)
            json.WriteNumber("modified"u8, c.Modified);
        Times(json, c, inSummary: true);
        Raw(json, c.UnknownInSummary);
    });

    public static SecretBuffer WriteSecret(EntryContent content) => Write(content, static (json, c) =>
    {
        Text(json, "password"u8, c.Password);
        Text(json, "notes"u8, c.Notes);
        Text(json, "sharedNotes"u8, c.SharedNotes);
        if (c.ExtraFields.Count > 0)
        {
            json.WriteStartArray("extraFields"u8);
            foreach (ExtraField field in c.ExtraFields)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, field.Name);
                json.WriteString("type"u8, field.Type);
                json.WriteString("data"u8, field.Data);
                if (field.Unknown is not null)
                    Raw(json, Members(field.Unknown));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        Times(json, c, inSummary: false);
        Raw(json, c.UnknownInSecret);
    });

    /// <summary>Writes tags, and what else a later version wrote beside those that they replace.</summary>
    public static SecretBuffer WriteTags(IReadOnlyList<string> tags, IReadOnlyList<KeyValuePair<string, string>>? unknown = null) =>
        Write((tags, unknown), static (json, value) =>
        {
            json.WriteStartArray("tags"u8);
            foreach (string tag in value.tags)
                json.WriteStringValue(tag);
            json.WriteEndArray();
            Raw(json, value.unknown ?? []);
        });

    /// <inheritdoc cref="WriteTags"/>
    public static SecretBuffer WriteFavorite(bool favorite, IReadOnlyList<KeyValuePair<string, string>>? unknown = null) =>
        Write((favorite, unknown), static (json, value) =>
        {
            json.WriteBoolean("favorite"u8, value.favorite);
            Raw(json, value.unknown ?? []);
        });

    /// <summary>The members of tags or a favorite flag that this version does not know.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ReadUnknown(ReadOnlySpan<byte> plaintext)
    {
        var unknown = new List<KeyValuePair<string, string>>();
        var json = new Utf8JsonReader(plaintext);
        for (Start(ref json); NextMember(ref json);)
        {
            bool known = json.ValueTextEquals("tags"u8) || json.ValueTextEquals("favorite"u8);
            KeyValuePair<string, string> member = NextUnknown(ref json, plaintext);
            if (!known)
                unknown.Add(member);
        }
        return unknown;
    }

    /// <summary>A tombstone's plaintext: when the entry was deleted.</summary>
    public static SecretBuffer WriteTombstone(long time) => Write(time, static (json, value) => json.WriteNumber("deleted"u8, value));

    /// <summary>Reads a summary; members of the secret stay empty.</summary>
    /// <exception cref="JsonException">It is not what <see cref="WriteSummary"/> writes.</exception>
    public static EntryContent ReadSummary(ReadOnlySpan<byte> plaintext)
    {
        string name = "", userId = "", url = "", email = "";
        long created = 0;
        long? modified = null;
        Dictionary<string, long>? times = null;
        List<KeyValuePair<string, string>>? unknown = null;
        var json = new Utf8JsonReader(plaintext);
        for (Start(ref json); NextMember(ref json);)
        {
            if (json.ValueTextEquals("name"u8))
                name = NextText(ref json);
            else if (json.ValueTextEquals("userId"u8))
                userId = NextText(ref json);
            else if (json.ValueTextEquals("url"u8))
                url = NextText(ref json);
            else if (json.ValueTextEquals("email"u8))
                email = NextText(ref json);
            else if (json.ValueTextEquals("created"u8))
                created = NextNumber(ref json);
            else if (json.ValueTextEquals("modified"u8))
                modified = NextNumber(ref json);
            else if (json.ValueTextEquals("times"u8))
                times = NextTimes(ref json);
            else
                (unknown ??= []).Add(NextUnknown(ref json, plaintext));
        }
        return new EntryContent
        {
            Name = name,
            UserId = userId,
            Url = url,
            Email = email,
            Created = created,
            Modified = modified ?? created,
            Times = times ?? EntryField.NoTimes,
            UnknownInSummary = unknown ?? [],
        };
    }

    /// <summary>Completes a summary with its secret.</summary>
    /// <exception cref="JsonException">It is not what <see cref="WriteSecret"/> writes.</exception>
    public static EntryContent ReadSecret(ReadOnlySpan<byte> plaintext, EntryContent summary)
    {
        string password = "", notes = "", sharedNotes = "";
        List<ExtraField>? fields = null;
        Dictionary<string, long>? times = null;
        List<KeyValuePair<string, string>>? unknown = null;
        var json = new Utf8JsonReader(plaintext);
        for (Start(ref json); NextMember(ref json);)
        {
            if (json.ValueTextEquals("password"u8))
                password = NextText(ref json);
            else if (json.ValueTextEquals("notes"u8))
                notes = NextText(ref json);
            else if (json.ValueTextEquals("sharedNotes"u8))
                sharedNotes = NextText(ref json);
            else if (json.ValueTextEquals("extraFields"u8))
                fields = NextExtraFields(ref json, plaintext);
            else if (json.ValueTextEquals("times"u8))
                times = NextTimes(ref json);
            else
                (unknown ??= []).Add(NextUnknown(ref json, plaintext));
        }
        return summary with
        {
            Password = password,
            Notes = notes,
            SharedNotes = sharedNotes,
            ExtraFields = fields ?? [],
            Times = times is null ? summary.Times : Join(times, summary.Times),
            UnknownInSecret = unknown ?? [],
        };
    }

    public static IReadOnlyList<string> ReadTags(ReadOnlySpan<byte> plaintext)
    {
        var tags = new List<string>();
        var json = new Utf8JsonReader(plaintext);
        for (Start(ref json); NextMember(ref json);)
        {
            bool known = json.ValueTextEquals("tags"u8);
            json.Read();
            if (!known)
            {
                json.Skip();
                continue;
            }
            Expect(json, JsonTokenType.StartArray);
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                tags.Add(JsonMembers.Text(json));
        }
        return tags;
    }

    public static bool ReadFavorite(ReadOnlySpan<byte> plaintext)
    {
        bool favorite = false;
        var json = new Utf8JsonReader(plaintext);
        for (Start(ref json); NextMember(ref json);)
        {
            bool known = json.ValueTextEquals("favorite"u8);
            json.Read();
            if (known)
                favorite = json.TokenType == JsonTokenType.True;
            else
                json.Skip();
        }
        return favorite;
    }

    private static SecretBuffer Write<T>(T value, Action<Utf8JsonWriter, T> members)
    {
        var buffer = new SecretBuffer();
        try
        {
            using var json = new Utf8JsonWriter(buffer, s_options);
            json.WriteStartObject();
            members(json, value);
            json.WriteEndObject();
            json.Flush();
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0)
            json.WriteString(name, value);
    }

    private static void Times(Utf8JsonWriter json, EntryContent content, bool inSummary)
    {
        bool any = false;
        foreach ((string field, long time) in content.Times)
        {
            if (time == content.Created || EntryField.IsInSummary(field) != inSummary)
                continue;
            if (!any)
                json.WriteStartObject("times"u8);
            any = true;
            json.WriteNumber(field, time);
        }
        if (any)
            json.WriteEndObject();
    }

    private static void Raw(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> members)
    {
        foreach ((string name, string value) in members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value, skipInputValidation: true);
        }
    }

    private static Dictionary<string, long> NextTimes(ref Utf8JsonReader json)
    {
        var times = new Dictionary<string, long>(StringComparer.Ordinal);
        for (Start(ref json); NextMember(ref json);)
        {
            string field = json.GetString()!;
            times[field] = NextNumber(ref json);
        }
        return times;
    }

    private static List<ExtraField> NextExtraFields(ref Utf8JsonReader json, ReadOnlySpan<byte> plaintext)
    {
        var fields = new List<ExtraField>();
        json.Read();
        Expect(json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            Expect(json, JsonTokenType.StartObject);
            string name = "", type = "", data = "";
            List<string>? unknown = null;
            while (NextMember(ref json))
            {
                if (json.ValueTextEquals("name"u8))
                    name = NextText(ref json);
                else if (json.ValueTextEquals("type"u8))
                    type = NextText(ref json);
                else if (json.ValueTextEquals("data"u8))
                    data = NextText(ref json);
                else
                    (unknown ??= []).Add(Member(NextUnknown(ref json, plaintext)));
            }
            fields.Add(new ExtraField(name, type, data) { Unknown = unknown is null ? null : $"{{{string.Join(',', unknown)}}}" });
        }
        return fields;
    }

    // What the summary says of a field's time goes before the secret, should another program have written it into both.
    private static Dictionary<string, long> Join(Dictionary<string, long> inSecret, IReadOnlyDictionary<string, long> inSummary)
    {
        foreach ((string field, long time) in inSummary)
            inSecret[field] = time;
        return inSecret;
    }

    private static string Member(KeyValuePair<string, string> member) => $"\"{JsonEncodedText.Encode(member.Key)}\":{member.Value}";

    private static List<KeyValuePair<string, string>> Members(string jsonObject)
    {
        var members = new List<KeyValuePair<string, string>>();
        byte[] bytes = Encoding.UTF8.GetBytes(jsonObject);
        var json = new Utf8JsonReader(bytes);
        for (Start(ref json); NextMember(ref json);)
            members.Add(NextUnknown(ref json, bytes));
        return members;
    }
}
