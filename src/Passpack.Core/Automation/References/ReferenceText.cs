using System.Buffers;
using System.Globalization;
using System.Text;

namespace Passpack.Automation.References;

/// <summary>The characters of a reference, and percent-encoding (RFC 3986, section 2.1) of all others.</summary>
internal static class ReferenceText
{
    // Those that never need an escape, in any shell, in YAML and in XML.
    private static readonly SearchValues<char> s_plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@");

    // Those that may stand as they are besides.
    private const string AlsoAllowed = "!$+=&";

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a character may stand in a segment as it is. A surrogate may: pairs are looked at when they are decoded.</summary>
    public static bool IsAllowed(char c) => c < 0x80 ? s_plain.Contains(c) || AlsoAllowed.Contains(c, StringComparison.Ordinal)
        : !char.IsControl(c) && !char.IsWhiteSpace(c) && char.GetUnicodeCategory(c) != UnicodeCategory.Format;

    public static bool CanHold(string name)
    {
        try
        {
            _ = s_strict.GetByteCount(name);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii ? s_plain.Contains((char)rune.Value) : Rune.IsLetterOrDigit(rune))
            {
                encoded.Append(rune.ToString());
                continue;
            }
            foreach (byte one in bytes[..rune.EncodeToUtf8(bytes)])
                encoded.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
        }
        return encoded.ToString();
    }

    /// <summary>Decodes a segment, once. Null if its bytes are no UTF-8, or it holds half a surrogate pair.</summary>
    public static string? Decode(ReadOnlySpan<char> segment)
    {
        var bytes = new ArrayBufferWriter<byte>(segment.Length + 1);
        try
        {
            while (segment.Length > 0)
            {
                int escape = segment.IndexOf('%');
                ReadOnlySpan<char> plain = escape < 0 ? segment : segment[..escape];
                bytes.Advance(s_strict.GetBytes(plain, bytes.GetSpan(s_strict.GetMaxByteCount(plain.Length))));
                segment = segment[plain.Length..];
                if (escape < 0)
                    break;
                bytes.GetSpan(1)[0] = byte.Parse(segment[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                bytes.Advance(1);
                segment = segment[3..];
            }
            return s_strict.GetString(bytes.WrittenSpan);
        }
        catch (ArgumentException) // EncoderFallbackException, DecoderFallbackException
        {
            return null;
        }
    }
}
