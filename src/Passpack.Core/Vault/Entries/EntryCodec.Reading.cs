using System.Text.Json;
using Passpack.Packing.Records;
using static Passpack.Packing.Records.JsonMembers;

namespace Passpack.Vault.Entries;

/// <summary>Reading plaintexts: missing members read as empty, unknown members are kept.</summary>
internal static partial class EntryCodec
{
    /// <summary>Reads a summary; members of the secret stay empty.</summary>
    /// <exception cref="JsonException">The text does not have the form that <see cref="WriteSummary"/> writes.</exception>
    public static EntryContent ReadSummary(ReadOnlySpan<byte> plaintext)
    {
        string name = "", userId = "", url = "", email = "", type = "", importKey = "";
        long created = 0;
        long? modified = null, expires = null;
        int attachments = 0;
        var flags = EntryFlags.None;
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
            else if (json.ValueTextEquals("type"u8))
                type = NextText(ref json);
            else if (json.ValueTextEquals("expires"u8))
                expires = NextNumber(ref json);
            else if (json.ValueTextEquals("totp"u8))
                flags |= NextFlag(ref json) ? EntryFlags.Totp : 0;
            else if (json.ValueTextEquals("sshKey"u8))
                flags |= NextFlag(ref json) ? EntryFlags.SshKey : 0;
            else if (json.ValueTextEquals("attachments"u8))
                attachments = (int)Math.Clamp(NextNumber(ref json), 0, int.MaxValue);
            else if (json.ValueTextEquals("urls"u8))
                flags |= NextFlag(ref json) ? EntryFlags.Urls : 0;
            else if (json.ValueTextEquals("rotation"u8))
                flags |= NextFlag(ref json) ? EntryFlags.Rotation : 0;
            else if (json.ValueTextEquals("importKey"u8))
                importKey = NextText(ref json);
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
            Type = type,
            Expires = expires,
            Flags = flags,
            AttachmentCount = attachments,
            ImportKey = importKey,
            Created = created,
            Modified = modified ?? created,
            Times = times ?? EntryField.NoTimes,
            UnknownInSummary = unknown ?? [],
        };
    }

    /// <summary>Completes a summary with its secret.</summary>
    /// <exception cref="JsonException">The text does not have the form that <see cref="WriteSecret"/> writes.</exception>
    public static EntryContent ReadSecret(ReadOnlySpan<byte> plaintext, EntryContent summary)
    {
        string password = "", notes = "", sharedNotes = "";
        List<ExtraField>? fields = null;
        List<Attachment>? attachments = null;
        PendingPassword? pending = null;
        ImportTrace? imported = null;
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
            else if (json.ValueTextEquals("attachments"u8))
                attachments = NextAttachments(ref json, plaintext);
            else if (json.ValueTextEquals("pending"u8))
                pending = NextPending(ref json);
            else if (json.ValueTextEquals("imported"u8))
                imported = NextImported(ref json);
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
            Flags = EntryFlag.Of(fields ?? [], pending),
            Attachments = attachments ?? [],
            AttachmentCount = attachments?.Count ?? 0,
            Pending = pending,
            Imported = imported,
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

    private static bool NextFlag(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType is JsonTokenType.True or JsonTokenType.False ? json.GetBoolean() : throw new JsonException();
    }

    private static PendingPassword NextPending(ref Utf8JsonReader json)
    {
        string value = "", machine = "", step = "";
        long since = 0;
        for (Start(ref json); NextMember(ref json);)
        {
            if (json.ValueTextEquals("value"u8))
                value = NextText(ref json);
            else if (json.ValueTextEquals("since"u8))
                since = NextNumber(ref json);
            else if (json.ValueTextEquals("machine"u8))
                machine = NextText(ref json);
            else if (json.ValueTextEquals("step"u8))
                step = NextText(ref json);
            else
                json.Skip();
        }
        return new PendingPassword(value, since, machine, step);
    }

    private static ImportTrace NextImported(ref Utf8JsonReader json)
    {
        string format = "", id = "", hash = "";
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        for (Start(ref json); NextMember(ref json);)
        {
            if (json.ValueTextEquals("format"u8))
                format = NextText(ref json);
            else if (json.ValueTextEquals("id"u8))
                id = NextText(ref json);
            else if (json.ValueTextEquals("hash"u8))
                hash = NextText(ref json);
            else if (json.ValueTextEquals("digests"u8))
            {
                for (Start(ref json); NextMember(ref json);)
                {
                    string field = json.GetString()!;
                    digests[field] = NextText(ref json);
                }
            }
            else
                json.Skip();
        }
        return new ImportTrace(format, id, hash, digests);
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
            fields.Add(new ExtraField(name, type, data) { Unknown = ObjectOf(unknown) });
        }
        return fields;
    }

    // If another program has written a field's time into both parts, the summary's counts.
    private static Dictionary<string, long> Join(Dictionary<string, long> inSecret, IReadOnlyDictionary<string, long> inSummary)
    {
        foreach ((string field, long time) in inSummary)
            inSecret[field] = time;
        return inSecret;
    }

    // Unknown members as one JSON object. Null if there are none.
    private static string? ObjectOf(List<string>? members) => members is null ? null : $"{{{string.Join(',', members)}}}";

    private static string Member(KeyValuePair<string, string> member) => $"\"{JsonEncodedText.Encode(member.Key)}\":{member.Value}";
}
