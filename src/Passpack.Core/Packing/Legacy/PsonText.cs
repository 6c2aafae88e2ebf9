using Passpack.Packing.Records;

namespace Passpack.Packing.Legacy;

/// <summary>
/// The PSON around the texts of pack versions 3 and 5: the object <c>{value: text}</c> without dictionary. Passpack's Java SDK writes headers that do
/// not fit their text; this reader recovers everything that the SDK did not destroy.
/// </summary>
internal static class PsonText
{
    private const byte EmptyString = 0xF5;
    private const byte String = 0xFC;

    // An object of one key, the string "value".
    private static ReadOnlySpan<byte> Header => [0xF6, 0x01, String, 0x05, (byte)'v', (byte)'a', (byte)'l', (byte)'u', (byte)'e'];

    /// <summary>The text in UTF-8.</summary>
    /// <param name="payload">Decrypted and authentic.</param>
    /// <param name="version3">Whether this is pack version 3, whose SDK wrote the low eight bits of the number of characters as length.</param>
    public static SecretBytes Read(ReadOnlySpan<byte> payload, bool version3)
    {
        if (!payload.StartsWith(Header) || payload.Length == Header.Length)
            throw PackText.Damaged("it holds something else than a text");
        ReadOnlySpan<byte> value = payload[Header.Length..];
        if (value is [EmptyString])
            return new SecretBytes(0);
        if (value[0] != String)
            throw PackText.Damaged("it holds something else than a text");
        value = value[1..];
        if (TryReadLength(value, out int length, out int lengthBytes) && length == value.Length - lengthBytes)
            return LegacyEnvelope.Text(value[lengthBytes..], authentic: true);
        // Skips the one byte of a wrong length.
        return version3 && value.Length > 0
            ? LegacyEnvelope.Text(value[1..], authentic: true)
            : throw PackText.Damaged("the length of the text that it holds does not fit");
    }

    /// <summary>The payload for a text in UTF-8.</summary>
    public static SecretBytes Write(ReadOnlySpan<byte> text)
    {
        Span<byte> head = stackalloc byte[Header.Length + 6];
        Header.CopyTo(head);
        int at = Header.Length;
        head[at++] = text.IsEmpty ? EmptyString : String;
        for (uint rest = (uint)text.Length; rest > 0; rest >>= 7)
            head[at++] = (byte)(rest < 0x80 ? rest : rest & 0x7F | 0x80);
        var payload = new SecretBytes(at + text.Length);
        head[..at].CopyTo(payload.Span);
        text.CopyTo(payload.Span[at..]);
        return payload;
    }

    // Seven bits a byte, the low ones first.
    private static bool TryReadLength(ReadOnlySpan<byte> bytes, out int length, out int lengthBytes)
    {
        long value = 0;
        for (int i = 0; i < Math.Min(bytes.Length, 5); i++)
        {
            value |= (long)(bytes[i] & 0x7F) << 7 * i;
            if (bytes[i] >= 0x80)
                continue;
            length = (int)Math.Min(value, int.MaxValue);
            lengthBytes = i + 1;
            return true;
        }
        length = lengthBytes = 0;
        return false;
    }
}
