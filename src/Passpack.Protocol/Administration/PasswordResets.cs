namespace Passpack.Protocol;

/// <summary>Codes by which an administrator lets the owner of an account set another Password: 256 random bits as text, of which the server keeps the hash.</summary>
public static class PasswordResets
{
    /// <summary>How long one holds.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>Characters of a code, at most.</summary>
    public const int MostCharacters = 100;

    /// <summary>A new code.</summary>
    public static string Create() => Invitations.Create();

    /// <summary>What the server knows a code by.</summary>
    public static byte[] HashOf(string code) => Invitations.HashOf(code);
}

/// <summary>Asks, by a code of an administrator, for what has to be signed to set another Password; answered by <see cref="ResetBase"/>.</summary>
/// <param name="UserId">As typed.</param>
/// <param name="Code">The code.</param>
public sealed record BeginResetRequest(string UserId, string Code);

/// <summary>What a reset is signed over.</summary>
/// <param name="Account">The account's keys, and where it stands.</param>
/// <param name="LoginSalt">The login salt that holds.</param>
public sealed record ResetBase(KeysAnswer Account, byte[] LoginSalt);

/// <summary>
/// Sets another Password by a code of an administrator and the signature of the account's identity: neither is enough. Every device's token is revoked. A
/// repeat, known by its salt, gets the same answer.
/// </summary>
/// <param name="UserId">As typed.</param>
/// <param name="Code">The code.</param>
/// <param name="LoginSalt">16 new random bytes.</param>
/// <param name="LoginKdf">scrypt parameters: <c>log2N.r.p</c>.</param>
/// <param name="NewProof">32 bytes derived from the new Password with them.</param>
/// <param name="Head">The newest manifest.</param>
/// <param name="Signature">Over <see cref="Statements.PasswordReset"/>.</param>
public sealed record ResetPasswordRequest(
    string UserId, string Code, byte[] LoginSalt, string LoginKdf, byte[] NewProof, ManifestName Head, byte[] Signature)
{
    // Without the secrets.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(System.Globalization.CultureInfo.InvariantCulture, $"UserId = {UserId}");
        return true;
    }
}
