using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

// Second factors.
public abstract partial class StoreContract
{
    private static SecondFactorUse Use(byte[] seed, long? step, byte[]? code = null) => new(seed, code ?? Make.Bytes(SecondFactors.HashBytes), step, Guid.NewGuid(), Now);

    private static SecondFactorSetup Setup() =>
        new(Make.Bytes(SecondFactors.SeedBytes), Make.Bytes(SecondFactors.RecoveryCodes * SecondFactors.HashBytes), Now);

    [Fact]
    public async Task A_set_up_waits_is_replaced_and_is_confirmed_once()
    {
        VaultKey anna = await AddAsync();
        SecondFactorSetup first = Setup(), second = Setup();
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.SetUpSecondFactorAsync(anna.Account, first, Make.Head(2), default));
        Assert.Equal(ChangeOutcome.Done, await Store.SetUpSecondFactorAsync(anna.Account, first, Make.Head(1), default));
        Assert.Equal(ChangeOutcome.Done, await Store.SetUpSecondFactorAsync(anna.Account, second, Make.Head(1), default));
        Assert.Equivalent(second, await Store.FindSecondFactorSetupAsync(anna.Account, Now.AddMilliseconds(-1), default), strict: true);
        Assert.Null(await Store.FindSecondFactorSetupAsync(anna.Account, Now, default));
        Assert.Null((await Store.FindLoginAsync("anna", default))!.SecondFactor);

