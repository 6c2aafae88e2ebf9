using System.Collections.Concurrent;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>What stands in front of an honest server answers in its place: while that restarts, when it has had enough, or when a request is too large for it.</summary>
public sealed class ProxyTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    private const string Page = "<html><head><title>Not now</title></head><body><hr><center>nginx</center></body></html>";

    // Far from over in any test that ends well; and what is waited for has passed at once.
    private static SyncOptions Patient(TimeProvider? clock = null) =>
        new() { Timeouts = SyncTimeouts.Default with { Return = TimeSpan.FromMinutes(10), Clock = clock ?? new PassingClock() } };

    public static TheoryData<int> Faults => [500, 502, 503, 504, 521];

    [Theory]
    [MemberData(nameof(Faults))]
    public Task A_server_that_does_not_come_back(int status) => RefusedAsync(ErrorCodes.ServerUnreachable, _ => Text(status));

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_server_that_restarts_in_the_middle(int status)
    {
        int down = 0;
        Hostile.Lie = async exchange => exchange.Is(Routes.Pushes) && Interlocked.Increment(ref down) <= 8 ? await Text(status) : await exchange.HonestAsync();
        Assert.NotEmpty((await Victim.SyncAsync(Patient())).Changes);
        await HonestAgainAsync();
    }

    [Fact]
    public async Task A_server_whose_connections_break_while_it_restarts()
    {
        int down = 0;
        Hostile.Lie = async exchange => exchange.Is(Routes.Pushes) && Interlocked.Increment(ref down) <= 8 ? null : await exchange.HonestAsync();
        Assert.NotEmpty((await Victim.SyncAsync(Patient())).Changes);
        await HonestAgainAsync();
    }

    [Fact]
    public async Task The_callers_limit_ends_the_tries_and_the_error_says_what_was_answered()
    {
        Hostile.Requests = 0;
        Hostile.Lie = _ => Text(502);
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync(new SyncOptions { Timeout = TimeSpan.FromSeconds(4) }));
        Assert.Equal(ErrorCodes.ServerUnreachable, refused.ErrorId);
        Assert.Contains("HTTP 502 text/html", refused.Message);
        Assert.InRange(Hostile.Requests, 5, int.MaxValue);
        await HonestAgainAsync();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Who_asks_to_wait_is_waited_for(bool foreign, bool date)
    {
        var clock = new PassingClock();
        bool asked = false;
        Hostile.Lie = async exchange =>
        {
            if (!exchange.Is(Routes.Pushes) || asked)
                return await exchange.HonestAsync();
            asked = true;
            string wait = date ? clock.GetUtcNow().AddSeconds(100).ToString("R") : "100";
            return (foreign ? await Text(429) : Answer.Problem(429, ErrorCodes.RateLimited))! with { Headers = new() { ["Retry-After"] = wait } };
        };
        Assert.NotEmpty((await Victim.SyncAsync(Patient(clock))).Changes);
        Assert.Equal([TimeSpan.FromSeconds(100)], clock.Waits);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Sat, 01 Jan 2000 00:00:00 GMT")]
    public async Task Who_asks_to_wait_for_no_time_at_all_is_not_flooded(string wait)
    {
        int asked = 0;
        Lie asks = async _ =>
        {
            Interlocked.Increment(ref asked);
            return (await Text(503))! with { Headers = new() { ["Retry-After"] = wait } };
        };
        await RefusedAsync(ErrorCodes.ServerUnreachable, asks, new SyncOptions { Timeout = TimeSpan.FromSeconds(3) });
        // Twice as long before every further one.
        Assert.InRange(asked, 3, 30);
    }

    [Theory]
    [InlineData("3600", "60 minutes")]
    [InlineData(null, "a while")]
    public async Task Who_asks_to_wait_for_longer_than_there_is_time_for(string? wait, string told)
    {
        Lie asks = async _ => wait is null ? await Text(429) : (await Text(429))! with { Headers = new() { ["Retry-After"] = wait } };
        await RefusedAsync(ErrorCodes.RateLimited, asks);
        Hostile.Lie = asks;
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync(new SyncOptions { Timeout = TimeSpan.FromSeconds(4) }));
        Assert.Equal(ErrorCodes.RateLimited, refused.ErrorId);
        Assert.Contains(told, refused.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_first_sync_of_many_entries_goes_through_a_limit_of_1_MiB(bool ownWords)
    {
        string notes = new('n', 3000);
        using (VaultWriter writer = Victim.Vault.BeginWrite())
        {
            for (int i = 0; i < 900; i++)
                writer.Add(new EntryEdit { Name = $"more {i}", Notes = notes + i });
            writer.Commit();
        }
        Hostile.Lie = TakesUpTo(1 << 20, ownWords);
        Hostile.Requests = 0;
        SyncResult result = await Victim.SyncAsync();
        Assert.Equal(902, result.Changes.Count(change => change.Action == SyncAction.Pushed));
        // What passed once is kept to: a single push was refused.
        Assert.InRange(Hostile.Requests, 5, 12);
        await HonestAgainAsync();
    }

    [Fact]
    public async Task An_entry_too_large_by_itself_is_named_and_the_others_go_up()
    {
        Guid large = Victim.Add("a large one", new EntryEdit { Notes = new string('n', 40_000) }).Id;
        for (int i = 0; i < 20; i++)
            Victim.Add($"more {i}", new EntryEdit { Notes = new string('n', 3000) });
        Hostile.Lie = TakesUpTo(20_000);
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        Assert.Equal(ErrorCodes.RecordTooLarge, refused.ErrorId);
        Assert.Equal(large, refused.Target);
        Assert.Contains("\"a large one\"", refused.Message);
        Assert.Contains("client_max_body_size", refused.Message);
        await Friend.SyncAsync();
        Assert.Equal(20, Enumerable.Range(0, 20).Count(i => Friend.Vault.List(new EntryQuery { Name = $"more {i}" }).Any()));
        Assert.False(Friend.Has(large));
        Assert.True(Victim.Has(large));
        await HonestAgainAsync();
        Assert.True(Friend.Has(large));
    }

    [Fact]
    public async Task Online_edits_go_in_smaller_pushes_and_what_is_too_large_fails_alone()
    {
        OnlineEdit[] edits = [.. Enumerable.Range(0, 30).Select(i => new OnlineEdit { Values = new EntryEdit { Name = $"more {i}", Notes = new string('n', i == 7 ? 40_000 : 3000) } })];
        await Victim.SyncAsync();
        Hostile.Lie = TakesUpTo(20_000);
        IReadOnlyList<OnlineEditResult> results = await OnlineVault.ApplyAsync(Victim.Vault, edits);
        Assert.Equal(edits, results.Select(result => result.Edit));
        Assert.All(results, (result, i) => Assert.Equal(i == 7 ? ErrorCodes.RecordTooLarge : null, result.Error?.ErrorId));
        await HonestAgainAsync();
        Assert.Equal(29, Friend.Vault.List(new EntryQuery()).Count(entry => entry.Name.StartsWith("more ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_push_without_an_answer_that_a_limit_refuses_afterwards_is_not_done_twice(bool arrived)
    {
        for (int i = 0; i < 20; i++)
            Victim.Add($"more {i}", new EntryEdit { Notes = new string('n', 3000) });
        Hostile.Lie = Lies.About(Routes.Pushes, async exchange =>
        {
            if (arrived)
                await exchange.HonestAsync();
            return null;
        });
        await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        Hostile.Lie = TakesUpTo(20_000);
        await Victim.SyncAsync();
        await HonestAgainAsync();
    }

    private static Task<Answer?> Text(int status) => Task.FromResult<Answer?>(Answer.Text(Page, "text/html", status));

    private static Lie TakesUpTo(int bytes, bool ownWords = false) => async exchange => exchange.Body.Length <= bytes
        ? await exchange.HonestAsync()
        : ownWords ? Answer.Problem(413, ErrorCodes.RequestInvalid) : await Text(413);

    /// <summary>Whoever waits by it has waited already, and it has gone on by as much.</summary>
    private sealed class PassingClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

        public ConcurrentQueue<TimeSpan> Waits { get; } = [];

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero)
            {
                Waits.Enqueue(dueTime);
                _now += dueTime;
            }
            return TimeProvider.System.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
        }
    }
}
