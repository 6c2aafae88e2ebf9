using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// Proton Pass's CSV: <c>type,name,url,email,username,password,note,totp,createTime,modifyTime,vault</c>; earlier ones without <c>email</c>, types or
/// times (2023 to 2025). Several addresses are in one cell, separated by commas; the note of a card or an identity is its content, as JSON.
/// </summary>
internal static class ProtonPassCsv
{
    private static readonly HashSet<string> s_known = new(StringComparer.OrdinalIgnoreCase)
    {
        "type", "name", "url", "email", "username", "password", "note", "totp", "createTime", "modifyTime", "vault",
    };

    public static SourceFormat Format { get; } = new(EntryFileFormat.ProtonPassCsv, "Proton Pass", "CSV; without the extra fields and passkeys of the zip")
    {
        Fits = start => start.HasColumns("name", "url", "username", "password", "note", "totp", "vault"),
        Read = Read,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using var csv = new SourceCsv(input);
        foreach (ImportRow row in csv.Items("name", item => ReadItem(item, csv), cancellationToken))
            yield return row;
    }

    private static void ReadItem(SourceItem item, SourceCsv csv)
    {
        item.Set(EntryColumn.UserId, "username", csv["username"]);
        item.Set(item[EntryColumn.UserId].Length == 0 ? EntryColumn.UserId : EntryColumn.Email, "email", csv["email"]);
        item.Set(EntryColumn.Password, "password", csv["password"]);
        foreach (string url in csv["url"].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            ProtonPassContent.AddUrl(item, "url", url);
        item.Totp("totp", csv["totp"]);
        item.Tag("vault", csv["vault"]);
        item.Created = SourceText.Instant(csv["createTime"]);
        item.Modified = SourceText.Instant(csv["modifyTime"]);
        string type = csv["type"], note = csv["note"];
        if (type is "creditCard" or "identity" && note.StartsWith('{'))
            ReadContent(item, type, note);
        else
            item.Set(EntryColumn.Notes, "note", note);
        ProtonPassContent.Read(item, type, null);
        csv.KeepRest(item, s_known);
    }

    private static void ReadContent(SourceItem item, string type, string note)
    {
        try
        {
            using var content = JsonDocument.Parse(note);
            var fields = new JsonFields(content.RootElement, "note.");
            item.Set(EntryColumn.Notes, "note.note", fields.Text("note"));
            ProtonPassContent.Read(item, type, fields);
        }
        catch (JsonException) // A note that only begins like it.
        {
            item.Set(EntryColumn.Notes, "note", note);
        }
    }
}
