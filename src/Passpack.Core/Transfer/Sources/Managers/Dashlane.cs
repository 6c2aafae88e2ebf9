using System.IO.Compression;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// Dashlane's zip of <c>credentials.csv</c>, <c>securenotes.csv</c>, <c>payments.csv</c>, <c>ids.csv</c> and <c>personalInfo.csv</c> (the programs, 2020 to
/// 2025), or one of them, told apart by its columns. Before 2020 a CSV without a header: title, address, one to three user names, password, note.
/// </summary>
internal static class Dashlane
{
    private const string EncryptedStart = "-------------------- Dashlane Secured Export";

    private static readonly string[][] s_old =
    [
        ["title", "url", "username", "password", "note"],
        ["title", "url", "username", "username2", "password", "note"],
        ["title", "url", "username", "username2", "username3", "password", "note"],
    ];

    // What is no text, by its column; of every file.
    private static readonly Dictionary<string, string> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["cc_number"] = FieldTypes.Hidden, ["code"] = FieldTypes.Hidden, ["account_number"] = FieldTypes.Hidden, ["number"] = FieldTypes.Hidden,
        ["address_door_code"] = FieldTypes.Hidden, ["issue_date"] = FieldTypes.Date, ["expiration_date"] = FieldTypes.Date,
        ["date_of_birth"] = FieldTypes.Date, ["phone_number"] = FieldTypes.Phone,
    };

    public static SourceFormat Format { get; } = new(EntryFileFormat.Dashlane, "Dashlane", "zip of CSV files, or one of them")
    {
        Fits = start => start.ZipNames.Contains("credentials.csv") || start.Text.StartsWith(EncryptedStart, StringComparison.Ordinal)
            || KindOf(start.CsvHeader) is not null,
        Read = Read,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using SourceZip? zip = SourceZip.OpenIf(input);
        if (zip is null)
        {
            foreach (ImportRow row in ReadFile(input, 0, cancellationToken))
                yield return row;
            yield break;
        }
        long number = 0;
        foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => entry.Length > 0))
        {
            if (!entry.Name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
            {
                input.Warn($"{input.Name}: the file {entry.FullName} in it is no CSV and is not imported.");
                continue;
            }
            foreach (ImportRow row in ReadFile(zip.Input(entry), number, cancellationToken))
            {
                number = row.Number;
                yield return row;
            }
        }
    }

    private static IEnumerable<ImportRow> ReadFile(SourceInput input, long before, CancellationToken cancellationToken)
    {
        (Stream stream, IReadOnlyList<string[]> records) = Peek(input);
        string[] first = records is [var header, ..] ? header : [];
        int fields = records.Count == 0 ? 0 : records.Max(record => record.Length);
        if (first is [{ } only, ..] && only.StartsWith(EncryptedStart, StringComparison.Ordinal))
        {
            throw input.Error(ErrorCodes.SourceNotSupported, "it is Dashlane's encrypted export (DASH), which only Dashlane opens. Export as CSV there. " +
                "That file holds your passwords in the clear: remove it afterwards");
        }
        string? kind = KindOf(first);
        string[]? old = kind is null ? s_old.FirstOrDefault(columns => columns.Length == fields) : null;
        if (kind is null && old is null)
        {
            throw input.Error(ErrorCodes.SourceNotSupported,
                $"its first line is no header of Dashlane, and its rows have {fields} fields where old files have 5 to 7");
        }
        using var csv = new SourceCsv(new SourceInput { Name = input.Name, Stream = stream, Warn = input.Warn }, old, isRagged: old is not null);
        Action<SourceItem> read = kind switch
        {
            "note" => item => ReadNote(item, csv),
            "payment" or "id" or "person" => item => ReadOther(item, csv, kind),
            _ => item => ReadLogin(item, csv),
        };
        foreach (ImportRow row in csv.Items(kind switch { "payment" => "account_name", "id" => "name", "person" => "item_name", _ => "title" }, read,
            cancellationToken, before))
        {
            yield return row;
        }
    }

    private static void ReadLogin(SourceItem item, SourceCsv csv)
    {
        item.Set(EntryColumn.Url, "url", csv["url"]);
        item.Set(EntryColumn.UserId, "username", csv["username"]);
        foreach (string further in (ReadOnlySpan<string>)["username2", "username3"])
            item.Set(EntryColumn.UserId, further, csv[further]);
        item.Set(EntryColumn.Password, "password", csv["password"]);
        item.Set(EntryColumn.Notes, "note", csv["note"]);
        item.Tag("category", csv["category"]);
        item.Totp("otpUrl", csv["otpUrl"]);
        item.Totp("otpSecret", csv["otpSecret"]);
        csv.KeepRest(item, new HashSet<string>(StringComparer.OrdinalIgnoreCase)
            { "title", "url", "username", "username2", "username3", "password", "note", "category", "otpUrl", "otpSecret" });
    }

    private static void ReadNote(SourceItem item, SourceCsv csv)
    {
        item.Type = EntryTypes.Note;
        item.Set(EntryColumn.Notes, "note", csv["note"]);
        item.Tag("category", csv["category"]);
        csv.KeepRest(item, new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "title", "note", "category" });
    }

    private static void ReadOther(SourceItem item, SourceCsv csv, string kind)
    {
        string type = csv["type"];
        item.Type = kind switch
        {
            "payment" => type.Contains("bank", StringComparison.OrdinalIgnoreCase) ? EntryTypes.Bank : EntryTypes.Card,
            "id" => EntryTypes.Document,
            _ => EntryTypes.Identity,
        };
        string[] names = [csv["title"], csv["first_name"], csv["middle_name"], csv["last_name"]];
        string person = string.Join(' ', names.Where(part => part.Length > 0));
        item.NameOtherwise = kind == "person" && person.Length > 0 ? person : csv["name"].Length > 0 ? csv["name"] : type;
        item.Add("type", "type", FieldTypes.Text, type);
        if (kind == "person")
            item.Set(EntryColumn.Email, "email", csv["email"]);
        item.Set(EntryColumn.Url, "url", csv["url"]);
        item.Set(EntryColumn.Notes, "note", csv["note"]);
        foreach (string column in csv.Columns.Select(column => column.Trim()))
        {
            if (column is not ("type" or "account_name" or "item_name" or "email" or "url" or "note") && (kind != "id" || column != "name"))
                item.Add(column, column, s_types.GetValueOrDefault(column, FieldTypes.Text), csv[column]);
        }
    }

    /// <summary>What the file holds, by the columns of its header. Null if it is none of Dashlane's.</summary>
    private static string? KindOf(IReadOnlyList<string> header)
    {
        return Has("username2", "title", "password", "note") ? "login"
            : Has("title", "note") && header.Count <= 3 && header.All(column => column.Trim() is "title" or "note" or "category") ? "note"
            : Has("type", "cc_number", "expiration_month") ? "payment"
            : Has("type", "number", "place_of_issue") ? "id"
            : Has("type", "first_name", "item_name", "phone_number") ? "person"
            : null;

        bool Has(params ReadOnlySpan<string> columns)
        {
            foreach (string column in columns)
            {
                if (!header.Contains(column, StringComparer.OrdinalIgnoreCase))
                    return false;
            }
            return true;
        }
    }

    private static (Stream Stream, IReadOnlyList<string[]> Records) Peek(SourceInput input)
    {
        byte[] start = new byte[64 << 10];
        int count = input.Stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        bool isWhole = count < start.Length;
        start = start[..count];
        return (new JoinedStream(new MemoryStream(start), input.Stream), CsvSample.Take(start, isWhole, ',').Records);
    }
}
