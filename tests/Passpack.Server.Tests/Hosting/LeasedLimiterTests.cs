using System.Threading.RateLimiting;
using Passpack.Server.Hosting;
using Passpack.Server.Login;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>The limit of one client, of which each node takes leases.</summary>
public sealed class LeasedLimiterTests
{
    private readonly ManualTime time = new();
    private readonly Lock gate = new();
    private DateTimeOffset? empty;
    private int asked;
    private bool away;

    private LeasedLimiter Node(int limit) => new(limit, SpendAsync, time);

    private Task<TimeSpan?> SpendAsync(BucketLimit limit)
    {
        lock (gate)
        {
            asked++;
            if (away)
                throw new StoreException(StoreFailure.Busy, "away");
            AttemptVerdict verdict = AttemptJudge.Spend([1], limit, time.GetUtcNow(), empty);
            if (verdict.Buckets.Count > 0)
                empty = verdict.Buckets[0].Empty;
            return Task.FromResult(verdict.Wait);
        }
    }

    /// <summary>How many of so many requests at once are let in.</summary>
    private static async Task<int> AskAsync(LeasedLimiter node, int requests)
    {
        RateLimitLease[] leases = await Task.WhenAll(Enumerable.Range(0, requests).Select(_ => Task.Run(async () => await node.AcquireAsync())));
        Assert.All(leases, lease => Assert.True(lease.IsAcquired || (lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) && wait > TimeSpan.Zero)));
        return leases.Count(lease => lease.IsAcquired);
    }

    [Fact]
    public async Task A_client_has_its_limit_and_one_lease_more_at_each_node()
    {
        await using LeasedLimiter one = Node(6000), two = Node(6000);
        int[] taken = await Task.WhenAll(AskAsync(one, 7000), AskAsync(two, 7000));
        Assert.Equal(6000 + (2 * 300), taken.Sum());
        Assert.Equal(0, await AskAsync(one, 10));
        // A lease comes back every three seconds, whichever node takes it.
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(300, await AskAsync(two, 400));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(6000, await AskAsync(one, 7000));
    }

    [Fact]
    public async Task A_small_limit_is_exact_and_a_client_with_few_requests_costs_the_store_nothing()
    {
        await using LeasedLimiter one = Node(3), two = Node(3), few = Node(6000);
        Assert.Equal(3, await AskAsync(one, 3) + await AskAsync(two, 3));
        int before = asked;
        Assert.InRange(before, 4, 6);
        Assert.Equal(100, await AskAsync(few, 100));
        Assert.Equal(before, asked);
    }

    [Fact]
    public async Task While_the_store_is_away_a_node_counts_for_itself()
    {
        away = true;
        await using LeasedLimiter node = Node(6000);
        Assert.Equal(600, await AskAsync(node, 7000));
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(300, await AskAsync(node, 7000));
        away = false;
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(6000, await AskAsync(node, 7000));
    }
}
