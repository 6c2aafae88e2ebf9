using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>Reads an item of the Credential Exchange Format: its scope, and its credentials by their types.</summary>
internal sealed class CxfItem(SourceItem item, Cxf.Accounts accounts)
{
    private readonly List<string> _urlNames = [];
    private string? _type;
    private int _rank;

    public void Read(int account, JsonFields fields)
    {
        string id = fields.Text("id");
        item.Id = id.Length == 0 ? null : accounts.Ids.Count > 1 ? $"{accounts.Ids.GetValueOrDefault(account)}/{id}" : id;
        item.Created = Time(fields, "creationAt");
        item.Modified = Time(fields, "modifiedAt");
        item.Set(EntryColumn.EntryName, "title", fields.Text("title"));
        item.Favorite("favorite", fields.Text("favorite") == "true");
        JsonFields? own = ReadExtensions(fields);
        foreach (JsonElement name in own?.Items("urlNames") ?? [])
            _urlNames.Add(JsonFields.ToText(name) ?? "");
        ReadScope(fields.Object("scope"));
        foreach (JsonElement credential in fields.Items("credentials"))
            ReadCredential(credential);
        if (fields.Text("subtitle") is { Length: > 0 } subtitle && subtitle != item[EntryColumn.UserId])
            item.Add("subtitle", "Subtitle", FieldTypes.Text, subtitle);
        if (accounts.Names.Count > 1 && accounts.Names.TryGetValue(account, out string? accountName))
            item.Tag("account", accountName);
        foreach (string collection in accounts.Collections.GetValueOrDefault((account, id)) ?? [])
            item.Tag("collections", collection);
        foreach (JsonElement tag in fields.Items("tags"))
            item.Tag("tags", JsonFields.ToText(tag));
        item.Type = own?.Text("type") is { Length: > 0 } type ? type : _type ?? EntryTypes.Login;
        if (own?.Time("expires") is { } expires)
            item.Expires("expires", expires);
    }

    // Exports that went through Apple's systems, which count from 2001, are late by the 31 years before.
    private static DateTimeOffset? Time(JsonFields fields, string name) =>
        fields.Time(name) is not { } time ? null : time.Year < 2050 ? time : time.AddSeconds(-978_307_200);

