namespace Passpack.Vault.Fields;

/// <summary>
/// The types of Extra Fields that this version knows, in lower case. Another type is kept, and treated as <see cref="Text"/>.
/// </summary>
public static class FieldTypes
{
    /// <summary>A text that everybody may see.</summary>
    public const string Text = "text";

    /// <summary>A further secret.</summary>
    public const string Hidden = "hidden";

    /// <summary>A seed of one-time codes: an <c>otpauth://</c> URI.</summary>
    public const string Totp = "totp";

    /// <summary>A further address of the entry.</summary>
    public const string Url = "url";

    /// <summary>A further mail address.</summary>
    public const string Email = "email";

    /// <summary>A telephone number.</summary>
    public const string Phone = "phone";

    /// <summary>A date as the source wrote it; ISO 8601 where it was understood.</summary>
    public const string Date = "date";

    /// <summary>A text of several lines.</summary>
    public const string Multiline = "multiline";

    /// <summary>A private key: OpenSSH or PEM.</summary>
    public const string SshKey = "sshkey";

    /// <summary>Bytes in Base64, at most 256 KiB.</summary>
    public const string Binary = "binary";

    /// <summary>A passkey: JSON of another product, kept whole.</summary>
    public const string Passkey = "passkey";

    /// <summary>A user name with its password: JSON of <c>userName</c> and <c>password</c>.</summary>
    public const string Credential = "credential";

    /// <summary>Whether a field's data is shown only where it is asked for.</summary>
    public static bool IsSecret(string type) => type is Hidden or Totp or SshKey or Binary or Passkey or Credential;
}
