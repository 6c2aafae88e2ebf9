using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources.Browsers;

/// <summary>
/// The CSV of Chrome, Edge, Brave, Opera and Vivaldi: <c>name,url,username,password,note</c>; older ones without <c>note</c>
/// (components/password_manager/core/browser/export/password_csv_writer.cc of Chromium, 2023). Apps are addressed as <c>android://</c>.
/// </summary>
internal static class ChromeCsv
{
    private static readonly string[] s_columns = ["name", "url", "username", "password", "note"];

    public static SourceFormat Format { get; } = new(EntryFileFormat.Chrome, "Chrome, Edge, Brave, Opera or Vivaldi", "passwords exported by the browser, CSV")
    {
        Fits = start => start.HasColumns("name", "url", "username", "password")
            && start.CsvHeader.All(column => s_columns.Contains(column, StringComparer.OrdinalIgnoreCase)),
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
        item.Set(EntryColumn.Url, "url", csv["url"]);
        item.Set(EntryColumn.UserId, "username", csv["username"]);
        item.Set(EntryColumn.Password, "password", csv["password"]);
        item.Set(EntryColumn.Notes, "note", csv["note"]);
    }
}
