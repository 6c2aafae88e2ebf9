using System.Globalization;

namespace Passpack.Scheduling;

/// <summary>
/// The same times every day, evenly apart: the one form that every scheduler has. Times are the machine's local ones, to the minute.
/// </summary>
public sealed record DailySchedule
{
    private const int MinutesADay = 24 * 60;

    private DailySchedule(int every, int first)
    {
        Every = TimeSpan.FromMinutes(every);
        First = TimeSpan.FromMinutes(first);
        Minutes = every < 60 ? [.. Enumerable.Range(0, 60 / every).Select(i => first + (i * every))] : [first % 60];
        Hours = every <= 60 ? null : [.. Enumerable.Range(0, MinutesADay / every).Select(i => (first + (i * every)) / 60)];
    }

    /// <summary>From one run to the next.</summary>
    public TimeSpan Every { get; }

    /// <summary>The first run of a day.</summary>
    public TimeSpan First { get; }

    /// <summary>The minutes of an hour, ascending.</summary>
    internal IReadOnlyList<int> Minutes { get; }

    /// <summary>The hours of a day, ascending. Null if all.</summary>
    internal IReadOnlyList<int>? Hours { get; }

    /// <summary>A schedule.</summary>
    /// <param name="every">Minutes that divide an hour, or hours that divide a day: no other distance keeps the same times every day.</param>
    /// <param name="at">The time of one of its runs.</param>
    /// <exception cref="ArgumentException">Another interval, or not a time of day.</exception>
    public static DailySchedule Create(TimeSpan every, TimeSpan at)
    {
        int minutes = every.Ticks % TimeSpan.TicksPerMinute == 0 && every.TotalMinutes is >= 1 and <= MinutesADay ? (int)every.TotalMinutes : 0;
        if (minutes == 0 || (minutes < 60 ? 60 % minutes != 0 : minutes % 60 != 0 || MinutesADay % minutes != 0))
        {
            throw new ArgumentException(
                $"A task cannot run every {every}. Take minutes that divide an hour (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30), or hours that divide a day "
                + "(1, 2, 3, 4, 6, 8, 12, 24): 0:15, 6:00, 1.00:00.",
                nameof(every));
        }
        if (at < TimeSpan.Zero || at >= TimeSpan.FromDays(1))
            throw new ArgumentException($"{at} is no time of a day.", nameof(at));
        return new DailySchedule(minutes, (int)at.TotalMinutes % minutes);
    }

    /// <summary>The schedule with these times. Null if there is none.</summary>
    internal static DailySchedule? Of(IReadOnlyList<int> minutes, IReadOnlyList<int>? hours)
    {
        int count = minutes.Count * (hours?.Count ?? 24);
        if (count == 0 || MinutesADay % count != 0 || minutes.Any(minute => minute is < 0 or > 59) || hours?.Any(hour => hour is < 0 or > 23) == true)
            return null;
        try
        {
            DailySchedule schedule = Create(TimeSpan.FromMinutes(MinutesADay / count), new TimeSpan(hours?.Min() ?? 0, minutes.Min(), 0));
            IEnumerable<int> allHours = Enumerable.Range(0, 24);
            return schedule.Minutes.SequenceEqual(minutes) && (schedule.Hours ?? allHours).SequenceEqual(hours ?? allHours) ? schedule : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Two schedules are the same when they run at the same times.</summary>
    public bool Equals(DailySchedule? other) => other is not null && Every == other.Every && First == other.First;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Every, First);

    /// <summary><c>every 0:15 from 0:07</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"every {Every:c} from {First:hh\\:mm}");
}
