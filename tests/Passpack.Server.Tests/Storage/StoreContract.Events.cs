using Passpack.Protocol;
using Passpack.Server.Login;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>The log.</summary>
public abstract partial class StoreContract
{
    private const string Home = "192.0.2.7";

    /// <summary>A whole log, page by page; its numbers have no gaps, and its hashes lead from its beginning to its head.</summary>
    private protected async Task<List<LoggedEvent>> EventsAsync(long account, DateTimeOffset? now = null, LogHead? from = null, IServerStore? store = null)
    {
        List<LoggedEvent> all = [];
        LogHead? at = from;
        while (true)
        {
            EventPage page = (await (store ?? Store).ReadEventsAsync(account, at?.Number ?? 0, now ?? Now, default))!;
            Assert.True(at is null || at.IsSame(page.After));
            at = page.After;
            foreach (LoggedEvent row in page.Events)
            {
                Assert.Equal(at.Number + 1, row.Number);
                Assert.True(EventChain.IsWhole(row));
                at = new LogHead(row.Number, EventChain.Hash(at.Hash, row));
            }

            all.AddRange(page.Events);
            if (page.Events.Count == 0)
            {
                Assert.True(page.Head.IsSame(at));
                return all;
            }
        }
    }

    private async Task<IEnumerable<EventType>> TypesAsync(long account, DateTimeOffset? now = null) =>
        (await EventsAsync(account, now)).Select(row => (EventType)row.Type);

    private async Task<IReadOnlyList<OpenSum>> OpenAsync(long account, DateTimeOffset? now = null) =>
        (await Store.ReadEventsAsync(account, 0, now ?? Now, default))!.Open;

