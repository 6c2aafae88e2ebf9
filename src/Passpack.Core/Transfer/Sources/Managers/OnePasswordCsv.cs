using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// 1Password's CSV. Version 8 writes <c>Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes</c>; version 7 a column for every field that any
/// item has, among them <c>Type</c>, <c>scope</c>, <c>autosubmit</c> and <c>uuid</c>; version 6 and earlier <c>title,notes,username,password,url</c>, in
/// any order (exports of the programs, 2016 to 2024). Columns are read by name, in any case.
/// </summary>
internal static class OnePasswordCsv
{
    private static readonly HashSet<string> s_known = new(StringComparer.OrdinalIgnoreCase)
    {
        "title", "url", "username", "password", "otpauth", "favorite", "archived", "tags", "notes", "type", "uuid", "ainfo", "autosubmit", "scope", "email",
        "one-time password",
    };

    public static SourceFormat Format { get; } = new(EntryFileFormat.OnePasswordCsv, "1Password", "CSV; of each item only what a login has")
    {
        Fits = start => start.HasColumns("title", "username", "password", "otpauth", "favorite", "archived")
            || start.HasColumns("title", "username", "password", "type", "autosubmit", "uuid")
            || start.CsvHeader.Count == 5 && start.HasColumns("title", "notes", "username", "password", "url"),
        Read = Read,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using var csv = new SourceCsv(input);
        foreach (ImportRow row in csv.Items("title", item => ReadItem(item, csv), cancellationToken))
            yield return row;
    }

    private static void ReadItem(SourceItem item, SourceCsv csv)
    {
        item.Id = csv["uuid"].Length > 0 ? csv["uuid"] : null;
        item.Set(EntryColumn.Url, "url", csv["url"]);
        item.Set(EntryColumn.UserId, "username", csv["username"]);
        item.Set(EntryColumn.UserId, "ainfo", csv["ainfo"]);
        item.Set(EntryColumn.Password, "password", csv["password"]);
        item.Set(EntryColumn.Notes, "notes", csv["notes"]);
        item.Set(EntryColumn.Email, "email", csv["email"]);
        item.Totp("otpauth", csv["otpauth"]);
        item.Totp("one-time password", csv["one-time password"]);
        item.Favorite("favorite", csv["favorite"].Equals("true", StringComparison.OrdinalIgnoreCase));
        if (csv["archived"].Equals("true", StringComparison.OrdinalIgnoreCase))
            item.State = SourceState.Archived;
        foreach (string tag in csv["tags"].Split([',', ';'])) // A tag holds neither.
            item.Tag("tags", tag);
        ReadType(item, csv["type"]);
        foreach (string setting in (ReadOnlySpan<string>)["autosubmit", "scope"])
        {
            if (csv[setting] is not ("" or "Default"))
                item.NoPlace(setting, "how 1Password fills the form");
        }
        csv.KeepRest(item, s_known);
    }

    private static void ReadType(SourceItem item, string type)
    {
        string? known = type.ToUpperInvariant() switch
        {
            "LOGIN" or "PASSWORD" => EntryTypes.Login,
            "SECURE NOTE" => EntryTypes.Note,
            "CREDIT CARD" => EntryTypes.Card,
            "IDENTITY" => EntryTypes.Identity,
            "SOFTWARE LICENSE" => EntryTypes.Licence,
            "BANK ACCOUNT" => EntryTypes.Bank,
            "DATABASE" => EntryTypes.Database,
            "SERVER" => EntryTypes.Server,
            "WIRELESS ROUTER" => EntryTypes.Wifi,
            "MEMBERSHIP" or "REWARD PROGRAM" => EntryTypes.Membership,
            "DOCUMENT" or "PASSPORT" or "DRIVER LICENSE" or "OUTDOOR LICENSE" => EntryTypes.Document,
            _ => null,
        };
        if (known is null)
            item.Tag("type", type); // Other programs that write this layout have their folders here.
        else
            item.Kept("type", "Type");
        item.Type = known ?? EntryTypes.Login;
    }
}
