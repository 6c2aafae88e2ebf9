using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// Keeper's CSV (Commander, keepercommander/importer/csv, 2025; the web vault's is alike): no header, or one of titles; folder, title, login, password,
/// address, notes, shared folder; then keys and values of any number of custom fields, the same keys as in the JSON.
/// </summary>
internal static class KeeperCsv
{
    private const int Fixed = 7;
    private static readonly string[] s_columns = ["Folder", "Title", "Login", "Password", "Website Address", "Notes", "Shared Folder"];

    // What those who share a folder may do, behind its name.
    private static readonly string[] s_rights = ["#edit", "#reshare"];

    public static SourceFormat Format { get; } = new(EntryFileFormat.KeeperCsv, "Keeper", "CSV; without a header it is known by its $ keys, or say the format")
    {
        Fits = start => start.CsvHeader.Take(Fixed).SequenceEqual(s_columns, StringComparer.OrdinalIgnoreCase)
            || CsvSample.Take(start.Bytes.ToArray(), isWhole: false, ',').Records.Any(HasKeys),
        Read = Read,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using var csv = new SourceCsv(input, s_columns, isRagged: true);
        bool isFirst = true;
        foreach (ImportRow row in csv.Items("Title", item => ReadItem(item, csv), cancellationToken))
        {
            if (!isFirst || row.Name != "Title" || row.Values?.Password != "Password")
                yield return row;
            isFirst = false;
        }
    }

    private static void ReadItem(SourceItem item, SourceCsv csv)
    {
        item.Set(EntryColumn.UserId, "Login", csv["Login"]);
        item.Set(EntryColumn.Password, "Password", csv["Password"]);
        item.Set(EntryColumn.Url, "Website Address", csv["Website Address"]);
        item.Set(EntryColumn.Notes, "Notes", csv["Notes"]);
        string shared = csv["Shared Folder"], own = csv["Folder"];
        while (s_rights.FirstOrDefault(right => shared.EndsWith(right, StringComparison.Ordinal)) is { } right)
            shared = shared[..^right.Length];
        item.Tag("Folder", Keeper.Folder(shared.Length > 0 && own.Length > 0 ? $@"{shared}\{own}" : shared + own));
        for (int i = Fixed; i < csv.FieldCount; i += 2)
            ReadPair(item, csv[i].Trim(), csv[i + 1]);
    }

    private static void ReadPair(SourceItem item, string key, string value)
    {
        switch (key)
        {
            case "$record_uid":
                item.Id = value;
                break;
            case "$type":
                item.Type = Keeper.TypeOf(value);
                break;
            default:
                (string type, string label) = KeeperField.ReadKey(key);
                string name = label.Length > 0 ? label : type.Length > 0 ? type : "Field";
                if (value.Length > 0)
                    KeeperField.ReadText(item, name, type, name, value);
                else if (key.Length > 0)
                    item.NoPlace(name, "a field without a value");
                break;
        }
    }

    private static bool HasKeys(string[] cells)
    {
        for (int i = Fixed; i < cells.Length; i += 2)
        {
            if (cells[i].StartsWith('$') || cells[i] == "TFC:Keeper")
                return true;
        }
        return false;
    }
}