        Assert.False(await Store.ConfirmSecondFactorAsync(anna.Account, first, Use(first.Seed, 7), Make.Act(), default));
        SecondFactorUse use = Use(second.Seed, 7);
        Assert.True(await Store.ConfirmSecondFactorAsync(anna.Account, second, use, Make.Act(), default));
        Assert.False(await Store.ConfirmSecondFactorAsync(anna.Account, second, use, Make.Act(), default));
        StoredSecondFactor factor = (await Store.FindLoginAsync(anna.Account, default))!.SecondFactor!;
        Assert.Equivalent(new StoredSecondFactor(second.Seed, second.Recovery, 7, use), factor, strict: true);
    }

    [Fact]
    public async Task A_code_is_noted_once_whichever_node_is_asked()
    {
        VaultKey anna = await AddAsync();
        SecondFactorSetup setup = Setup();
        await Store.SetUpSecondFactorAsync(anna.Account, setup, Make.Head(1), default);
        Assert.False(await Store.UseSecondFactorAsync(anna.Account, Use(setup.Seed, 8), default));
        await Store.ConfirmSecondFactorAsync(anna.Account, setup, Use(setup.Seed, 7), Make.Act(), default);
        IServerStore other = await OtherNodeAsync();
        byte[] code = setup.Recovery[..SecondFactors.HashBytes];

        foreach (SecondFactorUse use in new[] { Use(setup.Seed, 9), Use(setup.Seed, null, code) })
        {
            bool[] noted = await Task.WhenAll(new[] { Store, other, Store, other }.Select(node => Task.Run(() => node.UseSecondFactorAsync(anna.Account, use, default))));
            Assert.Single(noted, one => one);
        }

        Assert.False(await Store.UseSecondFactorAsync(anna.Account, Use(setup.Seed, 8), default));
        Assert.False(await Store.UseSecondFactorAsync(anna.Account, Use(Make.Bytes(SecondFactors.SeedBytes), 10), default));
        Assert.True(await other.UseSecondFactorAsync(anna.Account, Use(setup.Seed, 10), default));
        Assert.Equal(setup.Recovery[SecondFactors.HashBytes..], (await Store.FindLoginAsync("anna", default))!.SecondFactor!.Recovery);
    }

    [Fact]
    public async Task A_second_factor_goes_when_it_is_removed_and_with_its_account()
    {
        VaultKey anna = await AddAsync();
        for (int round = 0; round < 2; round++)
        {
            SecondFactorSetup setup = Setup();
            await Store.SetUpSecondFactorAsync(anna.Account, setup, Make.Head(1), default);
            await Store.ConfirmSecondFactorAsync(anna.Account, setup, Use(setup.Seed, 7), Make.Act(), default);
            await Store.SetUpSecondFactorAsync(anna.Account, Setup(), Make.Head(1), default);
            if (round == 1)
                break;
            Assert.Equal(ChangeOutcome.HeadMoved, await Store.RemoveSecondFactorAsync(anna.Account, Make.Head(2), Make.Act(), default));
            Assert.NotNull((await Store.FindLoginAsync("anna", default))!.SecondFactor);
            Assert.Equal(ChangeOutcome.Done, await Store.RemoveSecondFactorAsync(anna.Account, Make.Head(1), Make.Act(), default));
            Assert.Equal(ChangeOutcome.NotThere, await Store.RemoveSecondFactorAsync(anna.Account, Make.Head(1), Make.Act(), default));
            Assert.Null((await Store.FindLoginAsync("anna", default))!.SecondFactor);
            Assert.Null(await Store.FindSecondFactorSetupAsync(anna.Account, Now.AddDays(-1), default));
        }

        Assert.Equal(ChangeOutcome.Done, await Store.RemoveAccountAsync(anna.Account, Make.Head(1), Make.Act(), default));
        // What refers to an account keeps it from being erased.
        while (await Store.EraseRemovedAsync(default))
        {
        }

        Assert.False(await Store.HasAccountsAsync(default));
        Assert.Null(await Store.FindSecondFactorSetupAsync(anna.Account, Now.AddDays(-1), default));
    }

    [Fact]
    public async Task An_invitation_is_used_once_and_makes_the_administrator_that_it_says()
    {
        var first = new NewInvitation(Make.Bytes(32), Administrator: true, Now.AddDays(1));
        var second = first with { Hash = Make.Bytes(32), Administrator = false };
        Assert.Equal(ChangeOutcome.Done, await Store.AddInvitationAsync(first, null, Make.Act(), default));
        Assert.True(await Store.HasInvitationAsync(first.Hash, Now, default));
        Assert.False(await Store.HasInvitationAsync(first.Hash, first.Expires, default));
        Assert.False(await Store.HasInvitationAsync(second.Hash, Now, default));

        IServerStore other = await OtherNodeAsync();
        AddOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => (i % 2 == 0 ? Store : other).AddAccountAsync(
            Account($"user{i}", Make.Keys(Guid.NewGuid())) with { Invitation = first.Hash }, Device(), onlyFirst: false, default))));
        Assert.Equal(1, outcomes.Count(outcome => outcome == AddOutcome.Added));
        Assert.Equal(3, outcomes.Count(outcome => outcome == AddOutcome.NotInvited));
        Assert.False(await Store.HasInvitationAsync(first.Hash, Now, default));

        string name = $"user{Array.IndexOf(outcomes, AddOutcome.Added)}";
        long administrator = (await Store.FindLoginAsync(name, default))!.Account;
        VaultKey berta = await AddAsync("berta");
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.AddInvitationAsync(second, (administrator, Make.Head(2)), Make.Act(), default));
        Assert.Equal(ChangeOutcome.NotPermitted, await Store.AddInvitationAsync(second, (berta.Account, Make.Head(1)), Make.Act(), default));
        Assert.False(await Store.HasInvitationAsync(second.Hash, Now, default));
        Assert.Equal(ChangeOutcome.Done, await Store.AddInvitationAsync(second, (administrator, Make.Head(1)), Make.Act(), default));

        // A name that is taken uses nothing up.
        NewAccount taken = Account("berta", Make.Keys(Guid.NewGuid())) with { Invitation = second.Hash };
        Assert.Equal(AddOutcome.Taken, await Store.AddAccountAsync(taken, Device(), onlyFirst: false, default));
        Assert.Equal(AddOutcome.Added, await Store.AddAccountAsync(taken with { UserId = "carla" }, Device(), onlyFirst: false, default));
        long carla = (await Store.FindLoginAsync("carla", default))!.Account;
        Assert.Equal(ChangeOutcome.NotPermitted, await Store.AddInvitationAsync(first, (carla, Make.Head(1)), Make.Act(), default));
        // Again, as if somebody repeated the request: it stays used.
        Assert.Equal(ChangeOutcome.Done, await Store.AddInvitationAsync(second, (administrator, Make.Head(1)), Make.Act(), default));
        Assert.False(await Store.HasInvitationAsync(second.Hash, Now, default));
        Assert.Equal([EventType.Registered, EventType.Invited], await TypesAsync(administrator));
    }

    [Fact]
    public async Task Second_factors_are_events_of_their_account()
    {
        VaultKey anna = await AddAsync();
        SecondFactorSetup setup = Setup();
        await Store.SetUpSecondFactorAsync(anna.Account, setup, Make.Head(1), default);
        await Store.ConfirmSecondFactorAsync(anna.Account, setup, Use(setup.Seed, 7), Make.Act(), default);
        await Store.ConfirmSecondFactorAsync(anna.Account, setup, Use(setup.Seed, 8), Make.Act(), default);
        await Store.RemoveSecondFactorAsync(anna.Account, Make.Head(2), Make.Act(), default);
        await Store.RemoveSecondFactorAsync(anna.Account, Make.Head(1), Make.Act(), default);
        Assert.Equal([EventType.Registered, EventType.SecondFactorSet, EventType.SecondFactorRemoved], await TypesAsync(anna.Account));
    }

    private async Task<AdministratorTurn> TurnAsync(string userId, IServerStore? store = null)
    {
        long account = (await Store.FindLoginAsync(userId, default))!.Account;
        KeysAnswer keys = (await (store ?? Store).GetKeysAsync(account, default))!;
        return new AdministratorTurn(account, keys.Head, keys.Administered ?? 0);
    }

    [Fact]
    public async Task An_administrators_turn_comes_once_whichever_node_is_asked()
    {
        VaultKey root = await AddAsync("root"), anna = await AddAsync();
        Assert.Null((await Store.GetKeysAsync(root.Account, default))!.Administered);
        Assert.Equal(ChangeOutcome.NotPermitted, await Store.AdministerAsync(await TurnAsync("root"), default));
        Assert.False(await Store.SetAdministratorAsync("nobody", true, Make.Act(), default));
        Assert.True(await Store.SetAdministratorAsync("root", true, Make.Act(), default));
        Assert.True(await Store.SetAdministratorAsync("root", true, Make.Act(), default));
        Assert.Equal([("root", false)], await Store.ListAdministratorsAsync(9, default));

        IServerStore other = await OtherNodeAsync();
        AdministratorTurn turn = await TurnAsync("root");
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.AdministerAsync(turn with { Head = Make.Head(2) }, default));
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.AdministerAsync(turn with { Number = 1 }, default));
        ChangeOutcome[] outcomes = await Task.WhenAll(new[] { Store, other, Store, other }.Select(node => Task.Run(() => node.AdministerAsync(turn, default))));
        Assert.Single(outcomes, outcome => outcome == ChangeOutcome.Done);
        Assert.Equal(3, outcomes.Count(outcome => outcome == ChangeOutcome.HeadMoved));
        Assert.Equal(1, (await TurnAsync("root", other)).Number);

        // Used up also where nothing comes of it.
        turn = await TurnAsync("root");
        Assert.Equal(ChangeOutcome.NotThere, (await Store.ChangeAccountAsync(turn, "nobody", new AccountChange { Disabled = true }, Make.Act(), default)).Outcome);
        Assert.Equal(ChangeOutcome.HeadMoved, (await Store.ChangeAccountAsync(turn, "anna", new AccountChange { Disabled = true }, Make.Act(), default)).Outcome);
        foreach (AccountChange own in new[] { new AccountChange { Disabled = true }, new AccountChange { Removed = true } })
            Assert.Equal(ChangeOutcome.NotOneself, (await Store.ChangeAccountAsync(await TurnAsync("root"), "root", own, Make.Act(), default)).Outcome);
        Assert.Equal(ChangeOutcome.NotPermitted, (await Store.ChangeAccountAsync(
            await TurnAsync("anna"), "nobody", new AccountChange { Disabled = true }, Make.Act(), default)).Outcome);

        Assert.True(await Store.SetAdministratorAsync("root", false, Make.Act(), default));
        Assert.Equal(ChangeOutcome.NotPermitted, await Store.AdministerAsync(turn, default));
        Assert.Empty(await Store.ListAdministratorsAsync(9, default));
        Assert.Equal([EventType.Registered, EventType.AdministratorGranted, EventType.AdministratorRevoked], await TypesAsync(root.Account));
        Assert.Equal([EventType.Registered], await TypesAsync(anna.Account));
    }

    [Fact]
    public async Task Each_part_of_an_administrators_change_is_made_and_told_in_both_logs()
    {
        await AddAsync("root");
        VaultKey anna = await AddAsync();
        await Store.SetAdministratorAsync("root", true, Make.Act(), default);
        DeviceSignIn device = Device();
        await WakeAsync(anna, device);
        async Task<AdministrationOutcome> Change(AccountChange change) => await Store.ChangeAccountAsync(await TurnAsync("root"), "anna", change, Make.Act(), default);

        Assert.Equal(ChangeOutcome.Done, (await Change(new AccountChange { Disabled = true })).Outcome);
        Assert.True((await Store.FindLoginAsync("anna", default))!.Disabled);
        Assert.True((await Store.FindDeviceAsync(device.TokenHash, default))!.Disabled);
        await Change(new AccountChange { Disabled = true });
        await Change(new AccountChange { Disabled = false, Quota = new QuotaChange(5000), NeedsSecondFactor = true });
        Assert.True((await Store.FindDeviceAsync(device.TokenHash, default)) is { Disabled: false, LacksSecondFactor: true });
        Assert.True((await Store.FindLoginAsync("anna", default))!.NeedsSecondFactor);
        Assert.Equal(5000, (await Store.FindPushBaseAsync(anna, Guid.NewGuid(), default))!.QuotaBytes);
        SecondFactorSetup setup = Setup();
        await Store.SetUpSecondFactorAsync(anna.Account, setup, Make.Head(1), default);
        await Store.ConfirmSecondFactorAsync(anna.Account, setup, Use(setup.Seed, 7), Make.Act(), default);
        Assert.False((await Store.FindDeviceAsync(device.TokenHash, default))!.LacksSecondFactor);
        await Change(new AccountChange { Quota = new QuotaChange(null), NeedsSecondFactor = false });
        Assert.Null((await Store.FindPushBaseAsync(anna, Guid.NewGuid(), default))!.QuotaBytes);

        DeviceSignIn waiting = Device();
        await Store.SignInDeviceAsync(anna.Account, waiting, default);
        AdministrationOutcome reset = await Change(new AccountChange { Lockout = true, Devices = true, SecondFactor = true, Code = (Make.Bytes(32), Now.AddHours(1)) });
        Assert.Equal(2, reset.Devices);
        Assert.Null(await Store.FindDeviceAsync(device.TokenHash, default));
        Assert.Null(await Store.FindDeviceAsync(waiting.TokenHash, default));
        StoredLogin login = (await Store.FindLoginAsync("anna", default))!;
        Assert.Equal((null, 1), (login.SecondFactor, login.LockoutResets));
        ServerAccountSummary seen = Assert.Single(await Store.ListAccountsAsync(0, "anna", 9, Now, default));
        Assert.Equal(Now.AddHours(1), seen.ResetUntil);
        Assert.Null(Assert.Single(await Store.ListAccountsAsync(0, "anna", 9, Now.AddHours(1), default)).ResetUntil);
        await Change(new AccountChange { SecondFactor = true });

        EventType[] acts =
        [
            EventType.AccountDisabled, EventType.AccountEnabled, EventType.QuotaSet, EventType.SecondFactorDemanded, EventType.QuotaSet,
            EventType.SecondFactorDemanded, EventType.LockoutReset, EventType.DevicesReset, EventType.SecondFactorReset, EventType.PasswordResetGiven,
        ];
        Assert.Equal(acts, (await TypesAsync(anna.Account)).Where(acts.Contains));
        Assert.Equal(acts, (await TypesAsync(0)).Where(acts.Contains));

        Assert.Equal(ChangeOutcome.Done, (await Change(new AccountChange { Removed = true })).Outcome);
        Assert.Null(await Store.FindLoginAsync("anna", default));
        Assert.Equal(ChangeOutcome.NotThere, (await Change(new AccountChange { Removed = true })).Outcome);
        Assert.Equal(EventType.AccountRemoved, (await TypesAsync(0)).Last());
    }

    [Fact]
    public async Task Accounts_are_listed_in_pages_by_their_numbers()
    {
        VaultKey root = await AddAsync("root");
        for (int i = 0; i < 5; i++)
            await AddAsync($"user{i}");
        await Store.ApplyPushAsync(root, Sealed(Make.Push(0, Make.Records(4))), default);
        await Store.RemoveAccountAsync((await Store.FindLoginAsync("user1", default))!.Account, Make.Head(1), Make.Act(), default);
        await Store.SetAdministratorAsync("user2", true, Make.Act(), default);
        await Store.ChangeAccountAsync(await TurnAsync("user2"), "user3", new AccountChange { Disabled = true }, Make.Act(), default);

        List<ServerAccountSummary> all = [];
        while (await Store.ListAccountsAsync(all.LastOrDefault()?.Number ?? 0, null, 2, Now, default) is { Count: > 0 } page)
        {
            Assert.True(page.Count <= 2);
            all.AddRange(page);
        }

        Assert.Equal(["root", "user0", "user2", "user3", "user4"], all.Select(account => account.UserId));
        Assert.Equal(all.Select(account => account.Number).Order(), all.Select(account => account.Number));
        Assert.True(all[0] is { Records: 4, Vaults: 1, Devices: 1, Administrator: false } && all[2].Administrator && all[3].Disabled);
        Assert.Equal(Now, all[0].LastSeen);
        Assert.Empty(await Store.ListAccountsAsync(0, "user1", 9, Now, default));
        StoreTotals totals = await Store.GetTotalsAsync(default);
        Assert.Equal((5, 1, 1), (totals.Accounts, totals.Disabled, totals.Administrators));
        Assert.True(totals.Bytes > all.Sum(account => account.Bytes));
    }

    [Fact]
    public async Task Invitations_are_listed_until_they_expire_and_taken_back_once()
    {
        VaultKey root = await AddAsync("root");
        await Store.SetAdministratorAsync("root", true, Make.Act(), default);
        NewInvitation[] made = [.. Enumerable.Range(0, 3).Select(i => new NewInvitation(Make.Bytes(32), false, Now.AddDays(1 + i), i == 0 ? null : 1000 + i))];
        foreach (NewInvitation one in made)
            await Store.AddInvitationAsync(one, (root.Account, Make.Head(1)), Make.Act(), default);
        await Store.AddInvitationAsync(new NewInvitation(Make.Bytes(32), true, Now.AddDays(1)), null, Make.Act(), default);
        IReadOnlyList<InvitationSummary> first = await Store.ListInvitationsAsync(new byte[32], 3, Now, default);
        IReadOnlyList<InvitationSummary> rest = await Store.ListInvitationsAsync(first[^1].Hash, 3, Now, default);
        InvitationSummary[] all = [.. first, .. rest];
        Assert.Equal(4, all.Length);
        Assert.Equal(all.Select(one => Convert.ToHexString(one.Hash)).Order(StringComparer.Ordinal), all.Select(one => Convert.ToHexString(one.Hash)));
        Assert.Equal(["root", "root", "root"], all.Where(one => !one.Administrator).Select(one => one.By));
        Assert.Null(all.Single(one => one.Administrator).By);
        Assert.Equal(1002, all.Single(one => one.Hash.AsSpan().SequenceEqual(made[2].Hash)).Quota);
        Assert.Equal(2, (await Store.ListInvitationsAsync(new byte[32], 9, Now.AddDays(1), default)).Count);

        NewAccount invited = Account("berta", Make.Keys(Guid.NewGuid())) with { Invitation = made[1].Hash };
        Assert.Equal(AddOutcome.Added, await Store.AddAccountAsync(invited, Device(), onlyFirst: false, default));
        Assert.Equal(1001, Assert.Single(await Store.ListAccountsAsync(0, "berta", 9, Now, default)).Quota);
        Assert.Equal(ChangeOutcome.NotThere, await Store.RemoveInvitationAsync(await TurnAsync("root"), made[1].Hash, Make.Act(), default));
        Assert.Equal(ChangeOutcome.NotPermitted, await Store.RemoveInvitationAsync(await TurnAsync("berta"), made[0].Hash, Make.Act(), default));
        Assert.Equal(ChangeOutcome.Done, await Store.RemoveInvitationAsync(await TurnAsync("root"), made[0].Hash, Make.Act(), default));
        Assert.Equal(ChangeOutcome.NotThere, await Store.RemoveInvitationAsync(await TurnAsync("root"), made[0].Hash, Make.Act(), default));
        Assert.False(await Store.HasInvitationAsync(made[0].Hash, Now, default));
        // Whoever made it may be removed; another account may get the number.
        await Store.RemoveAccountAsync(root.Account, Make.Head(1), Make.Act(), default);
        Assert.All(await Store.ListInvitationsAsync(new byte[32], 9, Now, default), one => Assert.Null(one.By));
    }
}
