using System.Globalization;

namespace Passpack.Vault.Fields;

/// <summary>Reads when an entry expires.</summary>
public static class Expiry
{
    private static readonly string[] s_instants =
    [
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mmK",
    ];

    /// <summary>
    /// Reads a day (<c>yyyy-MM-dd</c>: until its end in the zone) or an ISO 8601 instant with offset. Null for any other text: a day written another way
    /// could be read as two days.
    /// </summary>
    public static DateTimeOffset? Read(string text, TimeZoneInfo zone)
    {
        text = text.Trim();
        if (DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime day))
            return day >= DateTime.MaxValue.Date ? null : EndOf(day, zone);
        // DateTimeOffset alone would give a time without an offset this machine's.
        return DateTime.TryParseExact(text, s_instants, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time)
            && time.Kind != DateTimeKind.Unspecified
            && DateTimeOffset.TryParseExact(text, s_instants, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset instant)
                ? instant
                : null;
    }

    /// <summary>A date of .NET; one without a zone is of this one.</summary>
    public static DateTimeOffset Read(DateTime time, TimeZoneInfo zone) => time.Kind == DateTimeKind.Unspecified ? At(time, zone) : new DateTimeOffset(time);

    private static DateTimeOffset EndOf(DateTime day, TimeZoneInfo zone) => At(day.AddDays(1).AddMilliseconds(-1), zone);

    // A time that a change of the clock leaves out is given the offset before it.
    private static DateTimeOffset At(DateTime time, TimeZoneInfo zone) => new(time, zone.GetUtcOffset(time));
}
