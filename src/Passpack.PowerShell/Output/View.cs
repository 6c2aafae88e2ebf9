using System.Globalization;
using Passpack.Protocol;

namespace Passpack.PowerShell;

/// <summary>What Passpack.Format.ps1xml shows of texts and times: properties have the data as it is, and a terminal obeys what may be in it.</summary>
public static class View
{
    private static readonly (TimeSpan Length, string Name)[] s_units =
    [
        (TimeSpan.FromDays(365), "year"), (TimeSpan.FromDays(30), "month"), (TimeSpan.FromDays(1), "day"), (TimeSpan.FromHours(1), "hour"),
        (TimeSpan.FromMinutes(1), "minute"),
    ];

    /// <summary>A text in one line, without anything that a terminal obeys or that turns the text around it.</summary>
    public static string Text(object? value) => PrintableText.Of(value?.ToString() ?? "");

    /// <summary>Several texts, each like <see cref="Text"/>, with commas between them.</summary>
    public static string Joined(IEnumerable<object>? values) => string.Join(", ", (values ?? []).Select(Text));

    /// <summary>Several texts, each like <see cref="Text"/>, one a line.</summary>
    public static string Lines(IEnumerable<object>? values) => string.Join('\n', (values ?? []).Select(Text));

    /// <summary>For a table: <c>3 hours ago</c>, <c>in 2 days</c>, <c>just now</c>; nothing for no time. 15 columns at the most.</summary>
    /// <param name="time">When.</param>
    /// <param name="now">For tests.</param>
    public static string Ago(DateTimeOffset? time, DateTimeOffset? now = null)
    {
        if (time is not { } then)
            return "";
        TimeSpan past = (now ?? TimeProvider.System.GetUtcNow()) - then;
        foreach ((TimeSpan length, string name) in s_units)
        {
            long count = (long)(past.Duration() / length);
            if (count == 0)
                continue;
            string distance = $"{count} {name}{(count == 1 ? "" : "s")}";
            return past > TimeSpan.Zero ? $"{distance} ago" : $"in {distance}";
        }
        return "just now";
    }

    /// <summary>For a list: the time itself too, as local time; nothing for no time.</summary>
    public static string Time(DateTimeOffset? time) => time is { } then
        ? $"{then.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} ({Ago(then)})"
        : "";
}
