using System.Globalization;
using Passpack.Transfer.Reading;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources;

/// <summary>Texts, times and documents as other programs write them.</summary>
internal static class SourceText
{
    /// <summary>The stream without a byte order mark.</summary>
    public static Stream Utf8(Stream stream)
    {
        byte[] start = new byte[3];
        int count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return start is [0xEF, 0xBB, 0xBF] ? stream : new JoinedStream(new MemoryStream(start, 0, count), stream);
    }

    /// <summary>
    /// An instant since 1970 in seconds, milliseconds or microseconds, which programs confuse: each lies where the others would be before 1973 or
    /// after 5000. Null if it is none.
    /// </summary>
    public static DateTimeOffset? Instant(double since)
    {
        double milliseconds = Math.Abs(since) switch { < 1e11 => since * 1000, < 1e14 => since, _ => since / 1000 };
        return milliseconds is > -62_135_596_800_000 and < 253_402_300_800_000 && milliseconds != 0
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;
    }

    /// <summary>The day of an instant, as Date fields hold it.</summary>
    public static string? Day(double since) => Instant(since)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The type of a text: of several lines, or one.</summary>
    public static string TypeOf(string text) => text.Contains('\n', StringComparison.Ordinal) ? FieldTypes.Multiline : FieldTypes.Text;

    /// <summary>The instant that a text in ISO 8601 or a number says. Null if it is none.</summary>
    public static DateTimeOffset? Instant(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double since) ? Instant(since)
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time
        : null;
}
