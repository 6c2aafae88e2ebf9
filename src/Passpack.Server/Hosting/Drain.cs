namespace Passpack.Server.Hosting;

/// <summary>
/// Lets requests under way end before the server stops. New ones are refused meanwhile, by an answer and not by a closed port: so the client, or the
/// proxy in front of several nodes, learns that nothing was done and when to come again.
/// </summary>
internal sealed class Drain
{
    /// <summary>How long requests under way have to end, from the signal on.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _begun;
    private int _underWay;

    /// <summary>Whether new requests are refused.</summary>
    public bool HasBegun
    {
        get
        {
            lock (_gate)
                return _begun;
        }
    }

    /// <summary>How many requests are under way.</summary>
    public int UnderWay
    {
        get
        {
            lock (_gate)
                return _underWay;
        }
    }

    /// <summary>Refuses new requests from now on. Returns how many are under way.</summary>
    public int Begin()
    {
        lock (_gate)
        {
            _begun = true;
            if (_underWay == 0)
                _ended.TrySetResult();
            return _underWay;
        }
    }

    /// <summary>Waits until those under way have ended, or as long as is allowed. Returns how many there are then.</summary>
    public async Task<int> WaitAsync(CancellationToken limit)
    {
        await Task.WhenAny(_ended.Task, Task.Delay(Timeout.Infinite, limit));
        return UnderWay;
    }

    /// <summary>Counts a request, unless it comes too late.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (!_begun)
                _underWay++;
            return !_begun;
        }
    }

    /// <summary>A request that was counted has ended.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_underWay == 0 && _begun)
                _ended.TrySetResult();
        }
    }
}
