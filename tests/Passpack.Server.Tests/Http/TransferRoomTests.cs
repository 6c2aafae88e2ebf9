using Passpack.Server.Sync;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Who gets room for a transfer, and who has to make it: eight units, four of them one account's.</summary>
public sealed class TransferRoomTests
{
    private static readonly TransferTime Limit = new(TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(10));

    private readonly ManualTimers _time = new();
    private readonly List<string> _ended = [];
    private readonly TransferRoom _room;

    public TransferRoomTests() => _room = new TransferRoom(most: 8, ofAccount: 4, Limit, _time);

    private Task<TransferRoom.Visit?> EnterAsync(long account, int size, string name = "", CancellationToken cancel = default) =>
        _room.EnterAsync(account, size, () => _ended.Add(name), cancel);

    private async Task<TransferRoom.Visit> InsideAsync(long account, int size, string name)
    {
        Task<TransferRoom.Visit?> entering = EnterAsync(account, size, name);
        Assert.True(entering.IsCompleted);
        return (await entering)!;
    }

    [Fact]
    public async Task Who_keeps_nobody_waiting_has_the_whole_time_and_no_more()
    {
        using TransferRoom.Visit slow = await InsideAsync(1, 4, "slow");
        _time.Advance(TimeSpan.FromSeconds(99));
        Assert.Empty(_ended);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["slow"], _ended);
    }

    [Fact]
    public async Task A_waiting_request_ends_the_oldest_of_the_largest_holder_and_no_more()
    {
        TransferRoom.Visit[] inside =
        [
            await InsideAsync(1, 2, "first of little"), await InsideAsync(2, 2, "first of much"), await InsideAsync(2, 2, "second of much"), await InsideAsync(3, 2, "other"),
        ];
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(_ended);
        Task<TransferRoom.Visit?> waiting = EnterAsync(4, 2);
        Assert.Equal(["first of much"], _ended);
        Assert.False(waiting.IsCompleted);
        inside[1].Dispose();
        using TransferRoom.Visit? victim = await waiting;

        // Who comes when somebody has been inside for long does not wait for long again.
        Task<TransferRoom.Visit?> next = EnterAsync(5, 3);
        Assert.Equal(3, _ended.Count);
        Array.ForEach(inside, visit => visit.Dispose());
        using TransferRoom.Visit? last = await next;
    }

    [Fact]
    public async Task A_request_whose_body_has_arrived_is_not_ended_for_others()
    {
        using TransferRoom.Visit first = await InsideAsync(1, 4, "arrived"), second = await InsideAsync(2, 4, "slow");
        first.HasArrived = true;
        Task<TransferRoom.Visit?> waiting = EnterAsync(3, 4), another = EnterAsync(4, 4);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["slow"], _ended);
        Assert.False(waiting.IsCompleted || another.IsCompleted);
        first.Dispose();
        second.Dispose();
        (await waiting)!.Dispose();
        (await another)!.Dispose();
    }

    [Fact]
    public async Task An_account_that_comes_again_and_again_waits_behind_one_that_had_nothing_yet()
    {
        TransferRoom.Visit first = await InsideAsync(1, 4, "a"), second = await InsideAsync(2, 4, "b");
        Task<TransferRoom.Visit?>[] again = [EnterAsync(1, 4), EnterAsync(2, 4), EnterAsync(1, 4), EnterAsync(2, 4)];
        Task<TransferRoom.Visit?> victim = EnterAsync(3, 4);
        first.Dispose();
        using TransferRoom.Visit? entered = await victim;
        Assert.All(again, waiting => Assert.False(waiting.IsCompleted));
        second.Dispose();
        await Task.WhenAny(again);
        Assert.Equal(1, again.Count(waiting => waiting.IsCompleted));
    }

    [Fact]
    public async Task Of_one_account_only_so_many_wait_and_who_gives_up_leaves_no_trace()
    {
        using TransferRoom.Visit inside = await InsideAsync(1, 4, "inside");
        using var cancel = new CancellationTokenSource();
        Task<TransferRoom.Visit?>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => EnterAsync(1, 4, cancel: cancel.Token))];
        Assert.Null(await EnterAsync(1, 1));
        using TransferRoom.Visit other = await InsideAsync(2, 4, "other");
        await cancel.CancelAsync();
        foreach (Task<TransferRoom.Visit?> each in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => each);
        inside.Dispose();
        using TransferRoom.Visit again = await InsideAsync(1, 4, "again");
    }
}
