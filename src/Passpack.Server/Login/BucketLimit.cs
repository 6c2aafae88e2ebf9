namespace Passpack.Server.Login;

/// <summary>
/// A leaky bucket: what is counted goes away by itself, one each <paramref name="Interval"/>, and no more fit than
/// <paramref name="Capacity"/>. How full it is, is told as the time until it is empty, so one point in time is all that a store keeps.
/// </summary>
internal readonly record struct BucketLimit(int Capacity, TimeSpan Interval)
{
    private TimeSpan Full => Interval * Capacity;

    /// <summary>How full one is that is empty at a time. A clock that was set back makes none fuller than full.</summary>
    public TimeSpan Level(DateTimeOffset empty, DateTimeOffset now) => Bound(empty - now);

    /// <summary>How full it is after some more, or some less.</summary>
    public TimeSpan Add(TimeSpan level, double more) => Bound(level + (Interval * more));

    /// <summary>How many are in it.</summary>
    public double Count(TimeSpan level) => level / Interval;

    /// <summary>How long until one more fits; zero when it does.</summary>
    public TimeSpan Wait(TimeSpan level)
    {
        TimeSpan over = level + Interval - Full;
        return over > TimeSpan.Zero ? over : TimeSpan.Zero;
    }

    private TimeSpan Bound(TimeSpan level) => level < TimeSpan.Zero ? TimeSpan.Zero : level > Full ? Full : level;
}
