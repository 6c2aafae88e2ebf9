using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>The content of Proton Pass's items, by their types; the CSV has the same content of cards and identities, as JSON in its note.</summary>
internal static class ProtonPassContent
{
    // What is no text, by its name in the content.
    private static readonly Dictionary<string, string> s_types = new(StringComparer.Ordinal)
    {
        ["number"] = FieldTypes.Hidden, ["verificationNumber"] = FieldTypes.Hidden, ["pin"] = FieldTypes.Hidden, ["expirationDate"] = FieldTypes.Date,
        ["email"] = FieldTypes.Email, ["workEmail"] = FieldTypes.Email, ["birthdate"] = FieldTypes.Date, ["phoneNumber"] = FieldTypes.Phone,
        ["secondPhoneNumber"] = FieldTypes.Phone, ["workPhoneNumber"] = FieldTypes.Phone, ["website"] = FieldTypes.Url, ["personalWebsite"] = FieldTypes.Url,
        ["socialSecurityNumber"] = FieldTypes.Hidden, ["passportNumber"] = FieldTypes.Hidden, ["licenseNumber"] = FieldTypes.Hidden,
        ["privateKey"] = FieldTypes.SshKey,
    };

    private static readonly string[] s_texts =
    [
        "cardholderName", "fullName", "firstName", "middleName", "lastName", "gender", "organization", "streetAddress", "zipOrPostalCode", "city",
        "stateOrProvince", "countryOrRegion", "floor", "county", "xHandle", "linkedin", "reddit", "facebook", "yahoo", "instagram", "company", "jobTitle",
        "publicKey", "ssid", "security",
    ];

    private static readonly string[] s_lists = ["extraPersonalDetails", "extraAddressDetails", "extraContactDetails", "extraWorkDetails"];

    public static void Read(SourceItem item, string type, JsonFields? content)
    {
        item.Type = type switch
        {
            "login" or "alias" or "" => EntryTypes.Login,
            "creditCard" => EntryTypes.Card,
            "sshKey" => EntryTypes.SshKey,
            _ => type.ToLowerInvariant(),
        };
        if (content is null)
            return;
        ReadLogin(item, content);
        foreach (string name in s_texts)
            item.Add(content.Name(name), name, FieldTypes.Text, content.Text(name));
        foreach ((string name, string fieldType) in s_types)
            item.Add(content.Name(name), name, fieldType, content.Text(name));
        foreach (string list in s_lists)
            ReadExtraFields(item, "", content.Objects(list));
        foreach (JsonFields section in content.Objects("extraSections").Concat(content.Objects("sections")))
        {
            ReadExtraFields(item, section.Text("sectionName"), section.Objects("sectionFields"));
            section.KeepRest(item);
        }
        content.Pass("cardType");
        content.KeepRest(item);
    }

    public static void ReadExtraFields(SourceItem item, string section, IEnumerable<JsonFields> fields)
    {
        foreach (JsonFields field in fields)
        {
            string name = field.Text("fieldName"), type = field.Text("type");
            if (section.Length > 0)
                name = $"{section}: {name}";
            if (field.Object("data") is { } data)
            {
                item.Totp(name, data.Text("totpUri"));
                string content = data.Text("content");
                item.Add(name, name, type == "hidden" ? FieldTypes.Hidden : SourceText.TypeOf(content), content);
                if (data.Time("timestamp") is { } time) // The day of a date field.
                    item.Add(name, name, FieldTypes.Date, SourceText.Day(time.ToUnixTimeSeconds()), "made a date");
                data.KeepRest(item);
            }
            field.KeepRest(item);
        }
    }

    /// <summary>The apps of Android that a login is for.</summary>
    public static void ReadApps(SourceItem item, JsonFields? platforms)
    {
        foreach (JsonFields app in platforms?.Object("android")?.Objects("allowedApps") ?? [])
        {
            if (app.Text("packageName") is { Length: > 0 } package)
                item.Add(app.Name("packageName"), "App", FieldTypes.Url, $"androidapp://{package}", "made an address");
            app.Pass("appName", "hashes");
        }
        platforms?.KeepRest(item);
    }

    private static void ReadLogin(SourceItem item, JsonFields content)
    {
        string user = content.Text("itemUsername"), email = content.Text("itemEmail"), earlier = content.Text("username"); // The last, before August 2024.
        item.Set(EntryColumn.UserId, content.Name("itemUsername"), user);
        item.Set(EntryColumn.UserId, content.Name("username"), earlier);
        item.Set(item[EntryColumn.UserId].Length == 0 ? EntryColumn.UserId : EntryColumn.Email, content.Name("itemEmail"), email);
        item.Set(EntryColumn.Password, content.Name("password"), content.Text("password"));
        foreach (JsonElement url in content.Items("urls"))
            AddUrl(item, content.Name("urls"), JsonFields.ToText(url) ?? "");
        item.Totp(content.Name("totpUri"), content.Text("totpUri"));
        foreach (JsonElement passkey in content.Items("passkeys"))
            item.Add(content.Name("passkeys"), "Passkey", FieldTypes.Passkey, passkey.GetRawText());
    }

    /// <summary>An address: the first is the entry's, the others are Extra Fields.</summary>
    public static void AddUrl(SourceItem item, string field, string url)
    {
        if (item[EntryColumn.Url] is { Length: > 0 } first && first != url)
            item.Add(field, "URL", FieldTypes.Url, url);
        else
            item.Set(EntryColumn.Url, field, url);
    }
}
