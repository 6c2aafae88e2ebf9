using Passpack.Transfer.KeePass;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources;

/// <summary>
/// KeePassXC's CSV: <c>Group,Title,Username,Password,URL,Notes</c>, and since 2.7 <c>TOTP,Icon,Last Modified,Created</c> (src/format/CsvExporter.cpp,
/// 2024). A group's path begins with the root's name. Only Titles, URLs and such: further texts, history, tags and expiry are not in it.
/// </summary>
internal static class KeePassXCCsv
{
    public static SourceFormat Format { get; } = new(EntryFileFormat.KeePassXCCsv, "KeePassXC", "passwords exported to CSV, of six or ten columns")
    {
        Fits = start => start.HasColumns("Group", "Title", "Username", "Password", "URL", "Notes"),
        Read = Read,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using var csv = new SourceCsv(input);
        foreach (ImportRow row in csv.Items("Title", item => ReadItem(item, csv), cancellationToken))
            yield return row;
    }

    private static void ReadItem(SourceItem item, SourceCsv csv)
    {
        item.Created = KeePassValues.Time(csv["Created"]);
        item.Modified = KeePassValues.Time(csv["Last Modified"]);
        item.Set(EntryColumn.UserId, "Username", csv["Username"]);
        item.Set(EntryColumn.Password, "Password", csv["Password"]);
        item.Set(EntryColumn.Url, "URL", csv["URL"]);
        item.Set(EntryColumn.Notes, "Notes", csv["Notes"]);
        item.Totp("TOTP", csv["TOTP"]);
        string group = csv["Group"];
        int root = group.IndexOf('/', StringComparison.Ordinal);
        item.Tag("Group", root < 0 ? "" : group[(root + 1)..]);
        if (csv["Icon"] is not ("" or "0"))
            item.NoPlace("Icon", "an icon");
    }
}
