namespace Passpack.Vault.Storage;

/// <summary>
/// Work that can be stopped: until this is disposed, every read of a vault file that this thread makes, or what it starts, ends within SQLite when
/// the token is cancelled. Files come from anybody, and the smallest of them can hold a table without an end.
/// </summary>
/// <remarks>It goes with the thread rather than through every call, because a file is read wherever an account is named: one call that forgot it would hang.</remarks>
public sealed class StoppableWork : IDisposable
{
    private static readonly AsyncLocal<StoppableWork?> s_current = new();

    private readonly StoppableWork? _outer = s_current.Value;
    private readonly CancellationToken _token;
    private volatile bool _over;

    private StoppableWork(CancellationToken token)
    {
        _token = token;
        s_current.Value = this;
    }

    /// <summary>What ends the work that is under way. A timer that was started in work that is over has nothing to do with it any more.</summary>
    internal static CancellationToken Token => s_current.Value is { _over: false } work ? work._token : CancellationToken.None;

    /// <summary>Work that a token stops.</summary>
    public static StoppableWork By(CancellationToken token) => new(token);

    /// <summary>A part of it that goes on to its end: what was taken in is written down.</summary>
    public static StoppableWork ToItsEnd() => new(CancellationToken.None);

    /// <summary>Ends it; what was under way before is again.</summary>
    public void Dispose()
    {
        _over = true;
        s_current.Value = _outer;
    }
}
