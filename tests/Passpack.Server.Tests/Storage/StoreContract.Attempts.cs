using Passpack.Server.Login;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>What is counted against guessing.</summary>
public abstract partial class StoreContract
{
    private static readonly int Burst = LockoutPolicy.Account.Capacity;
    private static readonly TimeSpan Leak = LockoutPolicy.Account.Interval;

    /// <summary>A User ID at a network that is counted by address.</summary>
    private static AttemptKeys Keys(byte[]? account = null, byte[]? address = null) =>
        new(account ?? Make.Bytes(32), Make.Bytes(32), address ?? Make.Bytes(32));

    private Task<TimeSpan?> FailAsync(AttemptKeys keys, DateTimeOffset now, long? account = null) =>
        Store.CountAttemptAsync(keys, account, proved: false, now, default);

    private Task<TimeSpan?> ProveAsync(AttemptKeys keys, DateTimeOffset now, long? account = null) =>
        Store.CountAttemptAsync(keys, account, proved: true, now, default);

    [Fact]
    public async Task A_burst_of_failures_locks_out_until_one_has_leaked_away_and_a_success_forgives()
    {
        DateTimeOffset now = Now;
        AttemptKeys keys = Keys();
        for (int i = 0; i < Burst; i++)
            Assert.Null(await FailAsync(keys, now));
        Assert.Equal(Leak, await ProveAsync(keys, now));

        now += Leak;
        Assert.Null(await FailAsync(keys, now));
        Assert.Equal(Leak, await FailAsync(keys, now));
        now += Leak;
        Assert.Null(await ProveAsync(keys, now));
        for (int i = 0; i < Burst; i++)
            Assert.Null(await FailAsync(keys, now));
    }

    [Fact]
    public async Task One_typo_a_day_for_years_locks_nobody_out()
    {
        byte[] address = Make.Bytes(32);
        AttemptKeys keys = Keys(address: address), device = Keys(address: address) with { Device = Make.Bytes(32) };
        int days = GoesOn ? 3 * 365 : 30;
        for (int day = 0; day < days; day++)
        {
            Assert.Null(await FailAsync(keys, Now.AddDays(day)));
            Assert.Null(await FailAsync(device, Now.AddDays(day)));
        }

        for (int i = 1; i < Burst; i++)
            Assert.Null(await FailAsync(keys, Now.AddDays(days - 1)));
    }

    [Fact]
    public async Task Failures_at_many_accounts_lock_the_address_and_success_forgives_one_account()
    {
        byte[] address = Make.Bytes(32);
        AttemptKeys mine = Keys(address: address);
        for (int i = 0; i < 3; i++)
            Assert.Null(await FailAsync(mine, Now));
        for (int i = 3; i < LockoutPolicy.Address.Capacity; i++)
        {
            // Of an account in which nothing was mistyped, it forgives nothing.
            Assert.Null(await ProveAsync(Keys(address: address), Now));
            Assert.Null(await FailAsync(Keys(address: address), Now));
        }

        Assert.Equal(LockoutPolicy.Address.Interval, await ProveAsync(mine, Now));
        Assert.Null(await FailAsync(Keys(), Now));

        // Once one has leaked away, the success takes back what was mistyped here.
        DateTimeOffset later = Now + LockoutPolicy.Address.Interval;
        Assert.Null(await ProveAsync(mine, later));
        for (int i = 0; i < 3; i++)
            Assert.Null(await FailAsync(Keys(address: address), later));
        Assert.NotNull(await FailAsync(Keys(address: address), later));
    }

    [Fact]
    public async Task A_network_that_proved_the_Password_is_not_refused_for_strangers()
    {
        long anna = (await AddAsync()).Account;
        byte[] account = Make.Bytes(32), address = Make.Bytes(32);
        AttemptKeys home = Keys(account, address);
        Assert.Null(await ProveAsync(home, Now, anna));
        for (int i = 0; i < 5 * LockoutPolicy.Address.Capacity; i++)
        {
            await FailAsync(Keys(account), Now, anna);
            await FailAsync(Keys(address: address), Now);
        }

        Assert.NotNull(await ProveAsync(Keys(account), Now, anna));
        Assert.NotNull(await ProveAsync(Keys(address: address), Now));
        Assert.Null(await ProveAsync(home, Now, anna));

        // Guessing from there is bounded all the same, and told of no more than elsewhere.
        for (int i = 0; i < LockoutPolicy.Place.Capacity; i++)
            Assert.NotNull(await FailAsync(home, Now, anna));
        Assert.NotNull(await ProveAsync(home, Now, anna));
    }

    /// <summary>Ten failures elsewhere, then one at the owner's network, told there whether the User ID exists; and the reverse.</summary>
    [Fact]
    public async Task What_a_wrong_proof_is_told_depends_on_nothing_that_only_an_account_has()
    {
        long anna = (await AddAsync()).Account;
        for (int seed = 0; seed < (GoesOn ? 20 : 3); seed++)
        {
            // The same steps at a User ID that exists and is known at the first place, and at one that does not exist.
            byte[] account = Make.Bytes(32), nobody = Make.Bytes(32);
            AttemptKeys[] known = [.. Enumerable.Range(0, 3).Select(_ => Keys(account))], nowhere = [.. Enumerable.Range(0, 3).Select(_ => Keys(nobody))];
            DateTimeOffset now = Now.AddDays(seed);
            Assert.Null(await ProveAsync(known[0], now, anna));
            var random = new Random(seed);
            for (int step = 0; step < 60; step++)
            {
                int place = random.Next(3);
                Assert.Equal(await FailAsync(nowhere[place], now), await FailAsync(known[place], now, anna));
                now += TimeSpan.FromMinutes(random.Next(4) * random.Next(4));
            }
        }
    }

