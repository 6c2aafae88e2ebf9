using System.Buffers;

namespace Passpack.Packing.Records;

/// <summary>
/// Base64 (RFC 4648, section 4) as the writers of older packs left it: the padding may be missing; other deviations are refused. And Base64url (section 5).
/// </summary>
internal static class Base64Text
{
    private static readonly SearchValues<char> s_alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    /// <summary>Base64url without padding.</summary>
    public static string EncodeUrl(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>Decodes Base64url; padding and the other alphabet are taken too. Null if it is no Base64.</summary>
    public static byte[]? DecodeUrl(string text)
    {
        string plain = text.TrimEnd('=').Replace('-', '+').Replace('_', '/');
        byte[] bytes = new byte[plain.Length];
        return Convert.TryFromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='), bytes, out int count) ? bytes[..count] : null;
    }

    /// <summary>Decodes a text. Null if it holds white space, a URL-safe character or anything else that is not Base64.</summary>
    /// <remarks>Bits beyond the last byte are ignored, as in Passpack's own readers.</remarks>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> digits = text.TrimEnd('=');
        if (text.Length - digits.Length > 2 || digits.Length % 4 == 1 || digits.ContainsAnyExcept(s_alphabet))
            return null;
        char[] padded = new char[(digits.Length + 3) / 4 * 4];
        digits.CopyTo(padded);
        padded.AsSpan(digits.Length..).Fill('=');
        return Convert.FromBase64CharArray(padded, 0, padded.Length);
    }
}
