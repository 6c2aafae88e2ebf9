using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Bitwarden;

/// <summary>The login of an item of Bitwarden's JSON, and its custom fields.</summary>
internal static class BitwardenFields
{
    /// <summary>What the custom fields are, if this module wrote the item. Null for any other.</summary>
    public static BitwardenRoles? Roles(JsonElement fields) => fields.ValueKind == JsonValueKind.Array && fields.GetArrayLength() is > 0 and var count
        && fields[count - 1] is { ValueKind: JsonValueKind.Object } last && last.Text("name") == BitwardenLayout.RolesField
        ? BitwardenRoles.Read(last.Text("value"), count - 1) : null;

    public static void ReadLogin(SourceItem item, JsonElement login, BitwardenRoles? roles)
    {
        if (login.ValueKind != JsonValueKind.Object)
            return;
        item.Set(EntryColumn.UserId, "login.username", login.Text("username"));
        item.Set(EntryColumn.Password, "login.password", login.Text("password"));
        ReadAddresses(item, login.Get("uris"), roles?.Uris ?? []);
        if (roles?.Totp is { } name)
            item.Add("login.totp", name, FieldTypes.Totp, login.Text("totp"));
        else
            item.Totp("login.totp", login.Text("totp"));
        int passkey = 0;
        foreach (JsonElement credential in login.Get("fido2Credentials").Items())
            item.Passkey("login.fido2Credentials", roles?.Passkeys?.ElementAtOrDefault(passkey++) ?? "Passkey", credential.GetRawText());
        foreach (JsonProperty member in login.EnumerateObject())
        {
            if (member.Value.SaysNothing() || member.Name is "username" or "password" or "totp")
                continue;
            if (member.Name is "uris" or "fido2Credentials")
            {
                if (member.Value.ValueKind != JsonValueKind.Array)
                    item.Add($"login.{member.Name}", member.Name, FieldTypes.Hidden, member.Value.Text());
                continue;
            }
            if (member.Name == "passwordRevisionDate")
                item.NoPlace("login.passwordRevisionDate", "when the password was last changed");
            else if (member.Name is "uri" && member.Value.Text() == item[EntryColumn.Url])
                continue;
            else if (member.Name is "uri")
                item.Set(EntryColumn.Url, "login.uri", member.Value.Text());
            else
                item.NoPlace($"login.{member.Name}", "how the program fills it in");
        }
    }

    public static void ReadCustom(SourceItem item, JsonElement fields, BitwardenRoles? roles)
    {
        int at = 0;
        foreach (JsonElement field in fields.Items())
        {
            string? role = roles?.Fields.ElementAtOrDefault(at++);
            if (roles is not null && role is null) // The roles themselves.
            {
                if (roles.Expires is { } expires)
                    item.Expires($"field {BitwardenLayout.RolesField}", expires);
                item.Kept($"field {BitwardenLayout.RolesField}", "read: it says what the other fields are");
                return;
            }
            string name = field.Text("name"), value = field.Text("value"), told = name.Length > 0 ? $"field {name}" : "field without a name";
            if (field.Get("type").Number() == BitwardenLayout.Linked)
                item.NoPlace(told, "filled from another field of the item, so it has no value of its own");
            else if (role == BitwardenRoles.Email)
                item.Set(EntryColumn.Email, told, value);
            else if (role == BitwardenRoles.SharedNotes)
                item.Set(EntryColumn.SharedNotes, told, value);
            else if (role == BitwardenRoles.Tag)
                item.Tag(told, value);
            else
                item.Add(told, name, role ?? Type(field.Get("type").Number(), value), value);
        }
    }

    // A type of a later version may be a secret.
    private static string Type(int? type, string value) => type switch
    {
        BitwardenLayout.Text => value.Contains('\n', StringComparison.Ordinal) ? FieldTypes.Multiline : FieldTypes.Text,
        BitwardenLayout.Boolean => FieldTypes.Text,
        _ => FieldTypes.Hidden,
    };

    private static void ReadAddresses(SourceItem item, JsonElement uris, IReadOnlyList<string> names)
    {
        int further = 0;
        foreach (JsonElement uri in uris.Items())
        {
            string address = uri.ValueKind == JsonValueKind.Object ? uri.Text("uri") : uri.Text();
            if (address.Length == 0)
                continue;
            if (item[EntryColumn.Url].Length == 0)
                item.Set(EntryColumn.Url, "login.uris", address);
            else
                item.Add("login.uris", names.ElementAtOrDefault(further++) ?? "URL", FieldTypes.Url, address);
            if (!uri.Get("match").SaysNothing())
                item.NoPlace("login.uris.match", "how the program compares the address");
        }
    }
}
