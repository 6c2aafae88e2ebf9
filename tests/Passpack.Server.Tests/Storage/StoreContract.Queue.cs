using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>The queue of a vault, in which machines wait that were refused.</summary>
public abstract partial class StoreContract
{
    private readonly Guid[] machines = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];

    private async Task<PushStatus> PushAtAsync(VaultKey vault, long revision, Guid machine, DateTimeOffset now) =>
        (await Store.ApplyPushAsync(vault, Sealed(Make.Push(revision, Make.Record(Guid.NewGuid()))) with { Device = machine, Now = now }, default))!.Status;

    private async Task<int?[]> RefuseAsync(VaultKey vault, Guid machine, DateTimeOffset now) =>
        [await Store.QueueAsync(vault, machine, now, default), await Store.QueueAsync(vault, machine, now, default)];

    [Fact]
    public async Task Whoever_was_refused_twice_is_the_next_and_others_wait_behind_in_their_order()
    {
        VaultKey anna = await AddAsync(), berta = await AddAsync("berta");
        Assert.Equal([null, 0], await RefuseAsync(anna, machines[0], Now));
        Assert.Equal([null, 1], await RefuseAsync(anna, machines[1], Now));
        Assert.Equal(PushStatus.NotItsTurn, await PushAtAsync(anna, 0, machines[2], Now));
        Assert.Equal(PushStatus.NotItsTurn, await PushAtAsync(anna, 0, machines[1], Now));
        Assert.Equal(PushStatus.Accepted, await PushAtAsync(berta, 0, machines[2], Now));
        Assert.Equal(PushStatus.Accepted, await PushAtAsync(anna, 0, machines[0], Now));
        Assert.Equal(PushStatus.NotItsTurn, await PushAtAsync(anna, 1, machines[0], Now));
        Assert.Equal(PushStatus.Accepted, await PushAtAsync(anna, 1, machines[1], Now));
        Assert.Equal(PushStatus.Accepted, await PushAtAsync(anna, 2, machines[2], Now));
    }

    [Fact]
    public async Task Who_was_refused_once_or_pushes_what_is_out_of_date_holds_nobody_up()
    {
        VaultKey anna = await AddAsync();
        Assert.Null(await Store.QueueAsync(anna, machines[0], Now, default));
        Assert.Equal(PushStatus.Accepted, await PushAtAsync(anna, 0, machines[1], Now));
        Assert.Equal(0, await Store.QueueAsync(anna, machines[0], Now, default));
        Assert.Equal(PushStatus.RevisionConflict, await PushAtAsync(anna, 0, machines[1], Now));
    }

    [Fact]
    public async Task A_place_holds_for_two_seconds_and_that_of_the_first_is_not_renewed()
    {
        VaultKey anna = await AddAsync();
        DateTimeOffset late = Now + PushQueue.Lease - TimeSpan.FromMilliseconds(1), over = Now + PushQueue.Lease;
        await RefuseAsync(anna, machines[0], Now);
        await RefuseAsync(anna, machines[1], Now);
        // The second renews its place, the first does not.
        Assert.Equal(1, await Store.QueueAsync(anna, machines[1], late, default));
        Assert.Equal(0, await Store.QueueAsync(anna, machines[0], late, default));
        Assert.Equal(PushStatus.NotItsTurn, await PushAtAsync(anna, 0, machines[2], late));
        Assert.Equal(PushStatus.NotItsTurn, await PushAtAsync(anna, 0, machines[0], over));
        Assert.Equal([null, 1], await RefuseAsync(anna, machines[0], over));
        Assert.Equal(PushStatus.Accepted, await PushAtAsync(anna, 0, machines[1], over));
        Assert.Equal(PushStatus.Accepted, await PushAtAsync(anna, 1, machines[2], over + PushQueue.Lease));
    }

    [Fact]
    public async Task A_push_that_was_taken_is_answered_again_whoever_is_ahead()
    {
        VaultKey anna = await AddAsync();
        Push push = Sealed(Make.Push(0, Make.Record(Guid.NewGuid()))) with { Device = machines[0] };
        Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, push, default))!.Status);
        await RefuseAsync(anna, machines[1], Now);
        Assert.Equal(new PushAnswer(1, 2), (await Store.ApplyPushAsync(anna, push, default))!.Answer);
    }
}
