namespace Passpack.Sync.Client;

/// <summary>The timeouts of a sync. Tests use shorter ones.</summary>
internal sealed record SyncTimeouts
{
    /// <summary>Used if the caller names no timeouts. Only tests set it.</summary>
    public static SyncTimeouts Default { get; set; } = new();

    /// <summary>How long to wait until another sync of the same local account ends.</summary>
    public TimeSpan Lock { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For one try of a request, up to the last byte of its answer.</summary>
    public TimeSpan Request { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Before the first retry of a request; twice as long before every further one, up to five seconds.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long to wait for a server that has answered before, or whose proxy answers: longer than a restart takes.</summary>
    public TimeSpan Return { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>By which waits between tries are counted, and waited for.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// When the caller wants all to be over, in timestamps of <see cref="Clock"/>: until then a request is tried again. Null: it did not say.
    /// </summary>
    public long? Until { get; init; }

    /// <summary>Connections that outlive a sync, for tests that make thousands. Null if every sync makes its own.</summary>
    public SocketsHttpHandler? Connections { get; init; }
}
