using System.Text.RegularExpressions;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Layouts;

/// <summary>
/// What reading and writing the Credential Exchange Format 1.0 share (FIDO Alliance, Review Draft and Proposed Standard of 2025-08-14): which fields a
/// credential of each type has, and how types of fields are spelled.
/// </summary>
internal static partial class CxfLayout
{
    /// <summary>The name of the extensions that only this module reads: what entries have and the format has not.</summary>
    public const string Extension = "passpack.net";

    public const string Text = "string";
    public const string Concealed = "concealed-string";

    private const string Date = "date", YearMonth = "year-month", Country = "country-code", Territory = "subdivision-code";

    private static readonly (string, string)[] s_paper =
    [
        ("issuingCountry", Country), ("nationality", Text), ("fullName", Text), ("birthDate", Date), ("birthPlace", Text), ("sex", Text),
        ("issueDate", Date), ("expiryDate", Date), ("issuingAuthority", Text),
    ];

    /// <summary>The editable fields of credentials, by their type: the name and type of each.</summary>
    public static IReadOnlyDictionary<string, (string Name, string Type)[]> Credentials { get; } =
        new Dictionary<string, (string, string)[]>(StringComparer.Ordinal)
        {
            ["credit-card"] = [("number", Concealed), ("fullName", Text), ("cardType", Text), ("verificationNumber", Concealed), ("pin", Concealed),
                ("expiryDate", YearMonth), ("validFrom", YearMonth)],
            ["person-name"] = [("title", Text), ("given", Text), ("givenInformal", Text), ("given2", Text), ("surnamePrefix", Text), ("surname", Text),
                ("surname2", Text), ("credentials", Text), ("generation", Text)],
            ["address"] = [("streetAddress", Text), ("postalCode", Text), ("city", Text), ("territory", Territory), ("country", Country), ("tel", Text)],
            ["identity-document"] = [.. s_paper, ("documentNumber", Text), ("identificationNumber", Text)],
            ["passport"] = [.. s_paper, ("passportType", Text), ("passportNumber", Text), ("nationalIdentificationNumber", Text)],
            ["drivers-license"] = [.. s_paper, ("territory", Territory), ("country", Country), ("licenseNumber", Text), ("licenseClass", Text)],
            ["wifi"] = [("ssid", Text), ("networkSecurityType", "wifi-network-security-type"), ("passphrase", Concealed), ("hidden", "boolean")],
            ["api-key"] = [("key", Concealed), ("username", Text), ("keyType", Text), ("url", Text), ("validFrom", Date), ("expiryDate", Date)],
        };

    /// <summary>The credentials that hold the fields of an entry of this type.</summary>
    public static IReadOnlyList<string> CredentialsOf(string entryType) => entryType switch
    {
        EntryTypes.Card => ["credit-card"],
        EntryTypes.Identity => ["person-name", "address"],
        EntryTypes.Document => ["identity-document"],
        EntryTypes.Wifi => ["wifi"],
        EntryTypes.ApiKey => ["api-key"],
        _ => [],
    };

    /// <summary>What an item is whose first telling credential has this type. Null if it does not tell.</summary>
    public static string? EntryTypeOf(string credential) => credential switch
    {
        "basic-auth" or "totp" or "generated-password" => EntryTypes.Login,
        "credit-card" => EntryTypes.Card,
        "person-name" or "address" => EntryTypes.Identity,
        "identity-document" or "passport" or "drivers-license" or "file" => EntryTypes.Document,
        "ssh-key" => EntryTypes.SshKey,
        "wifi" => EntryTypes.Wifi,
        "api-key" => EntryTypes.ApiKey,
        "note" => EntryTypes.Note,
        "passkey" => EntryTypes.Passkey,
        _ => null,
    };

    /// <summary>The type that a field is read as, if no extension says another. One that this version does not know may be a secret.</summary>
    public static string FieldTypeOf(string type, string value) => type switch
    {
        Text => value.Contains('\n', StringComparison.Ordinal) ? FieldTypes.Multiline : FieldTypes.Text,
        "email" => FieldTypes.Email,
        Date or YearMonth => FieldTypes.Date,
        "number" or "boolean" or Country or Territory or "wifi-network-security-type" => FieldTypes.Text,
        _ => FieldTypes.Hidden,
    };

    /// <summary>The format's type for a field of an entry; where it is read as another one, an extension has to say the entry's.</summary>
    public static string TypeOf(string fieldType, string value) => fieldType switch
    {
        FieldTypes.Email => "email",
        FieldTypes.Date => DayPattern().IsMatch(value) ? Date : MonthPattern().IsMatch(value) ? YearMonth : Text,
        _ => FieldTypes.IsSecret(fieldType) ? Concealed : Text,
    };

    /// <summary>The place of an entry that a field's extension names: one that is written so. Null for any other.</summary>
    public static EntryColumn? Place(string? name) => name switch
    {
        nameof(EntryColumn.Email) => EntryColumn.Email,
        nameof(EntryColumn.SharedNotes) => EntryColumn.SharedNotes,
        _ => null,
    };

    [GeneratedRegex(@"\A\d{4}-\d\d-\d\d\z")]
    private static partial Regex DayPattern();

    [GeneratedRegex(@"\A\d{4}-\d\d\z")]
    private static partial Regex MonthPattern();
}
