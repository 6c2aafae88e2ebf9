using System.Security.Cryptography;

namespace Passpack.Packing.Legacy;

/// <summary>
/// The hash of Passpack's library of 2008: SHA-256 over the low bytes of the UTF-16 units; by default every second byte of the digest is kept.
/// </summary>
public static class Hashx
{
    /// <summary>32 hexadecimal digits: the digest's bytes 0, 2, 4 to 30.</summary>
    public static string Half(ReadOnlySpan<char> text) => string.Concat(Full(text).Chunk(4).Select(digits => new string(digits, 0, 2)));

    /// <summary>64 hexadecimal digits.</summary>
    public static string Full(ReadOnlySpan<char> text) => Convert.ToHexString(Digest(text)).ToLowerInvariant();

    /// <summary>The key of its program for notes: 16 units, each a byte.</summary>
    public static string MasterKey(string password) => Binary(password + Binary(password));

    // Its "full, not hexadecimal": the digest's first 16 bytes, a unit each.
    private static string Binary(string text) => string.Concat(Digest(text)[..16].Select(b => (char)b));

    private static byte[] Digest(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[text.Length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)text[i];
        byte[] digest = SHA256.HashData(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return digest;
    }
}
