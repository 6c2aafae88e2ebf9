using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Bitwarden;

/// <summary>
/// Bitwarden's CSV, of a person (<c>folder,favorite,type,...</c>) or of an organization (<c>collections,type,...</c>): logins and notes only; custom
/// fields as lines <c>name: value</c> in one cell, addresses separated by commas (clients/libs/tools/export, 2025.10). Columns come and go.
/// </summary>
internal static class BitwardenCsv
{
    private static readonly string[] s_known =
    [
        "folder", "collections", "favorite", "type", "name", "notes", "fields", "reprompt", "archivedDate", "login_uri",
        "login_username", "login_password", "login_totp",
    ];

    public static SourceFormat Format { get; } = new(EntryFileFormat.BitwardenCsv, "Bitwarden", "Bitwarden's CSV")
    {
        Fits = start => start.HasColumns("type", "name", "notes", "fields", "login_uri", "login_username", "login_password"),
        Read = Read,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using var csv = new SourceCsv(input, isRagged: true); // Bitwarden itself leaves the last cells of a note out.
        while (csv.Read(out string? fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var item = new SourceItem(csv.Number, csv.Line);
            item.Set(EntryColumn.EntryName, "name", csv["name"]);
            fault ??= csv.FieldCount > csv.Columns.Count ? $"it has {csv.FieldCount} fields where the header has {csv.Columns.Count}" : null;
            if (fault is not null)
            {
                yield return item.Fails(fault);
                continue;
            }
            ReadItem(item, csv);
            yield return item.ToRow();
        }
    }

    private static void ReadItem(SourceItem item, SourceCsv csv)
    {
        item.Type = csv["type"] switch { "" or "login" => EntryTypes.Login, "securenote" => EntryTypes.Note, var type => type.ToLowerInvariant() };
        item.Tag("folder", csv["folder"]);
        foreach (string collection in csv["collections"].Split(','))
            item.Tag("collections", collection);
        if (csv.Has("favorite"))
            item.Favorite("favorite", csv["favorite"] is "1" or "true");
        item.Kept("type", "Type");
        item.Set(EntryColumn.UserId, "login_username", csv["login_username"]);
        item.Set(EntryColumn.Password, "login_password", csv["login_password"]);
        foreach (string address in Addresses(csv["login_uri"]))
        {
            if (item[EntryColumn.Url].Length == 0)
                item.Set(EntryColumn.Url, "login_uri", address);
            else
                item.Add("login_uri", "URL", FieldTypes.Url, address);
        }
        item.Totp("login_totp", csv["login_totp"]);
        item.Set(EntryColumn.Notes, "notes", csv["notes"]);
        foreach ((string name, string value) in Fields(csv["fields"]))
        {
            string told = name.Length > 0 ? $"field {name}" : "field without a name";
            item.Add(told, name, FieldTypes.Hidden, value, "a hidden Extra Field: a CSV does not say whether it is one");
        }
        if (csv["reprompt"] is not ("" or "0"))
            item.NoPlace("reprompt", "whether the program asks for its master password again");
        if (csv["archivedDate"].Length > 0)
        {
            item.State = SourceState.Archived;
            item.Kept("archivedDate", "archived there");
        }
        foreach (string column in csv.Columns.Except(s_known, StringComparer.OrdinalIgnoreCase))
            item.Add(column, column, FieldTypes.Hidden, csv[column]);
    }

    /// <summary>The addresses of a cell. A comma within an address is told from one between two by what follows it: a scheme, unless none has one.</summary>
    private static IEnumerable<string> Addresses(string cell)
    {
        bool haveScheme = cell.Contains("://", StringComparison.Ordinal);
        int start = 0;
        for (int i = 0; i <= cell.Length; i++)
        {
            if (i < cell.Length && (cell[i] != ',' || (haveScheme && !StartsWithScheme(cell.AsSpan(i + 1).TrimStart()))))
                continue;
            string address = cell[start..i].Trim();
            if (address.Length > 0)
                yield return address;
            start = i + 1;
        }
    }

    private static bool StartsWithScheme(ReadOnlySpan<char> text)
    {
        int end = text.IndexOf("://", StringComparison.Ordinal);
        if (end < 1)
            return false;
        foreach (char letter in text[..end])
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('+' or '-' or '.'))
                return false;
        }
        return true;
    }

    /// <summary>The lines of a cell; one without a name goes on with the value before.</summary>
    private static List<(string Name, string Value)> Fields(string cell)
    {
        List<(string Name, string Value)> fields = [];
        if (cell.Length == 0)
            return fields;
        foreach (string line in cell.ReplaceLineEndings("\n").Split('\n'))
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon >= 0)
                fields.Add((line[..colon], line[(colon + 2)..]));
            else if (line.EndsWith(':'))
                fields.Add((line[..^1], ""));
            else if (fields.Count > 0)
                fields[^1] = (fields[^1].Name, $"{fields[^1].Value}\n{line}");
            else
                fields.Add(("", line));
        }
        return fields;
    }
}
