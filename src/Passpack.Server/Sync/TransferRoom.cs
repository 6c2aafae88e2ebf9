namespace Passpack.Server.Sync;

/// <summary>How long a large body or answer may take once it has begun.</summary>
/// <param name="Longest">While nobody waits: as long as a client waits for one request.</param>
/// <param name="WhileOthersWait">While somebody waits: then the slowest make room.</param>
internal sealed record TransferTime(TimeSpan Longest, TimeSpan WhileOthersWait);

/// <summary>
/// Room for so many units at once, of all accounts and of each. Who finds none waits; of those who wait, the account that got the least in the
/// meantime is the next. A visit that takes long is ended for others: first those of the account that holds the most, of these the oldest. So
/// a few accounts that move nothing hold the room for a bounded time only, however often they come again.
/// </summary>
internal sealed class TransferRoom(int most, int ofAccount, TransferTime limit, TimeProvider time)
{
    // Who is ahead of an account in the queue is bounded by accounts, the queue itself by connections.
    private const int WaitingTimes = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Share> _shares = [];
    private readonly List<Visit> _waiting = [];
    private readonly List<Visit> _inside = [];

    /// <summary>Waits for room; null where too much of the account waits already. Disposing of the visit makes room for the next.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="size">In units, no more than an account may have.</param>
    /// <param name="end">Ends the visit; called at any time, on any thread.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<Visit?> EnterAsync(long account, int size, Action end, CancellationToken cancel)
    {
        Visit visit;
        lock (_gate)
        {
            Share share = _shares.GetValueOrDefault(account) ?? (_shares[account] = new Share());
            if (share.Waiting + size > WaitingTimes * ofAccount)
                return null;
            share.Waiting += size;
            visit = new Visit(this, account, share, size, end);
            _waiting.Add(visit);
        }

        Settle();
        await using CancellationTokenRegistration gone = cancel.Register(() => visit.Admitted.TrySetCanceled(cancel));
        try
        {
            await visit.Admitted.Task;
            return visit;
        }
        catch
        {
            visit.Dispose();
            throw;
        }
    }

    /// <summary>Lets in whom there is room for, and ends what stands in the way of the next.</summary>
    private void Settle()
    {
        List<Visit> admitted = [], ended = [];
        lock (_gate)
        {
            int held = _inside.Sum(visit => visit.Size);
            while (Next() is { } next)
            {
                if (held + next.Size > most)
                {
                    ended = MakeRoom(held + next.Size - most);
                    break;
                }

                held += next.Size;
                Move(next);
                admitted.Add(next);
            }
        }

        // Outside of the lock: what they set off may come back here.
        foreach (Visit visit in ended)
            visit.End();
        foreach (Visit visit in admitted)
            visit.Admitted.TrySetResult();
    }

    private Visit? Next() => _waiting.Where(visit => visit.Share.Held + visit.Size <= ofAccount).MinBy(visit => visit.Share.Served);

    private void Move(Visit visit)
    {
        _waiting.Remove(visit);
        _inside.Add(visit);
        visit.Share.Waiting -= visit.Size;
        visit.Share.Held += visit.Size;
        visit.Share.Served++;
        visit.Timers = [Timer(limit.WhileOthersWait, () => NoteLate(visit)), Timer(limit.Longest, () => Expire(visit))];
    }

    private ITimer Timer(TimeSpan after, Action then) => time.CreateTimer(_ => then(), null, after, Timeout.InfiniteTimeSpan);

    private void NoteLate(Visit visit)
    {
        lock (_gate)
            visit.IsLate = true;
        Settle();
    }

    private void Expire(Visit visit)
    {
        lock (_gate)
        {
            if (visit.Ended || !_inside.Contains(visit))
                return;
            visit.Ended = true;
        }

        visit.End();
    }

    /// <summary>Those that have to end for so many units, with what is ending already counted; fewer if no more have had their time.</summary>
    private List<Visit> MakeRoom(int units)
    {
        // They are in the order in which they came, and stay so among equals.
        var ended = new List<Visit>();
        units -= _inside.Where(visit => visit.Ended).Sum(visit => visit.Size);
        foreach (Visit visit in _inside.Where(visit => visit is { IsLate: true, Ended: false, HasArrived: false }).OrderByDescending(visit => visit.Share.Held))
        {
            if (units <= 0)
                break;
            visit.Ended = true;
            ended.Add(visit);
            units -= visit.Size;
        }

        return ended;
    }

    private void Leave(Visit visit)
    {
        lock (_gate)
        {
            if (_waiting.Remove(visit))
                visit.Share.Waiting -= visit.Size;
            else if (_inside.Remove(visit))
                visit.Share.Held -= visit.Size;
            if (visit.Share is { Waiting: 0, Held: 0 })
                _shares.Remove(visit.Account);
        }

        foreach (ITimer timer in visit.Timers)
            timer.Dispose();
        Settle();
    }

    /// <summary>What an account has of the room, for as long as it has anything.</summary>
    internal sealed class Share
    {
        public int Held { get; set; }

        public int Waiting { get; set; }

        public long Served { get; set; }
    }

    /// <summary>One that waits for room, or has it.</summary>
    internal sealed class Visit(TransferRoom room, long account, Share share, int size, Action end) : IDisposable
    {
        private readonly Lock _ending = new();
        private bool _left;

        public long Account => account;

        public Share Share => share;

        public int Size => size;

        /// <summary>Whether it may be ended for others.</summary>
        public bool IsLate { get; set; }

        public bool Ended { get; set; }

        /// <summary>Whether nothing depends on the client any more: from then on only the server can be slow, and nobody else ends it.</summary>
        public bool HasArrived { get; set; }

        public ITimer[] Timers { get; set; } = [];

        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Never after it has left: the connection may serve another request by then.</summary>
        public void End()
        {
            lock (_ending)
            {
                if (!_left)
                    end();
            }
        }

        public void Dispose()
        {
            lock (_ending)
                _left = true;
            room.Leave(this);
        }
    }
}
