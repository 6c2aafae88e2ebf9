using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Legacy;

/// <summary>
/// Pack version 0: the AES text of Passpack's Host-Proof Hosting library of 2008 (docs/pack-format.md, "The text of 2008"). A nonce and blocks of 16
/// UTF-16 units, each unit's low byte encrypted in counter mode, escaped, joined by <c>-</c>, in a variant of Base64. A wrong key cannot be detected.
/// </summary>
public static class HostProofText
{
    /// <summary>The number given to this format.</summary>
    public const int PackVersion = 0;

    private const int BlockUnits = 16;
    private const int NonceUnits = 8;

    // Its own 62nd digit is '!'; '+' stands there in texts that went through other programs, '%' in URL-escaped ones.
    private static readonly SearchValues<char> s_characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!+/=% \t\r\n");

    /// <summary>Whether a text consists of this format's characters.</summary>
    public static bool CanBe(ReadOnlySpan<char> text) => !text.IsWhiteSpace() && !text.ContainsAnyExcept(s_characters);

    /// <summary>Opens a text.</summary>
    /// <param name="text">In Base64, as the library gave it, URL-escaped or not.</param>
    /// <param name="key">In UTF-8.</param>
    /// <param name="bits">The size of the key: 256, 192 or 128.</param>
    /// <returns>In UTF-8; garbage under a wrong key or size. An unpaired surrogate, which no text has, becomes U+FFFD.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.TextDamaged"/>: the text is not one that the library writes.</exception>
    public static SecretBytes Open(string text, SecretBytes key, int bits = 256)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(key);
        if (bits is not (128 or 192 or 256))
            throw new ArgumentOutOfRangeException(nameof(bits), bits, "The size of the key is 128, 192 or 256 bits.");
        char[] units = DecodeBase64(text);
        int dash = units.AsSpan().IndexOf('-');
        if (dash < 0)
            throw PackText.Damaged("it has no nonce");
        byte[] nonce = Nonce(Unescape(units.AsSpan(..dash)));
        char[] plaintext = new char[units.Length];
        try
        {
            int length = Decrypt(units.AsSpan(dash + 1), nonce, key, bits, plaintext);
            return SecretBytes.FromChars(plaintext.AsSpan(..length));
        }
        finally
        {
            plaintext.AsSpan().Clear();
        }
    }

    /// <summary>The UTF-16 units of the library's "Base64+": UTF-8 of every unit by itself, white space ignored, padding optional.</summary>
    internal static char[] DecodeBase64(string text)
    {
        if (text.Length > PackText.MaxCharacters)
            throw PackText.Damaged($"it is longer than {PackText.MaxCharacters:N0} characters");
        if (text.Contains('%', StringComparison.Ordinal))
            text = Uri.UnescapeDataString(text);
        var digits = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (!char.IsWhiteSpace(c))
                digits.Append(c == '!' ? '+' : c);
        }
        byte[] bytes = Base64Text.Decode(digits.ToString()) ?? throw PackText.Damaged("it is not in Base64");
        char[] units = new char[bytes.Length];
        int count = 0;
        for (int i = 0; i < bytes.Length;)
        {
            int size = bytes[i] switch { < 0x80 => 1, >= 0xC2 and < 0xE0 => 2, >= 0xE0 and < 0xF0 => 3, _ => 0 };
            if (size == 0 || i + size > bytes.Length)
                throw PackText.Damaged("what its Base64 holds is not text");
            int unit = size == 1 ? bytes[i] : bytes[i] & (0xFF >> (size + 1));
            for (int k = 1; k < size; k++)
            {
                if ((bytes[i + k] & 0xC0) != 0x80)
                    throw PackText.Damaged("what its Base64 holds is not text");
                unit = unit << 6 | bytes[i + k] & 0x3F;
            }
            units[count++] = (char)unit;
            i += size;
        }
        return units[..count];
    }

    private static int Decrypt(ReadOnlySpan<char> blocks, byte[] nonce, SecretBytes key, int bits, Span<char> plaintext)
    {
        int length = 0;
        if (blocks.IsEmpty)
            return 0;
        using Aes aes = Cipher(key, bits);
        Span<byte> counter = stackalloc byte[BlockUnits], keystream = stackalloc byte[BlockUnits];
        nonce.CopyTo(counter);
        for (int number = 0, start = 0; start <= blocks.Length; number++)
        {
            int end = blocks[start..].IndexOf('-') is var at and >= 0 ? start + at : blocks.Length;
            ReadOnlySpan<char> block = Unescape(blocks[start..end]);
            if (block.Length is 0 or > BlockUnits || block.Length < BlockUnits && end < blocks.Length)
                throw PackText.Damaged("one of its blocks has not 16 characters");
            BinaryPrimitives.WriteInt32BigEndian(counter[12..], number);
            aes.EncryptEcb(counter, keystream, PaddingMode.None);
            for (int i = 0; i < block.Length; i++)
                plaintext[length++] = (char)(block[i] ^ keystream[i]); // The high byte of a unit was never encrypted.
            start = end + 1;
        }
        CryptographicOperations.ZeroMemory(keystream);
        return length;
    }

    // Key = the low bytes of the key's units, cut or filled with zeros; encrypted with itself, and the result repeated.
    private static Aes Cipher(SecretBytes key, int bits)
    {
        byte[] password = new byte[bits / 8], derived = new byte[bits / 8];
        char[] units = Encoding.UTF8.GetChars(key.Array);
        try
        {
            for (int i = 0; i < Math.Min(units.Length, password.Length); i++)
                password[i] = (byte)units[i];
            using var own = Aes.Create();
            own.Key = password;
            own.EncryptEcb(password.AsSpan(..BlockUnits), derived, PaddingMode.None);
            derived.AsSpan(..(derived.Length - BlockUnits)).CopyTo(derived.AsSpan(BlockUnits));
            var aes = Aes.Create();
            aes.Key = derived;
            return aes;
        }
        finally
        {
            units.AsSpan().Clear();
            CryptographicOperations.ZeroMemory(password);
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    private static byte[] Nonce(ReadOnlySpan<char> units)
    {
        if (units.Length != NonceUnits || units.IndexOfAnyExceptInRange('\0', '\xFF') >= 0)
            throw PackText.Damaged("its nonce has not 8 bytes");
        byte[] nonce = new byte[NonceUnits];
        for (int i = 0; i < NonceUnits; i++)
            nonce[i] = (byte)units[i];
        return nonce;
    }

    // "!", one to three digits, "!": the unit of that number. A "!" by itself is always escaped.
    private static ReadOnlySpan<char> Unescape(ReadOnlySpan<char> text)
    {
        if (!text.Contains('!'))
            return text;
        char[] units = new char[text.Length];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '!')
            {
                units[count++] = text[i];
                continue;
            }
            int digits = text[(i + 1)..].IndexOf('!');
            if (digits is < 1 or > 3 || text.Slice(i + 1, digits).IndexOfAnyExceptInRange('0', '9') >= 0)
                throw PackText.Damaged("an escape in it is not one");
            int unit = 0;
            foreach (char digit in text.Slice(i + 1, digits))
                unit = unit * 10 + (digit - '0');
            units[count++] = (char)unit;
            i += digits + 1;
        }
        return units.AsSpan(..count);
    }
}
