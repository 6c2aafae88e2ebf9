using System.IO.Compression;
using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// Keeper's JSON (Commander, keepercommander/importer/json, 2025; the web vault's is alike): <c>{ shared_folders, records }</c>, or the array of records
/// alone, or a zip with <c>export.json</c> and <c>files/</c>. Custom fields are read by <see cref="KeeperField"/>.
/// </summary>
internal static class Keeper
{
    private const string DataFile = "export.json";

    public static SourceFormat Format { get; } = new(EntryFileFormat.Keeper, "Keeper", "JSON, or Commander's zip with files")
    {
        Fits = start => start.ZipNames.Contains(DataFile)
            || start.JsonPaths.Contains("shared_folders[].path") || IsRecord(start, "records[].") || IsRecord(start, "[]."),
        Read = (input, cancellationToken) => JsonFields.Guard(input, Read(input, cancellationToken)),
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using SourceZip? zip = SourceZip.OpenIf(input);
        ZipArchiveEntry? data = zip?.Find(DataFile);
        if (zip is not null && data is null)
            throw input.Damaged($"the zip holds no {DataFile}, so it is no export of Keeper");
        using Stream stream = data is null ? input.Stream : zip!.Open(data);
        using JsonDocument document = JsonFields.Document(input, stream);
        JsonElement root = document.RootElement;
        var export = new JsonFields(root);
        JsonElement[] records = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [.. export.Items("records")];
        if (export.Objects("shared_folders").Any(folder => folder.Items("permissions").Any()) || export.Items("teams").Any())
            input.Warn($"{input.Name}: who may use shared folders, and teams, are not imported; their folders become tags.");
        Dictionary<string, string> titles = Titles(records);
        for (int i = 0; i < records.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return JsonFields.ReadItem(i + 1, null, records[i], (item, fields) => ReadRecord(item, fields, zip, titles));
        }
    }

    /// <summary>What an entry is, of Keeper's types of records.</summary>
    public static string TypeOf(string type) => type switch
    {
        "" or "login" or "general" or "legacy" => EntryTypes.Login,
        "bankCard" => EntryTypes.Card,
        "bankAccount" => EntryTypes.Bank,
        "address" or "contact" or "ssnCard" => EntryTypes.Identity,
        "encryptedNotes" => EntryTypes.Note,
        "sshKeys" => EntryTypes.SshKey,
        "wifiCredentials" => EntryTypes.Wifi,
        "softwareLicense" => EntryTypes.Licence,
        "serverCredentials" => EntryTypes.Server,
        "databaseCredentials" => EntryTypes.Database,
        "membership" or "healthInsurance" => EntryTypes.Membership,
        "passport" or "driverLicense" or "birthCertificate" or "photo" or "file" => EntryTypes.Document,
        _ => type.ToLowerInvariant(),
    };

    /// <summary>A folder with its parents as a tag: they are separated by a backslash, which is doubled in a name.</summary>
    public static string Folder(string path) => string.Join('/', path.Replace(@"\\", "\0", StringComparison.Ordinal)
        .Split('\\', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Replace('\0', '\\');

    private static void ReadRecord(SourceItem item, JsonFields record, SourceZip? zip, IReadOnlyDictionary<string, string> titles)
    {
        item.Id = record.Text("uid") is { Length: > 0 } id ? id : null;
        item.Type = TypeOf(record.Text("$type"));
        item.Modified = record.Time("last_modified");
        item.Set(EntryColumn.EntryName, "title", record.Text("title"));
        item.Set(EntryColumn.UserId, "login", record.Text("login"));
        item.Set(EntryColumn.Password, "password", record.Text("password"));
        item.Set(EntryColumn.Url, "login_url", record.Text("login_url"));
        item.Set(EntryColumn.Notes, "notes", record.Text("notes"));
        if (record.Value("custom_fields") is { ValueKind: JsonValueKind.Object } fields)
        {
            foreach (JsonProperty field in fields.EnumerateObject())
                KeeperField.Read(item, field.Name, field.Value);
        }
        if (record.Value("references") is { ValueKind: JsonValueKind.Object } references)
        {
            foreach (JsonProperty reference in references.EnumerateObject())
                ReadReference(item, reference, titles);
        }
        foreach (JsonFields folder in record.Objects("folders"))
            ReadFolder(item, folder);
        foreach (JsonFields file in record.Objects("attachments"))
            ReadFile(item, file, zip);
        record.Pass("schema");
    }

    private static void ReadFolder(SourceItem item, JsonFields folder)
    {
        string shared = folder.Text("shared_folder"), own = folder.Text("folder");
        string path = shared.Length > 0 && own.Length > 0 ? $@"{shared}\{own}" : shared + own;
        item.Tag("folders", Folder(path));
        if (path.Contains('/', StringComparison.Ordinal))
            item.Changed("folders", "a / in a folder's name separates it as its parents are");
        folder.Pass("can_edit", "can_share");
        folder.KeepRest(item);
    }

    private static void ReadFile(SourceItem item, JsonFields file, SourceZip? zip)
    {
        string id = file.Text("file_uid"), name = file.Text("name");
        if (zip?.Find($"files/{id}") is { } entry)
            item.File("attachments", new SourceFile(name.Length > 0 ? name : id, entry.Length, () => zip.Open(entry)));
        else
            item.NoPlace("attachments", "a file that is not in the export; Commander's zip has it (export --format json --zip)");
        file.Pass("size", "mime", "key", "last_modified");
        file.KeepRest(item);
    }

    private static void ReadReference(SourceItem item, JsonProperty reference, IReadOnlyDictionary<string, string> titles)
    {
        (string type, string label) = KeeperField.ReadKey(reference.Name);
        string name = label.Length > 0 ? label : type;
        foreach (JsonElement one in JsonFields.Each(reference.Value))
        {
            if (JsonFields.ToText(one) is not { } id)
                item.NoPlace($"references.{reference.Name}", "a reference that is no id");
            else if (titles.TryGetValue(id, out string? title))
                item.Add($"references.{reference.Name}", name, FieldTypes.Text, title, "the name of the record that it points to");
            else
                item.Add($"references.{reference.Name}", name, FieldTypes.Text, id);
        }
    }

    private static Dictionary<string, string> Titles(IEnumerable<JsonElement> records)
    {
        var titles = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonElement json in records)
        {
            var record = new JsonFields(json);
            try
            {
                titles.TryAdd(record.Text("uid"), record.Text("title"));
            }
            catch (InvalidOperationException) // A text that is not valid Unicode: the record's own row tells of it.
            {
            }
        }
        return titles;
    }

    private static bool IsRecord(SourceStart start, string at) => start.JsonPaths.Contains($"{at}title")
        && (start.JsonPaths.Contains($"{at}custom_fields") || start.JsonPaths.Contains($"{at}$type") || start.JsonPaths.Contains($"{at}login_url"));
}
