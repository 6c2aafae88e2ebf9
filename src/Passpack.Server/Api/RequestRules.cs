using System.Text.RegularExpressions;
using Passpack.Protocol;

namespace Passpack.Server.Api;

/// <summary>The rules for members of requests. Each returns the fault, or null if there is none, so that rules chain with <c>??</c>.</summary>
internal static partial class RequestRules
{
    public const int ProofBytes = 32;

    private const int LoginSaltBytes = 16;

    public static string? UserId(string userId, out string normalized)
    {
        try
        {
            normalized = UserIds.Normalize(userId);
            return null;
        }
        catch (ArgumentException)
        {
            normalized = "";
            return $"userId has 1 to {UserIds.MaxLength} characters of valid Unicode.";
        }
    }

    public static string? Length(string member, byte[] value, int length) =>
        value.Length == length ? null : $"{member} has {length} bytes.";

    public static string? SecondFactor(string? code) =>
        code is { Length: 0 or > SecondFactors.MostCharacters } ? $"secondFactor has 1 to {SecondFactors.MostCharacters} characters." : null;

    public static string? Quota(long? bytes) => bytes is < 1 ? "quota is at least 1 byte." : null;

    public static string? LoginSalt(byte[] salt) => Length("loginSalt", salt, LoginSaltBytes);

    public static string? Kdf(string kdf) => KdfShape().IsMatch(kdf) ? null : "loginKdf is written log2N.r.p, as in 17.8.1.";

    /// <summary>The rule for a signature over a statement that names a head.</summary>
    public static string? Statement(ManifestName head, byte[] signature, string before = "")
    {
        if (head.Generation < 1)
            return $"{before}head.generation starts at 1.";
        return Length($"{before}head.hash", head.Hash, RecordMessage.DigestBytes) ?? Length($"{before}signature", signature, Signatures.SignatureBytes);
    }

    public static string? Device(DeviceDescription device)
    {
        if (device.Id == Guid.Empty)
            return "device.id is empty.";
        // Without control characters, so that one machine cannot write to the terminal of another.
        return string.IsNullOrWhiteSpace(device.Name) || device.Name.Length > Limits.DeviceNameLength || device.Name.Any(char.IsControl)
            ? $"device.name has 1 to {Limits.DeviceNameLength} characters, none of them a control character."
            : null;
    }

    [GeneratedRegex(@"^[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KdfShape();
}