    [Fact]
    public async Task A_right_proof_during_a_lockout_at_home_is_told_no_other_wait_than_a_wrong_one()
    {
        long anna = (await AddAsync()).Account;
        AttemptKeys home = Keys();
        Assert.Null(await ProveAsync(home, Now, anna));
        for (int i = 0; i < LockoutPolicy.Place.Capacity; i++)
            Assert.Null(await FailAsync(home, Now, anna));
        TimeSpan? wrong = await FailAsync(home, Now, anna);
        Assert.NotNull(wrong);
        Assert.Equal(wrong, await ProveAsync(home, Now, anna));
    }

    [Fact]
    public async Task Failures_at_ones_own_account_allow_no_more_guesses_at_others()
    {
        long own = (await AddAsync()).Account;
        byte[] address = Make.Bytes(32);
        AttemptKeys home = Keys(address: address);
        Assert.Null(await ProveAsync(home, Now, own));
        while (await FailAsync(Keys(address: address), Now) is null)
        {
        }

        for (int i = 0; i < LockoutPolicy.Place.Capacity - 1; i++)
            Assert.NotNull(await FailAsync(home, Now, own));
        Assert.Null(await ProveAsync(home, Now, own));
        Assert.NotNull(await FailAsync(Keys(address: address), Now));
    }

    [Fact]
    public async Task Only_the_latest_networks_are_known_and_a_removed_account_leaves_none()
    {
        long anna = (await AddAsync()).Account;
        byte[] account = Make.Bytes(32);
        AttemptKeys[] places = [.. Enumerable.Range(0, 20).Select(_ => Keys(account))];
        for (int i = 0; i < places.Length; i++)
            Assert.Null(await ProveAsync(places[i], Now.AddDays(i), anna));
        DateTimeOffset now = Now.AddDays(places.Length);
        AttemptKeys stranger = Keys(account);
        while (await FailAsync(stranger, now, anna) is null)
        {
        }

        TimeSpan?[] waits = new TimeSpan?[places.Length];
        for (int i = 0; i < places.Length; i++)
            waits[i] = await ProveAsync(places[i], now, anna);
        Assert.Equal(Enumerable.Repeat(true, 4).Concat(Enumerable.Repeat(false, 16)), waits.Select(wait => wait is not null));

        await Store.RemoveAccountAsync(anna, Make.Head(1), Make.Act(), default);
        while (await Store.EraseRemovedAsync(default))
        {
        }

        Assert.NotNull(await ProveAsync(places[^1], now, anna));
    }

    [Fact]
    public async Task A_device_is_counted_apart_from_everything_else()
    {
        byte[] account = Make.Bytes(32), address = Make.Bytes(32);
        while (await FailAsync(Keys(account), Now) is null)
        {
        }

        AttemptKeys laptop = Keys(account, address) with { Device = Make.Bytes(32) }, phone = Keys(account, address) with { Device = Make.Bytes(32) };
        for (int i = 0; i < LockoutPolicy.Device.Capacity; i++)
            Assert.Null(await FailAsync(laptop, Now));
        Assert.Equal(LockoutPolicy.Device.Interval, await ProveAsync(laptop, Now));
        Assert.Null(await FailAsync(phone, Now));
        Assert.Null(await ProveAsync(phone, Now));
        Assert.Null(await ProveAsync(laptop, Now + LockoutPolicy.Device.Interval));
        for (int i = 0; i < LockoutPolicy.Device.Capacity; i++)
            Assert.Null(await FailAsync(laptop, Now + LockoutPolicy.Device.Interval));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_does_not_lengthen_a_lockout()
    {
        AttemptKeys keys = Keys();
        for (int i = 0; i < Burst; i++)
            await FailAsync(keys, Now);
        DateTimeOffset behind = Now.AddYears(-1);
        Assert.Equal(Leak, await FailAsync(keys, behind));
        // It passes by the clock as it is now.
        Assert.Null(await FailAsync(keys, behind + Leak));
        Assert.Equal(Leak, await ProveAsync(keys, behind + Leak));
        Assert.Null(await ProveAsync(keys, behind + Leak + Leak));
    }

    [Fact]
    public async Task Attempts_side_by_side_cannot_slip_past_the_count()
    {
        IServerStore other = await OtherNodeAsync();
        AttemptKeys keys = Keys();
        TimeSpan?[] waits = await Task.WhenAll(Enumerable.Range(0, 3 * Burst).Select(i => Task.Run(() =>
            (i % 2 == 0 ? Store : other).CountAttemptAsync(keys, null, proved: false, Now, default))));
        Assert.Equal(Burst, waits.Count(wait => wait is null));
    }

    [Fact]
    public async Task What_is_spent_comes_back_one_by_one()
    {
        var limit = new BucketLimit(5, TimeSpan.FromMinutes(12));
        byte[] subject = Make.Bytes(32);
        for (int i = 0; i < 5; i++)
            Assert.Null(await Store.SpendAsync(subject, limit, Now, default));
        Assert.Equal(TimeSpan.FromMinutes(12), await Store.SpendAsync(subject, limit, Now, default));
        Assert.Null(await Store.SpendAsync(Make.Bytes(32), limit, Now, default));
        Assert.Null(await Store.SpendAsync(subject, limit, Now + TimeSpan.FromMinutes(12), default));
        Assert.NotNull(await Store.SpendAsync(subject, limit, Now + TimeSpan.FromMinutes(12), default));
    }
}
