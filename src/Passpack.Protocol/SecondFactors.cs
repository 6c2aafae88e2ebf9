using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Passpack.Protocol;

/// <summary>
/// The second factor of a login: one-time codes that every authenticator app makes (SHA1, six digits, 30 seconds), and recovery codes that each stand for
/// one of them.
/// </summary>
public static class SecondFactors
{
    /// <summary>Bytes of the seed.</summary>
    public const int SeedBytes = 20;

    /// <summary>How long a code holds, in seconds.</summary>
    public const int Period = 30;

    /// <summary>Digits of a code.</summary>
    public const int Digits = 6;

    /// <summary>Recovery codes of a set-up.</summary>
    public const int RecoveryCodes = 10;

    /// <summary>Characters of a recovery code, in Base32: 80 bits.</summary>
    public const int RecoveryCharacters = 16;

    /// <summary>Bytes of the hash of a code.</summary>
    public const int HashBytes = HMACSHA256.HashSizeInBytes;

    /// <summary>Characters of a code as it is typed, at most.</summary>
    public const int MostCharacters = 40;

    /// <summary>How long a set-up may be confirmed.</summary>
    public static readonly TimeSpan SetupLife = TimeSpan.FromMinutes(10);

    /// <summary>The code of a step.</summary>
    public static string CodeOf(ReadOnlySpan<byte> seed, long step) =>
        (TimeBasedCode.NumberOf(seed, step, HashAlgorithmName.SHA1) % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);

    /// <summary>The hash by which a server knows a code again. Keyed with the seed, so that it is of one set-up only.</summary>
    /// <param name="seed">The set-up's.</param>
    /// <param name="code">A recovery code, or a code of an app, in any spelling.</param>
    public static byte[] HashOf(ReadOnlySpan<byte> seed, string code) => HMACSHA256.HashData(seed, Encoding.UTF8.GetBytes(Normalize(code)));

    /// <summary>A code without the spaces and hyphens that people type, in capitals.</summary>
    public static string Normalize(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return string.Concat(code.Where(c => c is not ('-' or ' '))).ToUpperInvariant();
    }
}
