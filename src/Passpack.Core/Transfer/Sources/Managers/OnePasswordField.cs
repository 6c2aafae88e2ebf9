using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>Reads the fields of a 1PUX item's sections: each has a value with one member, whose name is its type.</summary>
/// <param name="item">The item.</param>
/// <param name="category">Its category.</param>
/// <param name="zip">Where its files are. Null if only <c>export.data</c> is there.</param>
/// <param name="titles">The titles of all items by their ids.</param>
internal sealed class OnePasswordField(SourceItem item, string category, SourceZip? zip, IReadOnlyDictionary<string, string> titles)
{
    public void Read(string section, JsonFields field)
    {
        string title = field.Text("title"), id = field.Text("id");
        string name = title.Length > 0 ? title : id;
        if (section.Length > 0)
            name = $"{section}: {name}";
        if (field.Object("value") is { } value)
        {
            foreach ((string type, JsonElement json) in value.Rest().ToArray())
                Read(type, id, name, value, json);
        }
        field.Pass("guarded", "multiline", "dontGenerate", "inputTraits", "placeholder", "clipboardFilter", "indexAtSource", "n", "k", "a");
        field.KeepRest(item);
    }

    /// <summary>A file of the archive, of <c>documentAttributes</c> or a field.</summary>
    public void ReadFile(string field, JsonFields file)
    {
        string name = file.Text("fileName");
        ZipArchiveEntry? entry = zip?.Find($"files/{file.Text("documentId")}__{name}");
        if (entry is null)
            item.NoPlace(field, "a file that is not in the archive");
        else
            item.File(field, new SourceFile(name, entry.Length, () => zip!.Open(entry)));
        file.Pass("decryptedSize");
    }

    private void Read(string type, string id, string name, JsonFields value, JsonElement json)
    {
        string text = JsonFields.ToText(json) ?? "";
        switch (type)
        {
            case "concealed":
                if (IsPassword(id) && item[EntryColumn.Password].Length == 0)
                    item.Set(EntryColumn.Password, name, text);
                else
                    item.Add(name, name, FieldTypes.Hidden, text);
                break;
            case "string" when id is "username" or "pop_username" && item[EntryColumn.UserId].Length == 0:
                item.Set(EntryColumn.UserId, name, text);
                break;
            case "string" or "url" when id is "url" or "website" && item[EntryColumn.Url].Length == 0 && category != "001":
                item.Set(EntryColumn.Url, name, text);
                break;
            case "string" or "menu" or "gender" or "creditCardType" when text.Length > 0:
                item.Add(name, name, SourceText.TypeOf(text), text);
                break;
            case "creditCardNumber":
                item.Add(name, name, FieldTypes.Hidden, text);
                break;
            case "phone" or "url" when text.Length > 0:
                item.Add(name, name, type, text);
                break;
            case "email":
                ReadEmail(name, text, value);
                break;
            case "totp":
                item.Totp(name, text);
                break;
            case "date" when double.TryParse(text, CultureInfo.InvariantCulture, out double since) && SourceText.Day(since) is { } day:
                AddChanged(name, FieldTypes.Date, day, "seconds made a date");
                break;
            case "monthYear" when text.Length == 6 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _):
                AddChanged(name, FieldTypes.Date, $"{text[..4]}-{text[4..]}", "made a month as ISO 8601 has it");
                break;
            case "address" when value.Object(type) is { } address:
                string town = $"{address.Text("zip")} {address.Text("city")}".Trim();
                string[] lines = [address.Text("street"), town, address.Text("state"), address.Text("country")];
                string whole = string.Join('\n', lines.Where(line => line.Length > 0));
                if (whole.Length > 0)
                    AddChanged(name, FieldTypes.Multiline, whole, "its parts on lines of their own");
                address.KeepRest(item);
                break;
            case "file" when value.Object(type) is { } file:
                ReadFile(name, file);
                break;
            case "sshKey" when value.Object(type) is { } key:
                ReadKey(name, key);
                break;
            case "reference" when titles.TryGetValue(text, out string? title):
                AddChanged(name, FieldTypes.Text, title, "the name of the item that it points to");
                break;
            default: // A type of a later version: it may be a secret.
                item.Add(name, name, FieldTypes.Hidden, json.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? json.GetRawText() : text);
                break;
        }
    }

    // A router's own password is not that of its network.
    private bool IsPassword(string id) => category == "109" ? id == "wireless_password" : id is "password" or "credential" or "pop_password";

    private void ReadEmail(string name, string text, JsonFields value)
    {
        if (value.Object("email") is { } email)
        {
            text = email.Text("email_address");
            item.Add($"{name}: provider", $"{name}: provider", FieldTypes.Text, email.Text("provider"));
        }
        item.Add(name, name, FieldTypes.Email, text);
    }

    private void ReadKey(string name, JsonFields key)
    {
        JsonFields? metadata = key.Object("metadata");
        string own = key.Text("privateKey"), inner = metadata?.Text("privateKey") ?? ""; // The outer one is not always PEM.
        item.Add(name, name, FieldTypes.SshKey, inner.Length > 0 ? inner : own);
        if (metadata is null)
            return;
        item.Add(name, $"{name}: public key", FieldTypes.Text, metadata.Text("publicKey"));
        item.Add(name, $"{name}: fingerprint", FieldTypes.Text, metadata.Text("fingerprint"));
        if (metadata.Value("keyType") is { } type)
            item.Add(name, $"{name}: type", FieldTypes.Text, JsonFields.ToText(type) ?? type.GetRawText());
        metadata.KeepRest(item);
    }

    private void AddChanged(string name, string type, string text, string how) => item.Add(name, name, type, text, how);
}
