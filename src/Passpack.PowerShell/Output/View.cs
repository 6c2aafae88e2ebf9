using System.Globalization;
using System.Management.Automation;
using Passpack.Protocol;

namespace Passpack.PowerShell;

/// <summary>
/// Formats texts and times for Passpack.Format.ps1xml: properties hold raw data, which may contain characters that control a terminal.
/// </summary>
public static class View
{
    private static readonly (TimeSpan Length, string Name)[] s_units =
    [
        (TimeSpan.FromDays(365), "year"), (TimeSpan.FromDays(30), "month"), (TimeSpan.FromDays(1), "day"), (TimeSpan.FromHours(1), "hour"),
        (TimeSpan.FromMinutes(1), "minute"),
    ];

    /// <summary>A text in one line, without characters that control a terminal or change the surrounding text.</summary>
    public static string Text(object? value) => PrintableText.Of(value?.ToString() ?? "");

    /// <summary>Before what has expired or expires within 30 days, a mark; otherwise nothing.</summary>
    public static string Expiring(object? expires)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return expires switch
        {
            DateTimeOffset time when time <= now => "! expired ",
            DateTimeOffset time when time <= now.AddDays(30) => "! ",
            _ => "",
        };
    }

    /// <summary>Several texts, each like <see cref="Text"/>, with commas between them.</summary>
    public static string Joined(object? values) => string.Join(", ", Texts(values));

    /// <summary>Several texts, each like <see cref="Text"/>, one a line.</summary>
    public static string Lines(object? values) => string.Join('\n', Texts(values));

    /// <summary>For a table: the counts of a sync, with those that need attention first and marked: <c>! 1 conflict, 3 pushed</c>.</summary>
    /// <param name="result">A run or plan.</param>
    /// <param name="warning">The escape sequence for the colour of warnings. Empty if there are no colours.</param>
    public static string Outcome(SyncResult result, string warning = "")
    {
        ArgumentNullException.ThrowIfNull(result);
        string[] marked =
        [
            .. result.ErrorId is { } error ? [$"! failed: {Text(error)}"] : Array.Empty<string>(),
            .. Counts("! ", (result.Damaged, "damaged"), (result.Conflicts, result.Conflicts == 1 ? "conflict" : "conflicts")),
        ];
        string[] others =
        [
            .. Counts("", (result.Pushed, "pushed"), (result.Pulled, "pulled"), (result.Merged, "merged"), (result.Restored, "restored"),
                (result.Deleted, "deleted"),
                (result.TagsPulled, "tags"), (result.FavoritesPulled, "favorites")),
        ];
        string[] all = [.. marked, .. others];
        string told = (result.IsPlan ? "plan: " : "") + (all.Length > 0 ? string.Join(", ", all) : "nothing to do");
        return marked.Length > 0 && warning.Length > 0 ? $"{warning}{told}\u001b[0m" : told;
    }

    // PowerShell passes a list of one as a single value.
    private static IEnumerable<string> Texts(object? values) =>
        values is null ? [] : LanguagePrimitives.GetEnumerable(values)?.Cast<object?>().Select(Text) ?? [Text(values)];

    private static IEnumerable<string> Counts(string mark, params (int Count, string Name)[] counts) =>
        counts.Where(one => one.Count > 0).Select(one => string.Create(CultureInfo.CurrentCulture, $"{mark}{one.Count:N0} {one.Name}"));

    /// <summary>For a table: <c>3 hours ago</c>, <c>in 2 days</c>, <c>just now</c>; empty for null. At most 15 columns.</summary>
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

    /// <summary>For a list: with the local time; empty for null.</summary>
    public static string Time(DateTimeOffset? time) => time is { } then
        ? $"{then.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} ({Ago(then)})"
        : "";
}
