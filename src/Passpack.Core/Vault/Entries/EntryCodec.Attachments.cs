using System.Text.Json;
using static Passpack.Packing.Records.JsonMembers;

namespace Passpack.Vault.Entries;

/// <summary>The member <c>attachments</c> of a secret. docs/pack-format.md, "Attachments".</summary>
internal static partial class EntryCodec
{
    private static void Write(Utf8JsonWriter json, IReadOnlyList<Attachment> attachments)
    {
        json.WriteStartArray("attachments"u8);
        foreach (Attachment attachment in attachments)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, attachment.Id);
            json.WriteString("name"u8, attachment.Name);
            json.WriteNumber("size"u8, attachment.Size);
            json.WriteString("sha256"u8, attachment.Sha256);
            json.WriteNumber("time"u8, attachment.Added);
            if (attachment.Unknown is not null)
                Raw(json, Members(attachment.Unknown));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static List<Attachment> NextAttachments(ref Utf8JsonReader json, ReadOnlySpan<byte> plaintext)
    {
        var attachments = new List<Attachment>();
        json.Read();
        Expect(json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            Expect(json, JsonTokenType.StartObject);
            string id = "", name = "", sha256 = "";
            long size = 0, time = 0;
            List<string>? unknown = null;
            while (NextMember(ref json))
            {
                if (json.ValueTextEquals("id"u8))
                    id = NextText(ref json);
                else if (json.ValueTextEquals("name"u8))
                    name = NextText(ref json);
                else if (json.ValueTextEquals("size"u8))
                    size = NextNumber(ref json);
                else if (json.ValueTextEquals("sha256"u8))
                    sha256 = NextText(ref json);
                else if (json.ValueTextEquals("time"u8))
                    time = NextNumber(ref json);
                else
                    (unknown ??= []).Add(Member(NextUnknown(ref json, plaintext)));
            }
            if (!Guid.TryParse(id, out Guid named) || size < 0)
                throw new JsonException();
            attachments.Add(new Attachment(named, name, size, sha256, time) { Unknown = ObjectOf(unknown) });
        }
        return attachments;
    }
}
