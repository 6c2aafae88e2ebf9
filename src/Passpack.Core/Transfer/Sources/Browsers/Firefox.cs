using System.Globalization;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Browsers;

/// <summary>
/// Firefox's CSV: <c>url,username,password,httpRealm,formActionOrigin,guid,timeCreated,timeLastUsed,timePasswordChanged</c>, times in milliseconds
/// (toolkit/components/passwordmgr/LoginExport.sys.mjs, 2025). There are no names; the row of the Firefox account itself is left out.
/// </summary>
internal static class Firefox
{
    private const string AccountRow = "chrome://FirefoxAccounts";
    private const long MaxMilliseconds = 253_402_300_799_999; // The end of the year 9999.

    private static readonly string[] s_known =
        ["url", "username", "password", "httpRealm", "formActionOrigin", "guid", "timeCreated", "timeLastUsed", "timePasswordChanged"];

    public static SourceFormat Format { get; } = new(EntryFileFormat.Firefox, "Firefox", "passwords exported by Firefox, CSV")
    {
        Fits = start => start.HasColumns("url", "username", "password", "httpRealm", "formActionOrigin", "guid"),
        Read = Read,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using var csv = new SourceCsv(input);
        while (csv.Read(out string? fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var item = new SourceItem(csv.Number, csv.Line);
            if (fault is not null)
            {
                yield return item.Fails(fault);
                continue;
            }
            if (csv["url"].StartsWith(AccountRow, StringComparison.OrdinalIgnoreCase))
            {
                input.Warn($"{input.Name}: row {csv.Number} is the Firefox account itself, with keys that only Firefox uses. It is not imported.");
                continue;
            }
            ReadItem(item, csv);
            yield return item.ToRow();
        }
    }

    private static void ReadItem(SourceItem item, SourceCsv csv)
    {
        string url = csv["url"], action = csv["formActionOrigin"];
        item.Set(EntryColumn.Url, "url", url);
        item.Set(EntryColumn.UserId, "username", csv["username"]);
        item.Set(EntryColumn.Password, "password", csv["password"]);
        item.Add("httpRealm", "HTTP Realm", FieldTypes.Text, csv["httpRealm"]);
        if (action == url)
            item.Kept("formActionOrigin", "URL, which is the same");
        else
            item.Add("formActionOrigin", "Form Action", FieldTypes.Text, action);
        item.Id = csv["guid"] is { Length: > 0 } id ? id : null;
        item.Created = Time(item, "timeCreated", "Created", csv["timeCreated"]);
        item.Modified = Time(item, "timePasswordChanged", "Modified", csv["timePasswordChanged"]);
        if (csv["timeLastUsed"].Length > 0)
            item.NoPlace("timeLastUsed", "when it was last used");
        foreach (string column in csv.Columns.Except(s_known, StringComparer.OrdinalIgnoreCase))
            item.Add(column, column, FieldTypes.Hidden, csv[column]);
    }

    private static DateTimeOffset? Time(SourceItem item, string field, string place, string value)
    {
        if (value.Length == 0)
            return null;
        if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds) || milliseconds > MaxMilliseconds)
        {
            item.NoPlace(field, "a time that cannot be read");
            return null;
        }
        item.Kept(field, place);
        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }
}
