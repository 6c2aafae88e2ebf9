using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources.Browsers;

/// <summary>
/// The CSV of Safari and of Apple Passwords: <c>Title,URL,Username,Password,Notes,OTPAuth</c>; Safari's before 2022 without <c>Notes</c>
/// (support.apple.com/guide/passwords, "Export passwords", 2025). No public file of it was found.
/// </summary>
internal static class Safari
{
    private static readonly string[] s_columns = ["Title", "URL", "Username", "Password", "Notes", "OTPAuth"];

    public static SourceFormat Format { get; } = new(
        EntryFileFormat.Safari, "Safari or Apple Passwords", "passwords exported by Safari or Apple Passwords, CSV")
    {
        Fits = start => start.HasColumns("Title", "URL", "Username", "Password", "OTPAuth")
            && start.CsvHeader.All(column => s_columns.Contains(column, StringComparer.OrdinalIgnoreCase)),
        Read = Read,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using var csv = new SourceCsv(input);
        foreach (ImportRow row in csv.Items("Title", item => ReadItem(item, csv), cancellationToken))
            yield return row;
    }

    private static void ReadItem(SourceItem item, SourceCsv csv)
    {
        item.Set(EntryColumn.Url, "URL", csv["URL"]);
        item.Set(EntryColumn.UserId, "Username", csv["Username"]);
        item.Set(EntryColumn.Password, "Password", csv["Password"]);
        item.Set(EntryColumn.Notes, "Notes", csv["Notes"]);
        item.Totp("OTPAuth", csv["OTPAuth"]);
    }
}
