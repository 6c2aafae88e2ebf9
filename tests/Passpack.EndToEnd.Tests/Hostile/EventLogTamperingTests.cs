using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Lies about the log of events: since the victim last synced, another machine was connected, so that the log moved on.</summary>
public sealed class EventLogTamperingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    private static readonly byte[] s_otherHash = [.. Enumerable.Repeat((byte)7, 32)];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Account.MachineAsync("third");
    }

    private AccountRow Row()
    {
        using VaultUse use = Victim.Vault.Use();
        return AccountRow.Load(use.Connection, use.Keys);
    }

    private static Lie Page(Func<EventPage, EventPage> alter) => Lies.About(Routes.Events, async exchange =>
        (await exchange.HonestAsync()) is { Status: 200 } honest ? honest.With(ProtocolJson.Default.EventPage, alter) : await exchange.HonestAsync());

    private static Lie Head(Func<LogHead, LogHead?> alter) => Lies.Head(head => head with { Log = alter(head.Log!) });

    [Fact]
    public Task An_event_dropped_at_the_end() => RefusedAsync(ErrorCodes.ServerTampered, Page(page => page with { Events = [.. page.Events.SkipLast(1)] }));

    [Fact]
    public Task An_event_dropped_from_within() => RefusedAsync(ErrorCodes.ServerTampered, Page(page => page with { Events = [.. page.Events.Skip(1)] }));

    [Fact]
    public Task An_event_dropped_and_the_others_renumbered() => RefusedAsync(ErrorCodes.ServerTampered,
        Page(page => page with { Events = [.. page.Events.Skip(1).Select(row => row with { Number = row.Number - 1 })] }));

    [Fact]
    public Task An_event_invented() => RefusedAsync(ErrorCodes.ServerTampered,
        Page(page => page with { Events = [page.Events[0], .. page.Events.Select(row => row with { Number = row.Number + 1 })] }));

    [Fact]
    public Task Events_reordered() => RefusedAsync(ErrorCodes.ServerTampered, Page(page => page with { Events = [.. page.Events.Reverse()] }));

    [Fact]
    public Task Events_reordered_and_renumbered() => RefusedAsync(ErrorCodes.ServerTampered,
        Page(page => page with { Events = [.. page.Events.Zip(page.Events.Reverse(), (there, here) => here with { Number = there.Number })] }));

    [Theory]
    [InlineData("time")]
    [InlineData("type")]
    [InlineData("actor")]
    [InlineData("device")]
    [InlineData("no device")]
    [InlineData("since")]
    [InlineData("count")]
    [InlineData("bytes")]
    [InlineData("subject")]
    [InlineData("no address")]
    public Task An_event_altered(string what) => RefusedAsync(ErrorCodes.ServerTampered, Page(page => page with { Events = [Altered(page.Events[0], what), .. page.Events.Skip(1)] }));

    private static LoggedEvent Altered(LoggedEvent row, string what) => what switch
    {
        "time" => row with { Time = row.Time.AddMilliseconds(1) },
        "type" => row with { Type = (int)EventType.DeviceWoken },
        "actor" => row with { Actor = (int)EventActor.Administrator },
        "device" => row with { Device = Guid.NewGuid() },
        "no device" => row with { Device = null },
        "since" => row with { Since = row.Time },
        "count" => row with { Count = row.Count + 1 },
        "bytes" => row with { Bytes = row.Bytes + 1 },
        "subject" => row with { Subject = 1 },
        _ => row with { Address = null, AddressKey = null, AddressHash = null },
    };

    [Fact]
    public Task An_address_other_than_the_one_that_was_hashed() => RefusedAsync(ErrorCodes.ServerRefused,
        Page(page => page with { Events = [page.Events[0] with { Address = "192.0.2.99" }, .. page.Events.Skip(1)] }));

    [Fact]
    public Task A_head_that_is_older() => RefusedAsync(ErrorCodes.ServerRolledBack, Head(_ => new LogHead(1, s_otherHash)));

    [Fact]
    public Task A_head_that_is_forged() => RefusedAsync(ErrorCodes.ServerTampered, Head(head => head with { Hash = s_otherHash }));

    [Fact]
    public Task A_head_further_than_the_log() => RefusedAsync(ErrorCodes.ServerTampered, Head(head => new LogHead(head.Number + 5, s_otherHash)));

    [Fact]
    public Task A_head_at_the_same_place_with_another_hash() =>
        RefusedAsync(ErrorCodes.ServerTampered, Head(_ => new LogHead(Row().Log!.Number, s_otherHash)));

    [Fact]
    public Task No_head_any_more() => RefusedAsync(ErrorCodes.ServerTampered, Head(_ => null));

    [Fact]
    public Task A_head_of_another_form() => RefusedAsync(ErrorCodes.ServerRefused, Head(head => head with { Hash = [1] }));

    [Fact]
    public Task An_anchor_that_is_forged_to_pass_over_events() => RefusedAsync(ErrorCodes.ServerTampered, Page(page => page with
    {
        After = new LogHead(page.Events[0].Number, EventChain.Hash(page.After.Hash, page.Events[0])),
        Events = [.. page.Events.Skip(1)],
    }));

    [Fact]
    public Task An_anchor_in_place_of_all_events() => RefusedAsync(ErrorCodes.ServerTampered, Page(page => page with { After = page.Head, Events = [] }));

    [Fact]
    public async Task An_anchor_is_believed_by_a_machine_that_was_away_for_longer_than_events_are_kept()
    {
        Clock.Off = (long)TimeSpan.FromDays(Limits.EventDays).TotalMilliseconds;
        Hostile.Lie = Page(page => page with { After = page.Head, Events = [] });
        await Victim.SyncAsync();
        await HonestAgainAsync();
    }

    [Fact]
    public async Task A_log_without_an_end()
    {
        Hostile.Requests = 0;
        LogHead known = Row().Log!, at = known;
        Lie endless = Lies.About(Routes.Events, exchange =>
        {
            var row = new LoggedEvent(at.Number + 1, DateTimeOffset.UnixEpoch, 2, 1, null, null, 1, 0, 0);
            var page = new EventPage(at, [row], new LogHead(1_000_000_000, s_otherHash), []);
            at = new LogHead(row.Number, EventChain.Hash(at.Hash, row));
            return Task.FromResult<Answer?>(Answer.Json(page, ProtocolJson.Default.EventPage));
        });
        Lie head = Head(_ => new LogHead(1_000_000_000, s_otherHash));
        await RefusedAsync(ErrorCodes.ServerTampered, exchange => exchange.Is(Routes.Events) ? endless(exchange) : head(exchange));
    }

    [Fact]
    public async Task The_answer_to_a_push_with_an_older_head()
    {
        Hostile.Lie = Lies.About(Routes.Pushes, async exchange => (await exchange.HonestAsync())
            .With(ProtocolJson.Default.PushAnswer, answer => answer with { Log = new LogHead(1, s_otherHash) }));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        Assert.Equal(ErrorCodes.ServerRolledBack, refused.ErrorId);
        await HonestAgainAsync();
    }

    [Fact]
    public async Task A_log_that_went_back_is_taken_when_the_user_accepts_that_and_only_then()
    {
        await Victim.SyncAsync();
        LogHead older = EventChain.Begin(Row().VaultId);
        Lie restored = Head(_ => older);
        string before = Victim.DumpVault();
        Hostile.Lie = restored;
        Assert.Equal(ErrorCodes.ServerRolledBack, (await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync())).ErrorId);
        Assert.Equal(before, Victim.DumpVault());
        SyncResult result = await Victim.SyncAsync(new SyncOptions { AcceptRollback = true });
        Assert.Contains(result.Notices, notice => notice.Contains("log of events", StringComparison.Ordinal));
        Assert.True(older.IsSame(Row().Log));
        await Victim.SyncAsync();
        await HonestAgainAsync();
    }

    [Fact]
    public async Task Events_are_asked_for_once_and_an_idle_sync_is_one_request()
    {
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Hostile.Requests = 0;
        await Victim.SyncAsync();
        Assert.Equal(1, Hostile.Requests);
        await Account.MachineAsync("fourth");
        await Victim.SyncAsync();
        Assert.Equal(3, Hostile.Requests);
        await Victim.SyncAsync();
        Assert.Equal(4, Hostile.Requests);
    }

    [Fact]
    public async Task A_plan_verifies_the_log_and_keeps_nothing()
    {
        string before = Victim.DumpVault();
        await Victim.SyncAsync(new SyncOptions { WhatIf = true });
        Assert.Equal(before, Victim.DumpVault());
        await RefusedAsync(ErrorCodes.ServerTampered, Page(page => page with { Events = [.. page.Events.Skip(1)] }), new SyncOptions { WhatIf = true });
    }

    [Fact]
    public async Task What_this_machine_saw_cannot_be_told_otherwise_and_nothing_unproved_is_shown()
    {
        LogHead known = Row().Log!;
        // A whole chain of its own, without any fault in itself.
        Hostile.Lie = Page(page =>
        {
            LogHead at = page.After;
            List<LoggedEvent> forged = [.. page.Events.Select(row => row with { Address = null, AddressKey = null, AddressHash = null })];
            foreach (LoggedEvent row in forged)
                at = new LogHead(row.Number, EventChain.Hash(at.Hash, row));
            return page with { Events = forged, Head = at };
        });
        List<OnlineEvent> shown = [];
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => ReadAsync(0, shown));
        Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
        Assert.Empty(shown);
        Assert.True(known.IsSame(Row().Log));

        Hostile.Lie = null;
        await ReadAsync(0, shown);
        Assert.Equal(Enumerable.Range(1, shown.Count(told => told.Number is not null)).Select(i => (long?)i), shown.Where(told => told.Number is not null).Select(told => told.Number));
        Assert.Equal(shown.Max(told => told.Number), Row().Log!.Number);
        Assert.Contains(shown, told => told is { Number: null, Type: (int)EventType.Pushed });
        List<OnlineEvent> later = [];
        await ReadAsync(shown.Max(told => told.Number)!.Value - 1, later);
        Assert.Equal(shown.Max(told => told.Number), Assert.Single(later, told => told.Number is not null).Number);
        await HonestAgainAsync();
    }

    [Fact]
    public async Task The_log_of_another_account_is_not_this_one()
    {
        TestAccount other = await TestAccount.RegisterAsync(Server);
        await using (other)
        {
            Machine stranger = await other.MachineAsync("stranger", null, Hostile.Address);
            Hostile.Lie = Lies.About(Routes.Events, async exchange =>
            {
                Answer honest = await exchange.HonestAsync();
                return honest.With(ProtocolJson.Default.EventPage, page => page with { After = EventChain.Begin(Row().VaultId) });
            });
            await Assert.ThrowsAsync<PasspackException>(async () =>
            {
                await foreach (OnlineEvent _ in EventLog.ReadAsync(stranger.Vault))
                {
                }
            });
        }
    }

    private async Task ReadAsync(long after, List<OnlineEvent> told)
    {
        await foreach (OnlineEvent row in EventLog.ReadAsync(Victim.Vault, after))
            told.Add(row);
    }
}
