using System.IO.Compression;
using System.Text.Json;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// Proton Pass's export (WebClients, packages/pass/lib/export, 2025): a zip with <c>Proton Pass/data.json</c> and files, or that JSON alone:
/// <c>{ version, encrypted, vaults: { id: { name, items } } }</c>. With a passphrase it is a PGP message, which this does not open.
/// </summary>
internal static class ProtonPass
{
    private const string DataFile = "Proton Pass/data.json";
    private const string EncryptedFile = "Proton Pass/data.pgp";
    private const string ArmorStart = "-----BEGIN PGP MESSAGE-----";

    public static SourceFormat Format { get; } = new(EntryFileFormat.ProtonPass, "Proton Pass", "zip, or the JSON in it; not encrypted by PGP")
    {
        Fits = start => start.ZipNames.Contains(DataFile) || start.ZipNames.Contains(EncryptedFile)
            || start.Text.StartsWith(ArmorStart, StringComparison.Ordinal)
            || start.JsonPaths.Contains("vaults") && start.JsonPaths.Contains("encrypted") && start.JsonPaths.Any(IsItem),
        Read = (input, cancellationToken) => JsonFields.Guard(input, Read(input, cancellationToken)),
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using SourceZip? zip = SourceZip.OpenIf(input);
        ZipArchiveEntry? data = zip?.Find(DataFile);
        if (zip is not null && data is null)
            throw zip.Find(EncryptedFile) is null ? input.Damaged($"the zip holds no {DataFile}, so it is no export of Proton Pass") : Encrypted(input);
        using Stream stream = data is null ? input.Stream : zip!.Open(data);
        Stream start = data is null ? RequireClear(input, stream) : stream;
        using JsonDocument document = JsonFields.Document(input, start);
        var root = new JsonFields(document.RootElement);
        if (root.Text("encrypted") == "true")
            throw Encrypted(input);
        if (root.Value("vaults") is not { ValueKind: JsonValueKind.Object } vaults)
            throw input.Damaged("its JSON holds no vaults, so it is no export of Proton Pass");
        long number = 0;
        foreach (JsonProperty member in vaults.EnumerateObject())
        {
            var vault = new JsonFields(member.Value);
            string tag = vault.Text("name");
            foreach (JsonElement json in vault.Items("items"))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return JsonFields.ReadItem(++number, null, json, (item, fields) => ReadItem(item, fields, tag, zip));
            }
        }
    }

    private static void ReadItem(SourceItem item, JsonFields fields, string vault, SourceZip? zip)
    {
        item.Tag("vault", vault);
        item.Id = fields.Text("itemId");
        item.State = fields.Text("state") == "2" ? SourceState.Trashed : SourceState.InUse;
        item.Favorite("pinned", fields.Text("pinned") == "true");
        item.Created = fields.Time("createTime");
        item.Modified = fields.Time("modifyTime");
        item.Set(EntryColumn.Email, "aliasEmail", fields.Text("aliasEmail"));
        if (fields.Object("data") is { } data)
        {
            JsonFields? metadata = data.Object("metadata");
            item.Set(EntryColumn.EntryName, "data.metadata.name", metadata?.Text("name"));
            item.Set(EntryColumn.Notes, "data.metadata.note", metadata?.Text("note"));
            metadata?.Pass("itemUuid");
            metadata?.KeepRest(item);
            ProtonPassContent.Read(item, data.Text("type"), data.Object("content"));
            ProtonPassContent.ReadExtraFields(item, "", data.Objects("extraFields"));
            ProtonPassContent.ReadApps(item, data.Object("platformSpecific"));
            data.KeepRest(item);
        }
        foreach (JsonElement file in fields.Items("files"))
            ReadFile(item, JsonFields.ToText(file) ?? new JsonFields(file).Text("name"), zip);
        fields.Pass("shareId", "contentFormatVersion", "flags");
    }

    private static void ReadFile(SourceItem item, string path, SourceZip? zip)
    {
        ZipArchiveEntry? entry = path.Length == 0 ? null : zip?.Entries.FirstOrDefault(entry => entry.FullName.EndsWith($"/{path}", StringComparison.Ordinal));
        if (entry is null)
            item.NoPlace("files", "a file that is not in the archive");
        else
            item.File("files", new SourceFile(entry.Name, entry.Length, () => zip!.Open(entry)));
    }

    private static bool IsItem(string path) =>
        path.StartsWith("vaults.", StringComparison.Ordinal) && path.EndsWith(".items[].data.metadata", StringComparison.Ordinal);

    private static JoinedStream RequireClear(SourceInput input, Stream stream)
    {
        byte[] start = new byte[ArmorStart.Length];
        int count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return System.Text.Encoding.Latin1.GetString(start) == ArmorStart ? throw Encrypted(input)
            : new JoinedStream(new MemoryStream(start, 0, count), stream);
    }

    private static PasspackException Encrypted(SourceInput input) => input.Error(ErrorCodes.SourceNotSupported,
        "it is encrypted by PGP. In Proton Pass, export it again with the file format ZIP and without a passphrase; or decrypt it first "
        + "(gpg --decrypt --output data.json FILE) and import that. Either file holds your passwords in the clear: remove it afterwards");
}
