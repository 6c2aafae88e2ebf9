using System.Text.Encodings.Web;
using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Writing;

/// <summary>
/// Writes Bitwarden's JSON (<see cref="BitwardenLayout"/>). What Bitwarden has no member for goes into custom fields, and a last one tells this module what
/// they are (<see cref="BitwardenRoles"/>), so that an import here gives the entry back as it was. Folders come after the items, whose first tags they are.
/// </summary>
internal sealed class BitwardenWriter : IEntryWriter
{
    private const int FlushBytes = 64 << 10;

    private static readonly TargetLoss s_email = new("Email", "a custom field"), s_sharedNotes = new("Shared Notes", "a custom field");
    private static readonly TargetLoss s_tags = new("further tags", "custom fields named Tag: an item has one folder, which the first tag is");
    private static readonly TargetLoss s_type = new("types that Bitwarden lacks", "logins and notes");
    private static readonly TargetLoss s_expires = new("Expires", "part of a custom field that only this module reads");
    private static readonly TargetLoss s_fields = new("types of Extra Fields that Bitwarden lacks", "text and hidden custom fields");

    private readonly Utf8JsonWriter _json;
    private readonly Dictionary<string, Guid> _folders = [];
    private readonly TargetLosses _losses;

    public BitwardenWriter(Stream stream, TargetLosses losses)
    {
        _losses = losses;
        _json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.WriteStartObject();
        _json.WriteBoolean("encrypted", false);
        _json.WriteStartArray("items");
    }

    public static TargetFormat Target { get; } = new(EntryFileFormat.Bitwarden, "Bitwarden")
    {
        Open = (stream, _, losses) => new BitwardenWriter(stream, losses),
        Losses = Losses,
    };

    public static IReadOnlyList<TargetLoss> Losses => [s_email, s_sharedNotes, s_tags, s_type, s_expires, s_fields];

    public void Write(FullEntry entry)
    {
        EntrySummary summary = entry.Summary;
        var item = new BitwardenItem(entry);
        _json.WriteStartObject();
        _json.WriteString("id", summary.Id);
        _json.WriteNull("organizationId");
        if (summary.Tags is [var folder, ..])
            _json.WriteString("folderId", Folder(folder));
        else
            _json.WriteNull("folderId");
        _json.WriteNumber("type", item.Type);
        _json.WriteNumber("reprompt", 0);
        _json.WriteString("name", summary.Name);
        WriteText("notes", entry.Secret.Notes);
        _json.WriteBoolean("favorite", summary.Favorite);
        _json.WriteString("creationDate", summary.Created.UtcDateTime);
        _json.WriteString("revisionDate", summary.Modified.UtcDateTime);
        WriteCustom(item);
        WriteContent(item, summary, entry.Secret);
        _json.WriteNull("collectionIds");
        _json.WriteEndObject();
        Tell(item, summary, entry.Secret);
        if (_json.BytesPending >= FlushBytes)
            _json.Flush();
    }

    public void Complete()
    {
        _json.WriteEndArray();
        _json.WriteStartArray("folders");
        foreach ((string name, Guid id) in _folders)
        {
            _json.WriteStartObject();
            _json.WriteString("id", id);
            _json.WriteString("name", name);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Dispose() => _json.Dispose();

    private Guid Folder(string tag)
    {
        if (!_folders.TryGetValue(tag, out Guid id))
            _folders.Add(tag, id = Guid.NewGuid());
        return id;
    }

    private void Tell(BitwardenItem item, EntrySummary summary, EntrySecret secret)
    {
        _losses.Tell(s_email, summary.Email.Length > 0 && item.Type != BitwardenLayout.Identity);
        _losses.Tell(s_sharedNotes, secret.SharedNotes.Length > 0);
        _losses.Tell(s_tags, summary.Tags.Count > 1);
        _losses.Tell(s_type, item.Roles?.Type is not null);
        _losses.Tell(s_expires, item.Roles?.Expires is not null);
        _losses.Tell(s_fields, item.HasOtherTypes);
    }

    private void WriteCustom(BitwardenItem item)
    {
        if (item.Custom.Count == 0 && item.Roles is null)
            return;
        _json.WriteStartArray("fields");
        foreach ((string name, string role, string value) in item.Custom)
            WriteField(name, value, FieldTypes.IsSecret(role) ? BitwardenLayout.Hidden : BitwardenLayout.Text);
        if (item.Roles is { } roles)
            WriteField(BitwardenLayout.RolesField, roles.Write(), BitwardenLayout.Text);
        _json.WriteEndArray();
    }

    private void WriteField(string name, string value, int type)
    {
        _json.WriteStartObject();
        _json.WriteString("name", name);
        _json.WriteString("value", value);
        _json.WriteNumber("type", type);
        _json.WriteNull("linkedId");
        _json.WriteEndObject();
    }

    private void WriteContent(BitwardenItem item, EntrySummary summary, EntrySecret secret)
    {
        switch (item.Type)
        {
            case BitwardenLayout.Login:
                WriteLogin(item, summary, secret);
                break;
            case BitwardenLayout.Note:
                _json.WriteStartObject("secureNote");
                _json.WriteNumber("type", 0);
                _json.WriteEndObject();
                break;
            default:
                string name = BitwardenItem.MemberOf(item.Type);
                _json.WriteStartObject(name);
                foreach (BitwardenMember member in BitwardenLayout.Members[name])
                    WriteText(member.Name, item.Members.GetValueOrDefault(member.Name, ""));
                if (item.Type == BitwardenLayout.Card)
                {
                    WriteText("expMonth", item.Month);
                    WriteText("expYear", item.Year);
                }
                if (item.Type == BitwardenLayout.Identity)
                {
                    WriteText("username", summary.UserId);
                    WriteText("email", summary.Email);
                }
                _json.WriteEndObject();
                break;
        }
    }

    private void WriteLogin(BitwardenItem item, EntrySummary summary, EntrySecret secret)
    {
        _json.WriteStartObject("login");
        _json.WriteStartArray("fido2Credentials");
        foreach (string passkey in item.Passkeys)
            _json.WriteRawValue(passkey);
        _json.WriteEndArray();
        _json.WriteStartArray("uris");
        foreach (string uri in item.Uris)
        {
            _json.WriteStartObject();
            _json.WriteNull("match");
            _json.WriteString("uri", uri);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        WriteText("username", summary.UserId);
        WriteText("password", secret.Password);
        WriteText("totp", item.Totp);
        _json.WriteEndObject();
    }

    private void WriteText(string name, string value)
    {
        if (value.Length == 0)
            _json.WriteNull(name);
        else
            _json.WriteString(name, value);
    }
}