    [Fact]
    public async Task Every_change_is_an_event_of_its_account_and_a_change_that_is_refused_is_none()
    {
        VaultKey anna = await AddAsync(), berta = await AddAsync("berta");
        Act home = Make.Act(device: Guid.NewGuid(), address: Home);
        DeviceSignIn phone = Device();
        await WakeAsync(anna, phone);
        DeviceSession session = (await Store.FindDeviceAsync(phone.TokenHash, default))!;
        await Store.WakeDeviceAsync(session, Make.Bytes(32), Make.Head(1), home, default);
        StoredLogin login = (await Store.FindLoginAsync("anna", default))!;
        var next = new NewLogin(Make.Bytes(16), "16.8.1", Make.Bytes(16), Make.Bytes(32));
        var removal = Guid.NewGuid();

        Assert.Equal(ChangeOutcome.HeadMoved, await Store.ReplaceLoginAsync(login, next, phone.Id, Make.Head(2), home, default));
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.RemoveDeviceAsync(anna.Account, phone.Id, Make.Head(2), home, default));
        Assert.Equal(ChangeOutcome.KeysMoved, await Store.ReplaceKeyRecordAsync(anna.Account, Make.Keys(anna.Vault, 3), null, home, default));
        Assert.Equal(ChangeOutcome.Done, await Store.ReplaceLoginAsync(login, next, phone.Id, Make.Head(1), home, default));
        Assert.Equal(ChangeOutcome.LoginMoved, await Store.ReplaceLoginAsync(login, next, phone.Id, Make.Head(1), home, default));
        Assert.Equal(ChangeOutcome.Done, await Store.ReplaceKeyRecordAsync(anna.Account, Make.Keys(anna.Vault, 2), null, home, default));
        await Store.RequestRemovalAsync(anna.Account, removal, RemovalTimes.Default, home, default);
        await Store.RequestRemovalAsync(anna.Account, Guid.NewGuid(), RemovalTimes.Default, home, default);
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.CancelRemovalAsync(anna.Account, removal, Make.Head(2), home, default));
        Assert.Equal(ChangeOutcome.Done, await Store.CancelRemovalAsync(anna.Account, removal, Make.Head(1), home, default));
        Assert.Equal(ChangeOutcome.Done, await Store.RemoveDeviceAsync(anna.Account, phone.Id, Make.Head(1), home, default));

        List<LoggedEvent> events = await EventsAsync(anna.Account);
        Assert.Equal(
            [EventType.Registered, EventType.SignedIn, EventType.DeviceAdded, EventType.DeviceWoken, EventType.PasswordChanged, EventType.KeysChanged,
                EventType.RemovalRequested, EventType.RemovalCancelled, EventType.DeviceRevoked],
            events.Select(row => (EventType)row.Type));
        Assert.Equal(phone.Id, events[^1].Device);
        Assert.Equal(home.Device, events[4].Device);
        Assert.Equal(1, events[4].Count);
        Assert.All(events.Skip(3), row => Assert.Equal(Home, row.Address));
        Assert.Equal([EventType.Registered], await TypesAsync(berta.Account));
    }

    [Fact]
    public async Task The_next_epoch_is_one_event()
    {
        VaultKey anna = await AddAsync();
        DeviceSignIn laptop = Device();
        await WakeAsync(anna, laptop);
        CheckedKeys keys = NextKeys(anna, 2);
        NewEpoch begin = Begin(keys, (await Store.FindDeviceAsync(laptop.TokenHash, default))!, Make.Bytes(32));
        Assert.Equal(ChangeOutcome.Done, await Store.ReplaceKeyRecordAsync(anna.Account, keys, begin, Make.Act(), default));
        Assert.Equal([EventType.Registered, EventType.SignedIn, EventType.DeviceAdded, EventType.KeysReplaced], await TypesAsync(anna.Account));
    }

    [Fact]
    public async Task Numbers_have_no_gaps_when_two_nodes_append_at_once()
    {
        VaultKey anna = await AddAsync(), berta = await AddAsync("berta");
        IServerStore other = await OtherNodeAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() =>
            (i % 2 == 0 ? Store : other).RequestRemovalAsync(anna.Account, Guid.NewGuid(), RemovalTimes.Default, Make.Act(), default)
                .ContinueWith(asked => (i % 2 == 0 ? other : Store).CancelRemovalAsync(anna.Account, asked.Result!.Id, Make.Head(1), Make.Act(), default)).Unwrap())));
        List<LoggedEvent> events = await EventsAsync(anna.Account);
        Assert.True(events.Count > 2);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(row => row.Number));
        Assert.Single(await EventsAsync(berta.Account));
    }

    [Fact]
    public async Task The_pushes_of_a_device_are_one_row_a_day_with_count_and_bytes()
    {
        VaultKey anna = await AddAsync();
        Guid laptop = Guid.NewGuid(), phone = Guid.NewGuid();
        long bytes = 0;
        for (int i = 0; i < 4; i++)
        {
            PushRequest request = Make.Push(i, Make.Record(Guid.NewGuid()));
            bytes += i == 3 ? 0 : request.Records.Sum(record => record.Body.Length);
            Push push = Sealed(request) with { Device = i == 3 ? phone : laptop, Now = Now.AddHours(i) };
            Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, push, default))!.Status);
            // A repeat is no other push.
            await Store.ApplyPushAsync(anna, push, default);
        }

        Assert.Equal([EventType.Registered], await TypesAsync(anna.Account, Now.AddHours(23)));
        Assert.Equal([3L, 1L], (await OpenAsync(anna.Account, Now.AddHours(23))).OrderByDescending(sum => sum.Count).Select(sum => sum.Count));

        List<LoggedEvent> events = await EventsAsync(anna.Account, Now.AddDays(1));
        LoggedEvent ofLaptop = Assert.Single(events, row => row.Device == laptop);
        Assert.Equal((EventType.Pushed, 3L, bytes, Now, Now.AddHours(2)), ((EventType)ofLaptop.Type, ofLaptop.Count, ofLaptop.Bytes, ofLaptop.Since!.Value, ofLaptop.Time));
        Assert.Equal(1, Assert.Single(events, row => row.Device == phone).Count);
        Assert.Empty(await OpenAsync(anna.Account, Now.AddDays(1)));
        Assert.Equal(3, events.Count);
    }

    [Fact]
    public async Task A_stranger_who_fails_for_a_day_adds_two_rows_an_hour_at_most()
    {
        long anna = (await AddAsync()).Account;
        byte[] account = Make.Bytes(32);
        int failed = 0;
        for (int minute = 0; minute < 24 * 60; minute += GoesOn ? 1 : 6)
        {
            for (int i = 0; i < 3; i++)
                failed += await FailAsync(Keys(account) with { From = Home }, Now.AddMinutes(minute), anna) is null ? 1 : 0;
        }

        List<LoggedEvent> events = await EventsAsync(anna, Now.AddDays(1));
        Assert.InRange(events.Count, 25, 1 + (2 * 24));
        LoggedEvent[] refused = [.. events.Where(row => row.Type == (int)EventType.Refused)];
        Assert.Equal(24, refused.Length);
        Assert.True(refused.Sum(row => row.Count) >= failed);
        Assert.All(refused, row => Assert.Equal(Home, row.Address));
        Assert.Contains(events, row => row.Type == (int)EventType.LockedOut);
    }

    [Fact]
    public async Task A_wrong_proof_of_a_device_is_refused_and_the_failure_that_locks_out_says_so()
    {
        long anna = (await AddAsync()).Account;
        AttemptKeys laptop = Keys() with { Device = Make.Bytes(32) };
        while (await FailAsync(laptop, Now, anna) is null)
        {
        }

        IReadOnlyList<OpenSum> open = await OpenAsync(anna);
        Assert.Equal(LockoutPolicy.Device.Capacity, Assert.Single(open, sum => sum.Type == (int)EventType.Refused).Count);
        Assert.Equal(1, Assert.Single(open, sum => sum.Type == (int)EventType.LockedOut).Count);
    }

    [Fact]
    public async Task Sign_ins_beyond_ten_in_an_hour_are_one_row()
    {
        long anna = (await AddAsync()).Account;
        for (int i = 0; i < 25; i++)
            await Store.SignInDeviceAsync(anna, Device() with { From = Home }, default);
        Assert.Equal(11, (await EventsAsync(anna)).Count);
        List<LoggedEvent> events = await EventsAsync(anna, Now.AddHours(1));
        Assert.Equal(12, events.Count);
        Assert.Equal((15L, Now), (events[^1].Count, events[^1].Since!.Value));
        Assert.Equal(EventType.SignedIn, (EventType)events[^1].Type);
    }

    [Fact]
    public async Task Refusals_of_unknown_User_IDs_are_counted_by_hour_and_are_in_no_log()
    {
        for (int i = 0; i < 3; i++)
            await FailAsync(Keys(), Now.AddMinutes(30 * i));
        Assert.Equal([new UnknownRefusals(Now, 2, 0), new UnknownRefusals(Now.AddHours(1), 1, 0)], await Store.ReadUnknownRefusalsAsync(Now, default));
        Assert.Empty(await EventsAsync(0));
        await Store.TrimEventsAsync(Now.AddMinutes(1), default);
        Assert.Single(await Store.ReadUnknownRefusalsAsync(Now, default));
    }

    [Fact]
    public async Task The_server_has_a_log_of_its_own()
    {
        await Store.NoteStartAsync(Now, default);
        await Store.NoteStartAsync(Now.AddDays(1), default);
        await Store.NoteServerEventAsync(EventType.ServerBackedUp, Make.Act(Now.AddDays(2)), default);
        VaultKey anna = await AddAsync();
        await Store.RemoveAccountAsync(anna.Account, Make.Head(1), Make.Act(address: Home), default);
        List<LoggedEvent> events = await EventsAsync(0);
        Assert.Equal(
            [EventType.ServerMigrated, EventType.ServerStarted, EventType.ServerStarted, EventType.ServerBackedUp, EventType.AccountRemoved],
            events.Select(row => (EventType)row.Type));
        Assert.Equal(anna.Account, events[^1].Subject);
        Assert.Null(events[^1].Address);
    }

    [Fact]
    public async Task The_log_of_a_removed_account_goes_with_it()
    {
        VaultKey anna = await AddAsync();
        await FailAsync(Keys(), Now, anna.Account);
        await Store.RemoveAccountAsync(anna.Account, Make.Head(1), Make.Act(), default);
        Assert.Null(await Store.ReadEventsAsync(anna.Account, 0, Now, default));
        await FailAsync(Keys(), Now, anna.Account);
        while (await Store.EraseRemovedAsync(default))
        {
        }

        VaultKey berta = await AddAsync("berta");
        Assert.Equal([EventType.Registered], await TypesAsync(berta.Account, Now.AddHours(2)));
    }

    [Fact]
    public async Task After_its_time_an_address_is_erased_and_the_chain_stays()
    {
        long anna = (await AddAsync()).Account;
        foreach (int day in new[] { 0, 1, 2 })
            await Store.SignInDeviceAsync(anna, Device() with { From = Home, Now = Now.AddDays(day) }, default);
        await FailAsync(Keys() with { From = Home }, Now, anna);
        List<LoggedEvent> before = await EventsAsync(anna, Now.AddDays(3));
        while (await Store.EraseAddressesAsync(Now.AddDays(1), default))
        {
        }

        List<LoggedEvent> after = await EventsAsync(anna, Now.AddDays(3));
        Assert.Equal(before.Select(row => row.AddressHash), after.Select(row => row.AddressHash));
        Assert.All(after, row => Assert.Equal(row.Time < Now.AddDays(1) ? null : Home, row.Address));
        Assert.All(after, row => Assert.Equal(row.Address is null, row.AddressKey is null));
        Assert.All(before.Skip(1), row => Assert.NotNull(row.AddressHash));
    }

    [Fact]
    public async Task Retention_leaves_an_anchor_from_which_the_chain_goes_on()
    {
        long anna = (await AddAsync()).Account;
        for (int day = 0; day < 6; day++)
            await Store.SignInDeviceAsync(anna, Device() with { Now = Now.AddDays(day) }, default);
        LogHead head = (await Store.ReadEventsAsync(anna, 0, Now.AddDays(6), default))!.Head;
        List<LoggedEvent> all = await EventsAsync(anna, Now.AddDays(6));
        while (await Store.TrimEventsAsync(Now.AddDays(3), default))
        {
        }

        EventPage page = (await Store.ReadEventsAsync(anna, 0, Now.AddDays(6), default))!;
        Assert.Equal(all.Count(row => row.Time < Now.AddDays(3)), page.After.Number);
        Assert.Equal(all.Skip((int)page.After.Number).Select(row => row.Number), (await EventsAsync(anna, Now.AddDays(6), page.After)).Select(row => row.Number));
        Assert.True(head.IsSame(page.Head));

        // Nothing but the anchor is left, and the next event follows it.
        while (await Store.TrimEventsAsync(Now.AddDays(30), default))
        {
        }

        Assert.True(head.IsSame((await Store.ReadEventsAsync(anna, 0, Now.AddDays(30), default))!.After));
        await Store.SignInDeviceAsync(anna, Device() with { Now = Now.AddDays(30) }, default);
        Assert.Equal(head.Number + 1, Assert.Single(await EventsAsync(anna, Now.AddDays(30), head)).Number);
    }
}
