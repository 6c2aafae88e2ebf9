using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Browsers;

/// <summary>
/// LastPass's CSV: <c>url,username,password,totp,extra,name,grouping,fav</c>, older ones without <c>totp</c> (support.lastpass.com, "export your data",
/// 2024; github.com/lastpass/lastpass-cli, notes.c, for the typed notes). A note has the address <c>http://sn</c>, a folder <c>http://group</c>. Exports
/// copied from a browser have HTML entities, and lines that end in CR CR LF.
/// </summary>
internal static class LastPass
{
    private const string Note = "http://sn", Folder = "http://group";

    private static readonly string[] s_known = ["url", "username", "password", "totp", "extra", "name", "grouping", "fav"];

    public static SourceFormat Format { get; } = new(EntryFileFormat.LastPass, "LastPass", "LastPass's CSV")
    {
        Fits = start => start.HasColumns("url", "username", "password", "extra", "name", "grouping"),
        Read = Read,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        bool isEscaped = input.File is { } file && HtmlEntities.Are(file);
        if (isEscaped)
            input.Warn($"{input.Name}: it was copied from a browser: all of its special characters are HTML entities (such as &amp;), which are decoded.");
        using var csv = new SourceCsv(input, isRagged: true);
        long folders = 0;
        while (csv.Read(out string? fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (fault is null && csv["url"] == Folder)
            {
                folders++;
                continue;
            }
            var row = new Row(csv, isEscaped);
            var item = new SourceItem(csv.Number, csv.Line);
            item.Set(EntryColumn.EntryName, "name", row.Take(item, "name"));
            fault ??= csv.FieldCount > csv.Columns.Count
                ? $"it has {csv.FieldCount} fields where the header has {csv.Columns.Count}: a value with a comma or a quote in it is not quoted"
                : Enumerable.Range(0, csv.FieldCount).All(i => string.IsNullOrWhiteSpace(csv[i])) ? "all its fields are empty"
                : null;
            if (fault is not null)
            {
                yield return item.Fails(fault);
                continue;
            }
            if (csv.FieldCount < csv.Columns.Count)
                item.Changed("row", $"it has {csv.FieldCount} fields where the header has {csv.Columns.Count}; the others are taken as empty");
            ReadItem(item, row);
            foreach (string column in csv.Columns.Select(column => column.Trim()).Except(s_known, StringComparer.OrdinalIgnoreCase))
                item.Add(column, column, FieldTypes.Hidden, row.Take(item, column));
            yield return item.ToRow();
        }
        if (folders > 0)
            input.Warn($"{input.Name}: {folders} rows are folders, which become the tags of the entries in them.");
    }

    private static void ReadItem(SourceItem item, Row row)
    {
        string url = row.Take(item, "url"), extra = row.Take(item, "extra"), group = row.Take(item, "grouping");
        bool isNote = url == Note;
        item.Set(EntryColumn.UserId, "username", row.Take(item, "username"));
        item.Set(EntryColumn.Password, "password", row.Take(item, "password"));
        if (isNote)
        {
            item.Type = EntryTypes.Note;
            item.Kept("url", "Type");
        }
        else if (url is "http://" or "https://")
            item.Changed("url", "left out: LastPass writes it where there is none");
        else
            item.Set(EntryColumn.Url, "url", url);
        if (!isNote || !LastPassNote.TryRead(item, extra))
            item.Set(EntryColumn.Notes, "extra", extra);
        item.Totp("totp", row.Take(item, "totp"));
        if (group.Length > 0 && group != "(none)")
        {
            item.Tag("grouping", group.Replace('\\', '/'));
            if (group.Contains('\\', StringComparison.Ordinal))
                item.Changed("grouping", "folders in folders are separated by /");
        }
        if (row.Has("fav"))
            item.Favorite("fav", row.Take(item, "fav") == "1");
    }

    /// <summary>The present row's fields, as they were meant.</summary>
    private readonly struct Row(SourceCsv csv, bool isEscaped)
    {
        public bool Has(string column) => csv.Has(column);

        public string Take(SourceItem item, string column)
        {
            string value = csv[column];
            if (value.Contains('\r', StringComparison.Ordinal))
                value = value.Replace("\r\r\n", "\n", StringComparison.Ordinal).TrimEnd('\r');
            if (!isEscaped || !value.Contains('&', StringComparison.Ordinal))
                return value;
            item.Changed(column, "its HTML entities are decoded");
            return HtmlEntities.Decode(value);
        }
    }
}
