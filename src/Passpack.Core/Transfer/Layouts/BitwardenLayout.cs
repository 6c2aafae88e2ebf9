using Passpack.Vault.Fields;

namespace Passpack.Transfer.Layouts;

/// <summary>
/// Bitwarden's JSON (clients/libs/common/src/models/export, 2025.10; bitwarden.com/help/condition-bitwarden-import): types of items and of fields, and the
/// places that the members of a card, an identity and a key have in an entry.
/// </summary>
internal static class BitwardenLayout
{
    public const int Login = 1, Note = 2, Card = 3, Identity = 4, SshKey = 5;

    public const int Text = 0, Hidden = 1, Boolean = 2, Linked = 3;

    /// <summary>The custom field by which this module's own export tells what its other custom fields are; see <see cref="BitwardenRoles"/>.</summary>
    public const string RolesField = "Passpack";

    /// <summary>The extra field that holds the month in which a card expires: <c>yyyy-MM</c>.</summary>
    public const string Expiration = "Expiration";

    /// <summary>By the item's member that has them: the members that become extra fields.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<BitwardenMember>> Members { get; } = new Dictionary<string, IReadOnlyList<BitwardenMember>>
    {
        ["card"] =
        [
            new("cardholderName", "Cardholder", FieldTypes.Text), new("brand", "Brand", FieldTypes.Text), new("number", "Number", FieldTypes.Hidden),
            new("code", "Security Code", FieldTypes.Hidden),
        ],
        ["identity"] =
        [
            new("title", "Title", FieldTypes.Text), new("firstName", "First Name", FieldTypes.Text), new("middleName", "Middle Name", FieldTypes.Text),
            new("lastName", "Last Name", FieldTypes.Text), new("address1", "Address", FieldTypes.Text), new("address2", "Address 2", FieldTypes.Text),
            new("address3", "Address 3", FieldTypes.Text), new("city", "City", FieldTypes.Text), new("state", "State", FieldTypes.Text),
            new("postalCode", "Postal Code", FieldTypes.Text), new("country", "Country", FieldTypes.Text), new("company", "Company", FieldTypes.Text),
            new("phone", "Phone", FieldTypes.Phone), new("ssn", "Social Security Number", FieldTypes.Hidden),
            new("passportNumber", "Passport Number", FieldTypes.Hidden), new("licenseNumber", "License Number", FieldTypes.Hidden),
        ],
        ["sshKey"] =
        [
            new("privateKey", "Private Key", FieldTypes.SshKey), new("publicKey", "Public Key", FieldTypes.Text),
            new("keyFingerprint", "Fingerprint", FieldTypes.Text),
        ],
    };

    /// <summary>The type of an entry by the number of Bitwarden's type. Null if this version does not know it.</summary>
    public static string? EntryType(int type) => type switch
    {
        Login => EntryTypes.Login,
        Note => EntryTypes.Note,
        Card => EntryTypes.Card,
        Identity => EntryTypes.Identity,
        SshKey => EntryTypes.SshKey,
        _ => null,
    };
}

/// <summary>A member of a card, an identity or a key.</summary>
/// <param name="Name">Its name in Bitwarden.</param>
/// <param name="Field">The extra field's name.</param>
/// <param name="Type">The extra field's type.</param>
internal sealed record BitwardenMember(string Name, string Field, string Type);
