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
}
