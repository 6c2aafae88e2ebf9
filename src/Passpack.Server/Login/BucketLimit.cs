namespace Passpack.Server.Login;

/// <summary>
/// A leaky bucket: one count leaks away each <paramref name="Interval"/>, and at most <paramref name="Capacity"/> fit. The level is expressed as the
/// time until the bucket is empty, so a store keeps a single point in time.
/// </summary>
internal readonly record struct BucketLimit(int Capacity, TimeSpan Interval)
{
    private TimeSpan Full => Interval * Capacity;

    /// <summary>The level of a bucket that will be empty at a time. Never more than full, even if the clock was set back.</summary>
    public TimeSpan Level(DateTimeOffset empty, DateTimeOffset now) => Bound(empty - now);

    /// <summary>The level after adding or removing some counts.</summary>
    public TimeSpan Add(TimeSpan level, double more) => Bound(level + (Interval * more));

    /// <summary>The number of counts in the bucket.</summary>
    public double Count(TimeSpan level) => level / Interval;

    /// <summary>How long until one more fits. Zero if it fits now.</summary>
    public TimeSpan Wait(TimeSpan level)
    {
        TimeSpan over = level + Interval - Full;
        return over > TimeSpan.Zero ? over : TimeSpan.Zero;
    }

    private TimeSpan Bound(TimeSpan level) => level < TimeSpan.Zero ? TimeSpan.Zero : level > Full ? Full : level;
}
