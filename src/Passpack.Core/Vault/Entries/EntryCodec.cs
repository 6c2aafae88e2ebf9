using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Passpack.Packing.Records;
using static Passpack.Packing.Records.JsonMembers;

namespace Passpack.Vault.Entries;

/// <summary>
/// The plaintext of an entry's parts, of tags and of favorite flags: one JSON object each, UTF-8, empty values left out. Unknown members are kept
/// unchanged. Exactly documented in docs/pack-format.md.
/// </summary>
internal static partial class EntryCodec
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes one part into a buffer that is zeroed when it is disposed.</summary>
    public static SecretBuffer WriteSummary(EntryContent content) => Write(content, static (json, c) =>
    {
        Text(json, "name"u8, c.Name);
        Text(json, "userId"u8, c.UserId);
        Text(json, "url"u8, c.Url);
        Text(json, "email"u8, c.Email);
        Text(json, "type"u8, c.Type);
        if (c.Expires is { } expires)
            json.WriteNumber("expires"u8, expires);
        EntryFlags flags = EntryFlag.Of(c.ExtraFields, c.Pending);
        if (flags.HasFlag(EntryFlags.Totp))
            json.WriteBoolean("totp"u8, true);
        if (flags.HasFlag(EntryFlags.SshKey))
            json.WriteBoolean("sshKey"u8, true);
        if (c.Attachments.Count > 0)
            json.WriteNumber("attachments"u8, c.Attachments.Count);
        if (flags.HasFlag(EntryFlags.Urls))
            json.WriteBoolean("urls"u8, true);
        if (flags.HasFlag(EntryFlags.Rotation))
            json.WriteBoolean("rotation"u8, true);
        Text(json, "importKey"u8, c.ImportKey);
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
        if (c.Attachments.Count > 0)
            Write(json, c.Attachments);
        if (c.Pending is { } pending)
            Write(json, pending);
        if (c.Imported is { } imported)
            Write(json, imported);
        Times(json, c, inSummary: false);
        Raw(json, c.UnknownInSecret);
    });

    /// <summary>Writes tags, with the unknown members of the record that they replace.</summary>
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

    /// <summary>A tombstone's plaintext: when the entry was deleted.</summary>
    public static SecretBuffer WriteTombstone(long time) => Write(time, static (json, value) => json.WriteNumber("deleted"u8, value));

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

    private static void Write(Utf8JsonWriter json, PendingPassword pending)
    {
        json.WriteStartObject("pending"u8);
        json.WriteString("value"u8, pending.Value);
        json.WriteNumber("since"u8, pending.Since);
        json.WriteString("machine"u8, pending.Machine);
        json.WriteString("step"u8, pending.Step);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ImportTrace imported)
    {
        json.WriteStartObject("imported"u8);
        json.WriteString("format"u8, imported.Format);
        Text(json, "id"u8, imported.Id);
        json.WriteString("hash"u8, imported.Hash);
        json.WriteStartObject("digests"u8);
        foreach ((string field, string digest) in imported.Digests)
            json.WriteString(field, digest);
        json.WriteEndObject();
        json.WriteEndObject();
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
