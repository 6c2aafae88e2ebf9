using System.IO.Compression;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// 1Password's 1PUX, version 3 (support.1password.com/1pux-format, 2024): a zip with <c>export.data</c>, which is JSON of accounts, vaults and items, and
/// <c>files/</c>. Of an item, <c>overview</c> and <c>details</c> hold the values; the fields of <c>details.sections</c> are read by
/// <see cref="OnePasswordField"/>.
/// </summary>
internal static class OnePassword
{
    private const string DataFile = "export.data";
    private const int Version = 3;

    public static SourceFormat Format { get; } = new(EntryFileFormat.OnePassword, "1Password", "1PUX, with all vaults and files")
    {
        Fits = start => start.ZipNames.Contains(DataFile) || start.JsonPaths.Contains("accounts[].vaults[].items"),
        Read = (input, cancellationToken) => JsonFields.Guard(input, Read(input, cancellationToken)),
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using SourceZip? zip = SourceZip.OpenIf(input);
        if (zip is not null)
            RequireKnown(input, zip);
        using JsonDocument document = zip is null ? JsonFields.Document(input, input.Stream)
            : zip.Find(DataFile) is { } data ? ReadDocument(input, zip, data)
            : throw input.Damaged($"the zip holds no {DataFile}, so it is no 1PUX");
        JsonFields[] accounts = [.. new JsonFields(document.RootElement).Objects("accounts")];
        Dictionary<string, string> titles = Titles(document.RootElement);
        long number = 0;
        foreach (JsonFields account in accounts)
        {
            foreach (JsonFields vault in account.Objects("vaults"))
            {
                string tag = vault.Object("attrs")?.Text("name") ?? "";
                if (accounts.Length > 1 && account.Object("attrs") is { } attrs)
                    tag = $"{attrs.Text("accountName")}/{tag}";
                foreach (JsonElement json in vault.Items("items"))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return JsonFields.ReadItem(++number, null, json, (item, fields) =>
                    {
                        item.Tag("vault", tag);
                        ReadItem(item, fields.Object("item") ?? fields, zip, titles); // The first exports had each item in an object of its own.
                    });
                }
            }
        }
    }

    private static void ReadItem(SourceItem item, JsonFields fields, SourceZip? zip, IReadOnlyDictionary<string, string> titles)
    {
        string category = fields.Text("categoryUuid");
        item.Id = fields.Text("uuid");
        item.Type = TypeOf(category);
        item.Created = fields.Time("createdAt");
        item.Modified = fields.Time("updatedAt");
        item.State = fields.Text("state") switch { "archived" => SourceState.Archived, "trashed" or "deleted" => SourceState.Trashed, _ => SourceState.InUse };
        item.Favorite("favIndex", fields.Text("favIndex") is not ("" or "0"));
        JsonFields? overview = fields.Object("overview"), details = fields.Object("details");
        item.Set(EntryColumn.EntryName, "overview.title", overview?.Text("title"));
        if (details is not null)
            ReadDetails(item, details, new OnePasswordField(item, category, zip, titles));
        if (overview is not null)
            ReadOverview(item, overview);
        details?.KeepRest(item);
    }

    private static void ReadOverview(SourceItem item, JsonFields overview)
    {
        item.Set(EntryColumn.Url, "overview.url", overview.Text("url"));
        foreach (JsonFields url in overview.Objects("urls"))
        {
            string address = url.Text("url"), label = url.Text("label");
            if (item[EntryColumn.Url] is { Length: > 0 } first && first != address)
                item.Add("overview.urls", label.Length > 0 ? label : "URL", FieldTypes.Url, address);
            else
                item.Set(EntryColumn.Url, "overview.urls", address);
            url.Pass("mode");
            url.KeepRest(item);
        }
        foreach (JsonElement tag in overview.Items("tags"))
            item.Tag("overview.tags", JsonFields.ToText(tag));
        if (overview.Value("watchtowerExclusions") is not null)
            item.NoPlace("overview.watchtowerExclusions", "warnings of Watchtower that were turned off");
        overview.Pass("subtitle", "ainfo", "ps", "pbe", "pgrng", "icons"); // Made by 1Password of the other fields.
        overview.KeepRest(item);
    }

    private static void ReadDetails(SourceItem item, JsonFields details, OnePasswordField sectionField)
    {
        foreach (JsonFields field in details.Objects("loginFields"))
            ReadLoginField(item, field);
        item.Set(EntryColumn.Password, "details.password", details.Text("password"));
        item.Set(EntryColumn.Notes, "details.notesPlain", details.Text("notesPlain"));
        foreach (JsonFields section in details.Objects("sections"))
        {
            string title = section.Text("title");
            foreach (JsonFields field in section.Objects("fields"))
                sectionField.Read(title, field);
            section.Pass("name", "hideAddAnotherField");
            section.KeepRest(item);
        }
        if (details.Object("documentAttributes") is { } document)
            sectionField.ReadFile("details.documentAttributes", document);
        foreach (JsonFields earlier in details.Objects("passwordHistory").OrderBy(earlier => earlier.Time("time")))
            item.Earlier("details.passwordHistory", earlier.Time("time"), new EntryEdit { Password = earlier.Text("value") });
        if (details.Has("passkey"))
            item.Add("details.passkey", "Passkey", FieldTypes.Passkey, details.Value("passkey")?.GetRawText());
        details.Pass("htmlForm", "htmlMethod", "htmlAction", "htmlName", "htmlID", "fields", "backupKeys");
    }

    // A field of the form that the login was saved from.
    private static void ReadLoginField(SourceItem item, JsonFields field)
    {
        string name = field.Text("name"), value = field.Text("value");
        if (value.Length == 0 && field.Object("value") is { } linked) // An alias of a linked account.
            value = linked.Text("email_address") is { Length: > 0 } address ? address : linked.Text("string");
        name = name.Length > 0 ? name : field.Text("id");
        switch (field.Text("designation"))
        {
            case "username":
                item.Set(EntryColumn.UserId, "username", value);
                return;
            case "password":
                item.Set(EntryColumn.Password, "password", value);
                return;
        }
        item.Add(name, name, field.Text("fieldType") switch
        {
            "P" => FieldTypes.Hidden,
            "E" => FieldTypes.Email,
            "U" => FieldTypes.Url,
            "TEL" => FieldTypes.Phone,
            _ => SourceText.TypeOf(value),
        }, value);
    }

    private static JsonDocument ReadDocument(SourceInput input, SourceZip zip, ZipArchiveEntry data)
    {
        using Stream stream = zip.Open(data);
        return JsonFields.Document(input, stream);
    }

    private static void RequireKnown(SourceInput input, SourceZip zip)
    {
        if (zip.Find("export.attributes") is not { } attributes)
            return;
        using JsonDocument document = ReadDocument(input, zip, attributes);
        if (int.TryParse(new JsonFields(document.RootElement).Text("version"), out int version) && version > Version)
        {
            throw input.Error(ErrorCodes.SourceNotSupported, $"it is 1PUX of version {version}, and this module knows {Version} and earlier. " +
                "Update the module, or export as CSV");
        }
    }

    // What references point to.
    private static Dictionary<string, string> Titles(JsonElement root)
    {
        var titles = new Dictionary<string, string>(StringComparer.Ordinal);
        IEnumerable<JsonFields> vaults = new JsonFields(root).Objects("accounts").SelectMany(account => account.Objects("vaults"));
        foreach (JsonFields item in vaults.SelectMany(vault => vault.Objects("items")))
        {
            JsonFields fields = item.Object("item") ?? item;
            try
            {
                if (fields.Object("overview")?.Text("title") is { Length: > 0 } title)
                    titles[fields.Text("uuid")] = title;
            }
            catch (InvalidOperationException) // A text that is not valid Unicode: the item's own row tells of it.
            {
            }
        }
        return titles;
    }

    private static string TypeOf(string category) => category switch
    {
        "" or "001" or "005" => EntryTypes.Login,
        "002" => EntryTypes.Card,
        "003" or "113" => EntryTypes.Note,
        "004" or "108" => EntryTypes.Identity,
        "006" or "103" or "104" or "106" => EntryTypes.Document,
        "100" => EntryTypes.Licence,
        "101" => EntryTypes.Bank,
        "102" => EntryTypes.Database,
        "105" or "107" => EntryTypes.Membership,
        "109" => EntryTypes.Wifi,
        "110" => EntryTypes.Server,
        "112" => EntryTypes.ApiKey,
        "114" => EntryTypes.SshKey,
        "111" => "email",
        "115" => "wallet",
        _ => $"1password-{category}",
    };
}
