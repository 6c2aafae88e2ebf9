using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;
using Passpack.Server.Login;
using Passpack.Server.Storage;

namespace Passpack.Server.Hosting;

/// <summary>
/// Limits one client over all nodes. What it may do in a minute is a leaky bucket in the store, of which a node takes a lease of so many requests at a time,
/// instead of writing a row at each. The first lease of whoever comes is not asked for: most clients never need another. So a client has its limit, and at
/// most one lease more at each node.
/// </summary>
/// <param name="limit">How many requests a minute.</param>
/// <param name="spend">Takes one lease out of the bucket. Null: it was there; otherwise the time to wait.</param>
/// <param name="time">The time that waits are measured by.</param>
internal sealed class LeasedLimiter(int limit, Func<BucketLimit, Task<TimeSpan?>> spend, TimeProvider time) : RateLimiter
{
    // As many as there are in a minute, at most.
    private const int Leases = 20;

    private readonly int size = SizeOf(limit);
    private readonly BucketLimit bucket = new(limit / SizeOf(limit), TimeSpan.FromMinutes(1) / (limit / SizeOf(limit)));
    private readonly Lock gate = new();

    // A limit that is not divided is exact.
    private int left = SizeOf(limit) == 1 ? 0 : SizeOf(limit);
    private Task? taking;
    private long last = time.GetTimestamp();
    private DateTimeOffset closedUntil, ownUntil;

    /// <summary>How many requests a lease is of.</summary>
    public static int SizeOf(int limit) => (limit + Leases - 1) / Leases;

    /// <summary>For how long nobody asked; one that was not asked for some time is forgotten.</summary>
    public override TimeSpan? IdleDuration => time.GetElapsedTime(Volatile.Read(ref last));

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (gate)
            return Decide() ?? Refused.Now;
    }

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task others;
            lock (gate)
            {
                if (Decide() is { } decided)
                    return decided;
                // Everybody waits for the one that asks the store.
                others = taking ??= Task.Run(TakeAsync, CancellationToken.None);
            }

            await others.WaitAsync(cancellationToken);
        }
    }

    /// <summary>What is known without the store. Null if it has to be asked.</summary>
    private RateLimitLease? Decide()
    {
        last = time.GetTimestamp();
        TimeSpan wait = closedUntil - time.GetUtcNow();
        if (left == 0)
            return wait > TimeSpan.Zero ? new Refused(wait) : null;
        left--;
        // Ahead of time, so that few ever wait for the store, and a probe of this node's health does not while the store is away.
        if (left < size / 2 && wait <= TimeSpan.Zero)
            taking ??= Task.Run(TakeAsync, CancellationToken.None);
        return Allowed.Instance;
    }

    private async Task TakeAsync()
    {
        try
        {
            TimeSpan? wait = await SpendAsync();
            lock (gate)
            {
                if (wait is { } closed)
                    closedUntil = time.GetUtcNow() + closed;
                else
                    left += size;
            }
        }
        finally
        {
            lock (gate)
                taking = null;
        }
    }

    private async Task<TimeSpan?> SpendAsync()
    {
        try
        {
            return await spend(bucket);
        }
        catch (StoreException)
        {
            // Requests meet that, too, and tell of it. Until it is back each node counts for itself.
            DateTimeOffset now = time.GetUtcNow();
            if (ownUntil > now)
                return ownUntil - now;
            ownUntil = now + bucket.Interval;
            return null;
        }
    }

    private sealed class Allowed : RateLimitLease
    {
        public static Allowed Instance { get; } = new();

        public override bool IsAcquired => true;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }

    private sealed class Refused(TimeSpan wait) : RateLimitLease
    {
        public static Refused Now { get; } = new(TimeSpan.Zero);

        public override bool IsAcquired => false;

        public override IEnumerable<string> MetadataNames => [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, [NotNullWhen(true)] out object? metadata)
        {
            metadata = wait;
            return metadataName == MetadataName.RetryAfter.Name;
        }
    }
}
