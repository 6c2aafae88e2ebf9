using System.Globalization;
using System.Text.RegularExpressions;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Browsers;

/// <summary>
/// A typed note of LastPass: <c>NoteType:TYPE</c>, then <c>Field:value</c> lines, the last of which is <c>Notes:</c> and takes the rest. A value of
/// several lines is told from the next field by the names that the type has; in a type of the user's own, by the blocks of a key.
/// </summary>
internal static partial class LastPassNote
{
    private const string Start = "NoteType:";

    private static readonly Dictionary<string, (string Type, string[] Fields)> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Address"] = (EntryTypes.Identity, ["Title", "First Name", "Middle Name", "Last Name", "Username", "Gender", "Birthday", "Company",
            "Address 1", "Address 2", "Address 3", "City / Town", "County", "State", "Zip / Postal Code", "Country", "Timezone", "Email Address",
            "Phone", "Evening Phone", "Mobile Phone", "Fax"]),
        ["Bank Account"] = (EntryTypes.Bank, ["Bank Name", "Account Type", "Routing Number", "Account Number", "SWIFT Code", "IBAN Number", "Pin",
            "Branch Address", "Branch Phone"]),
        ["Credit Card"] = (EntryTypes.Card, ["Name on Card", "Type", "Number", "Security Code", "Start Date", "Expiration Date"]),
        ["Database"] = (EntryTypes.Database, ["Type", "Hostname", "Port", "Database", "Username", "Password", "SID", "Alias"]),
        ["Driver's License"] = (EntryTypes.Document, ["Number", "Expiration Date", "License Class", "Name", "Address", "City / Town", "State",
            "ZIP / Postal Code", "Country", "Date of Birth", "Sex", "Height"]),
        ["Email Account"] = (EntryTypes.Login, ["Username", "Password", "Server", "Port", "Type", "SMTP Server", "SMTP Port"]),
        ["Health Insurance"] = (EntryTypes.Membership, ["Company", "Company Phone", "Policy Type", "Policy Number", "Group ID", "Member Name",
            "Member ID", "Physician Name", "Physician Phone", "Physician Address", "Co-pay"]),
        ["Instant Messenger"] = (EntryTypes.Login, ["Type", "Username", "Password", "Server", "Port"]),
        ["Insurance"] = (EntryTypes.Membership, ["Company", "Policy Type", "Policy Number", "Expiration", "Agent Name", "Agent Phone", "URL",
            "Username", "Password"]),
        ["Membership"] = (EntryTypes.Membership, ["Organization", "Membership Number", "Member Name", "Start Date", "Expiration Date", "Website",
            "Telephone", "Password"]),
        ["Passport"] = (EntryTypes.Document, ["Type", "Name", "Country", "Number", "Sex", "Nationality", "Issuing Authority", "Date of Birth",
            "Issued Date", "Expiration Date"]),
        ["Server"] = (EntryTypes.Server, ["Hostname", "Username", "Password"]),
        ["Social Security"] = (EntryTypes.Document, ["Name", "Number"]),
        ["Software License"] = (EntryTypes.Licence, ["License Key", "Licensee", "Version", "Publisher", "Support Email", "Website", "Price",
            "Purchase Date", "Order Number", "Number of Licenses", "Order Total"]),
        ["SSH Key"] = (EntryTypes.SshKey, ["Bit Strength", "Format", "Passphrase", "Private Key", "Public Key", "Hostname", "Date"]),
        ["Wi-Fi Password"] = (EntryTypes.Wifi, ["SSID", "Password", "Connection Type", "Connection Mode", "Authentication", "Encryption",
            "Use 802.1X", "FIPS Mode", "Key Type", "Protected", "Key Index"]),
    };

    // Those of a card have the names that Bitwarden's card has, so that they go on to any program.
    private static readonly Dictionary<string, (string Name, string Type)> s_fields = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Name on Card"] = ("Cardholder", FieldTypes.Text),
        ["Security Code"] = ("Security Code", FieldTypes.Hidden),
        ["Number"] = ("Number", FieldTypes.Hidden),
        ["Account Number"] = ("Account Number", FieldTypes.Hidden),
        ["IBAN Number"] = ("IBAN Number", FieldTypes.Hidden),
        ["Pin"] = ("Pin", FieldTypes.Hidden),
        ["License Key"] = ("License Key", FieldTypes.Hidden),
        ["Passphrase"] = ("Passphrase", FieldTypes.Hidden),
        ["Policy Number"] = ("Policy Number", FieldTypes.Hidden),
        ["Member ID"] = ("Member ID", FieldTypes.Hidden),
        ["Membership Number"] = ("Membership Number", FieldTypes.Hidden),
        ["Private Key"] = ("Private Key", FieldTypes.SshKey),
        ["Website"] = ("Website", FieldTypes.Url),
        ["Phone"] = ("Phone", FieldTypes.Phone),
        ["Evening Phone"] = ("Evening Phone", FieldTypes.Phone),
        ["Mobile Phone"] = ("Mobile Phone", FieldTypes.Phone),
        ["Telephone"] = ("Telephone", FieldTypes.Phone),
        ["Fax"] = ("Fax", FieldTypes.Phone),
        ["Support Email"] = ("Support Email", FieldTypes.Email),
    };

    /// <summary>Reads a typed note into an item; false if it is none.</summary>
    public static bool TryRead(SourceItem item, string extra)
    {
        if (!extra.StartsWith(Start, StringComparison.Ordinal))
            return false;
        string[] lines = extra.ReplaceLineEndings("\n").Split('\n');
        string type = lines[0][Start.Length..].Trim();
        bool isKnown = s_types.TryGetValue(type, out (string Type, string[] Fields) known);
        if (isKnown)
            item.Type = known.Type;
        item.Kept("extra.NoteType", "Type");
        if (!isKnown)
            item.Add("extra.NoteType", "Note Type", FieldTypes.Text, type);
        foreach ((string name, string value) in Fields(lines, isKnown ? known.Fields : null))
            Add(item, type, name, value);
        return true;
    }

    private static void Add(SourceItem item, string noteType, string name, string value)
    {
        string told = $"extra.{name}";
        if (value.Length == 0)
            return;
        if (name == "Notes")
            item.Set(EntryColumn.Notes, told, value);
        else if (name == "Language")
            item.NoPlace(told, "the language of the form");
        else if (name is "Username" or "Login")
            item.Set(EntryColumn.UserId, told, value);
        else if (name == "Password")
            item.Set(EntryColumn.Password, told, value);
        else if (name == "URL")
            item.Set(EntryColumn.Url, told, value);
        else if (name == "Email Address")
            item.Set(EntryColumn.Email, told, value);
        else if (name.Contains("Date", StringComparison.Ordinal) || name is "Expiration" or "Birthday")
            AddDate(item, noteType, told, name, value);
        else if (s_fields.TryGetValue(name, out (string Name, string Type) field))
            item.Add(told, field.Name, field.Type, value);
        else if (noteType.Equals("Credit Card", StringComparison.OrdinalIgnoreCase) && name == "Type")
            item.Add(told, "Brand", FieldTypes.Text, value);
        else
            item.Add(told, name, s_types.ContainsKey(noteType) ? TypeOf(value) : FieldTypes.Hidden, value);
    }

    private static string TypeOf(string value) => value.Contains('\n', StringComparison.Ordinal) ? FieldTypes.Multiline : FieldTypes.Text;

    /// <summary><c>March,2026</c> or <c>March,1,2026</c>, in English whatever the language of the form.</summary>
    private static void AddDate(SourceItem item, string noteType, string told, string name, string value)
    {
        string[] parts = value.Split(',');
        bool isMonth = DateTime.TryParseExact(value, "MMMM,yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime date);
        if (!isMonth && !DateTime.TryParseExact(value, "MMMM,d,yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out date))
        {
            if (parts.Any(part => part.Trim().Length > 0)) // LastPass writes "," for none.
                item.Add(told, name, FieldTypes.Date, value);
            return;
        }
        bool isExpiry = name.StartsWith("Expiration", StringComparison.Ordinal);
        string place = isExpiry && noteType.Equals("Credit Card", StringComparison.OrdinalIgnoreCase) ? BitwardenLayout.Expiration : name;
        item.Add(told, place, FieldTypes.Date, date.ToString(isMonth ? "yyyy-MM" : "yyyy-MM-dd", CultureInfo.InvariantCulture), "the date in ISO 8601");
        if (isExpiry && date.Year < 9999)
            item.Expires(told, new DateTimeOffset(isMonth ? date.AddMonths(1) : date.AddDays(1), TimeSpan.Zero).AddSeconds(-1));
    }

    private static IEnumerable<(string Name, string Value)> Fields(string[] lines, string[]? names)
    {
        string? name = null;
        List<string> value = [];
        bool inKey = false;
        for (int i = 1; i < lines.Length; i++)
        {
            int colon = lines[i].IndexOf(':', StringComparison.Ordinal);
            string candidate = colon > 0 ? lines[i][..colon] : "";
            bool begins = name != "Notes" && !inKey && candidate.Length > 0
                && (names is null ? FieldName().IsMatch(candidate)
                    : candidate is "Notes" or "Language" || names.Contains(candidate, StringComparer.OrdinalIgnoreCase));
            if (begins)
            {
                if (name is not null)
                    yield return (name, string.Join('\n', value));
                (name, value) = (candidate, [lines[i][(colon + 1)..]]);
            }
            else if (name is null)
                (name, value) = ("Notes", [lines[i]]);
            else
                value.Add(lines[i]);
            if (lines[i].Contains("-----BEGIN ", StringComparison.Ordinal))
                inKey = true;
            if (lines[i].Contains("-----END ", StringComparison.Ordinal))
                inKey = false;
        }
        if (name is not null)
            yield return (name, string.Join('\n', value));
    }

    [GeneratedRegex(@"\A\w[^:]{0,60}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FieldName();
}
