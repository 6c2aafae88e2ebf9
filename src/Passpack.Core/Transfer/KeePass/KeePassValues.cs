using System.Buffers.Binary;
using System.Globalization;

namespace Passpack.Transfer.KeePass;

/// <summary>How KeePass's XML writes ids, times and tags.</summary>
internal static class KeePassValues
{
    private const int IdBytes = 16;

    private static readonly char[] s_separators = [';', ','];

    /// <summary>An id in 32 hexadecimal digits. Empty if it is none, or all zeros, which stands for none.</summary>
    public static string Id(string base64)
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        return base64.Length < 2 * IdBytes && Convert.TryFromBase64String(base64, bytes, out int count) && count == IdBytes && bytes.ContainsAnyExcept((byte)0)
            ? Convert.ToHexString(bytes)
            : "";
    }

    public static string WriteId(Guid id) => Convert.ToBase64String(id.ToByteArray(bigEndian: true));

    /// <summary>A time: ISO 8601 up to version 3; seconds since the year 1, in Base64, in version 4. Null if it is none.</summary>
    public static DateTimeOffset? Time(string text)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (text.Length == 12 && Convert.TryFromBase64String(text, bytes, out int count) && count == 8)
        {
            long seconds = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            return seconds is >= 0 and <= 315537897599 ? new DateTimeOffset(seconds * TimeSpan.TicksPerSecond, TimeSpan.Zero) : null;
        }
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out DateTimeOffset time) ? time : null;
    }

    public static string WriteTime(DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, time.UtcTicks / TimeSpan.TicksPerSecond);
        return Convert.ToBase64String(bytes);
    }

    public static IEnumerable<string> Tags(string text) => text.Split(s_separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Whether a tag can be written so that it is read as the same one.</summary>
    public static bool HoldsTag(string tag) => tag.Trim() == tag && tag.All(IsOfTag);

    /// <summary>A tag that can be written, in place of one that cannot.</summary>
    public static string ToTag(string tag) => string.Concat(tag.Trim().Select(c => IsOfTag(c) ? c : '-'));

    private static bool IsOfTag(char c) => !s_separators.Contains(c) && (System.Xml.XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)) && !char.IsControl(c);
}
