namespace Passpack.Vault.Storage;

/// <summary>
/// Work that can be stopped: until this is disposed, every read of a vault file by this thread, or by work that it starts, ends within SQLite when
/// the token is cancelled. Vault files may come from strangers, and even a tiny one can define a table without end.
/// </summary>
/// <remarks>
/// Bound to the thread instead of a parameter, because a file is read wherever an account is named: one call that forgot the token would hang.
/// </remarks>
public sealed class StoppableWork : IDisposable
{
    private static readonly AsyncLocal<StoppableWork?> s_current = new();

    private readonly StoppableWork? _outer = s_current.Value;
    private readonly CancellationToken _token;
    private volatile bool _over;

    private StoppableWork(CancellationToken cancellationToken)
    {
        _token = cancellationToken;
        s_current.Value = this;
    }

    /// <summary>The token of the current work. Not cancellable for a timer that outlives the work in which it was started.</summary>
    internal static CancellationToken Token => s_current.Value is { _over: false } work ? work._token : CancellationToken.None;

    /// <summary>
    /// The token that ends a wait for another writer, also in work that must not be stopped: nothing is written yet, and the wait may be long.
    /// </summary>
    internal static CancellationToken WaitToken
    {
        get
        {
            StoppableWork? work = s_current.Value;
            while (work is { _over: false, _token.CanBeCanceled: false })
                work = work._outer;
            return work is { _over: false } ? work._token : CancellationToken.None;
        }
    }

    /// <summary>Work that a token stops.</summary>
    public static StoppableWork By(CancellationToken cancellationToken) => new(cancellationToken);

    /// <summary>A part of the work that must not be stopped once it writes: accepted changes are written.</summary>
    public static StoppableWork ToItsEnd() => new(CancellationToken.None);

    /// <summary>Ends this work; the enclosing work is the current one again.</summary>
    public void Dispose()
    {
        _over = true;
        s_current.Value = _outer;
    }
}