    // What this module wrote; null if nothing.
    private static JsonFields? ReadExtensions(JsonFields fields)
    {
        JsonElement[] all = fields.Value("extensions") is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()] : [];
        JsonFields? own = all.Select(extension => new JsonFields(extension)).FirstOrDefault(extension => extension.Text("name") == CxfLayout.Extension);
        if (all.Length > (own is null ? 0 : 1))
            fields.Forget("extensions"); // Of another program: kept with what this version does not know.
        return own;
    }

    private void ReadScope(JsonFields? scope)
    {
        foreach (JsonElement url in scope?.Items("urls") ?? [])
            AddUrl("scope.urls", JsonFields.ToText(url) ?? "");
        foreach (JsonFields app in scope?.Objects("androidApps") ?? [])
        {
            if (app.Text("bundleId") is { Length: > 0 } bundle)
                item.Add("scope.androidApps", NextUrlName("App"), FieldTypes.Url, $"androidapp://{bundle}", "made an address");
            if (app.Has("certificate"))
                item.NoPlace("scope.androidApps.certificate", "the fingerprint of the app's maker");
            app.Pass("name", "certificate");
        }
        scope?.KeepRest(item);
    }

    private void AddUrl(string field, string url)
    {
        if (item[EntryColumn.Url] is { Length: > 0 })
            item.Add(field, NextUrlName("URL"), FieldTypes.Url, url);
        else
            item.Set(EntryColumn.Url, field, url);
    }

    private string NextUrlName(string otherwise)
    {
        if (_urlNames.Count == 0)
            return otherwise;
        string name = _urlNames[0];
        _urlNames.RemoveAt(0);
        return name;
    }

    private void ReadCredential(JsonElement json)
    {
        var credential = new JsonFields(json);
        string type = credential.Text("type");
        Tells(type);
        switch (type)
        {
            case "basic-auth":
                ReadPlace(credential, EntryColumn.UserId, "username");
                ReadPlace(credential, EntryColumn.Password, "password");
                foreach (JsonElement url in credential.Items("urls")) // Of the drafts before scopes.
                    AddUrl("urls", JsonFields.ToText(url) ?? "");
                break;
            case "generated-password":
                item.Set(EntryColumn.Password, "password", credential.Text("password"));
                break;
            case "note":
                ReadPlace(credential, EntryColumn.Notes, "content");
                break;
            case "totp":
                if (ReadTotp(credential, json))
                    break;
                return;
            case "passkey":
                item.Add("passkey", "Passkey", FieldTypes.Passkey, json.GetRawText());
                return;
            case "ssh-key":
                ReadKey(credential);
                break;
            case "file":
                item.NoPlace("file", "a file that the exchange hands over beside its JSON");
                return;
            case "item-reference":
                string reference = credential.Object("reference")?.Text("item") ?? "";
                string title = accounts.Titles.GetValueOrDefault(reference, reference);
                item.Add("item-reference", "See also", FieldTypes.Text, title, "the name of the item that it points to");
                break;
            case "custom-fields":
                string section = credential.Text("label");
                foreach (JsonElement field in credential.Items("fields"))
                    ReadField(new JsonFields(field), section, "");
                credential.Pass("id");
                break;
            default:
                ReadTyped(credential, type);
                break;
        }
        credential.KeepRest(item);
    }

    // The first credential of the most telling kind says what the item is: a login with a note and a file is a login.
    private void Tells(string credential)
    {
        int rank = credential switch { "note" or "file" => 1, "passkey" or "totp" => 2, _ => 3 };
        if (rank > _rank && CxfLayout.EntryTypeOf(credential) is { } type)
            (_type, _rank) = (type, rank);
    }

    private void ReadTyped(JsonFields credential, string type)
    {
        foreach ((string name, _) in CxfLayout.Credentials.GetValueOrDefault(type) ?? [])
        {
            EntryColumn? place = (type, name) switch
            {
                ("wifi", "passphrase") or ("api-key", "key") => EntryColumn.Password,
                ("api-key", "username") => EntryColumn.UserId,
                ("api-key", "url") => EntryColumn.Url,
                _ => null,
            };
            if (place is { } column && item[column].Length == 0)
                ReadPlace(credential, column, name);
            else if (credential.Object(name) is { } field)
                ReadField(field, "", name);
        }
    }

    // The value of an editable field with a place in every entry; drafts had it without the object around it.
    private void ReadPlace(JsonFields credential, EntryColumn column, string name)
    {
        if (credential.Object(name) is { } field)
        {
            item.Set(column, name, field.Text("value"));
            field.Pass("id", "fieldType", "label");
            field.KeepRest(item);
        }
        else
        {
            item.Set(column, name, credential.Text(name));
        }
    }

    private void ReadField(JsonFields field, string section, string name)
    {
        string label = field.Text("label"), value = field.Text("value"), type = field.Text("fieldType");
        JsonFields? own = ReadExtensions(field);
        name = label.Length > 0 ? label : name.Length > 0 ? name : field.Text("id");
        if (section.Length > 0)
            name = $"{section}: {name}";
        if (CxfLayout.Place(own?.Text("place")) is { } column)
            item.Set(column, name, value);
        else if (own?.Text("type") is { Length: > 0 } fieldType)
            item.Add(name, name, fieldType, value);
        else if (value.StartsWith("otpauth://", StringComparison.OrdinalIgnoreCase))
            item.Totp(name, value);
        else
            item.Add(name, name, CxfLayout.FieldTypeOf(type, value), value);
        field.Pass("id");
        field.KeepRest(item);
    }

    /// <summary>Whether it is a code, and not kept whole.</summary>
    private bool ReadTotp(JsonFields totp, JsonElement json)
    {
        string secret = totp.Text("secret"), issuer = totp.Text("issuer"), user = totp.Text("username");
        string? fault = "its seed is not Base32 (letters A to Z and digits 2 to 7)";
        using OneTimeCode? code = OneTimeCode.ReadBase32(secret) is { } seed
            ? OneTimeCode.Of(seed, totp.Text("algorithm"), Number("digits", 6), Number("period", 30), isSteam: false, out fault) : null;
        if (code is not null)
            item.Add("totp", "TOTP", FieldTypes.Totp, code.WriteUri(issuer, user), "made an otpauth:// address");
        else
            item.Add("totp", "TOTP", FieldTypes.Hidden, json.GetRawText(), $"kept as a hidden Extra Field: {fault}");
        return code is not null;

        // One that is there and no whole number is none that codes can have.
        int Number(string name, int otherwise) => !totp.Has(name) ? otherwise
            : int.TryParse(totp.Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
    }

    private void ReadKey(JsonFields key)
    {
        string name = key.Text("keyComment") is { Length: > 0 } comment ? comment : "SSH key", encoded = key.Text("privateKey");
        byte[]? bytes = Base64Text.DecodeUrl(encoded);
        string text = bytes is null ? "" : Encoding.UTF8.GetString(bytes);
        if (bytes is null || bytes.Length == 0)
            item.Add("privateKey", name, FieldTypes.SshKey, encoded);
        else
            item.Add("privateKey", name, FieldTypes.SshKey, text.StartsWith("-----BEGIN", StringComparison.Ordinal) ? text
                : PemEncoding.WriteString("PRIVATE KEY", bytes), "made PEM");
        CryptographicOperations.ZeroMemory(bytes);
        key.Pass("keyType"); // The key tells it.
        foreach (string field in (ReadOnlySpan<string>)["creationDate", "expiryDate", "keyGenerationSource"])
        {
            if (key.Object(field) is { } value)
                ReadField(value, "", field);
        }
    }
}
