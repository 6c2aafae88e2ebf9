using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Passpack.Packing.Records;

namespace Passpack.Health.Breaches;

/// <summary>Passwords as lists of breached ones name them: in hexadecimal digits, upper case, ASCII.</summary>
internal static class BreachDigits
{
    /// <summary>The digits by which lists are cut into ranges: what a range API is told of a password.</summary>
    public const int Prefix = 5;

    /// <summary>The most digits of a hash.</summary>
    public const int Most = 40;

    public static int Count(BreachHash hash) => hash == BreachHash.Sha1 ? 40 : 32;

    /// <summary>The digits of a password; whoever takes them zeroes them.</summary>
    public static byte[] Of(BreachHash hash, string password)
    {
        Span<byte> digest = stackalloc byte[Most / 2];
        digest = digest[..(Count(hash) / 2)];
        using (var text = new SecretBuffer())
        {
            if (hash == BreachHash.Sha1)
                Sha1(password, text, digest);
            else
                Ntlm(password, text, digest);
        }
        byte[] digits = new byte[2 * digest.Length];
        for (int i = 0; i < digest.Length; i++)
        {
            digits[2 * i] = Digit(digest[i] >> 4);
            digits[2 * i + 1] = Digit(digest[i] & 15);
        }
        CryptographicOperations.ZeroMemory(digest);
        return digits;
    }

    /// <summary>Makes the digits at the beginning of a line upper case. False if they are not all digits.</summary>
    public static bool TryFold(Span<byte> digits)
    {
        foreach (ref byte digit in digits)
        {
            if (digit is >= (byte)'a' and <= (byte)'f')
                digit -= 'a' - 'A';
            if (!char.IsAsciiHexDigit((char)digit))
                return false;
        }
        return true;
    }

    private static void Sha1(string password, SecretBuffer text, Span<byte> digest)
    {
        Encoding.UTF8.GetBytes(password, text);
#pragma warning disable CA5350 // The lists are kept by it; it protects nothing here.
        SHA1.HashData(text.Span, digest);
#pragma warning restore CA5350
    }

    private static void Ntlm(string password, SecretBuffer text, Span<byte> digest)
    {
        Encoding.Unicode.GetBytes(password, text);
        var md4 = new MD4Digest();
        md4.BlockUpdate(text.Span);
        md4.DoFinal(digest); // Also resets it, which clears its state.
    }

    private static byte Digit(int value) => (byte)(value < 10 ? '0' + value : 'A' + value - 10);
}
