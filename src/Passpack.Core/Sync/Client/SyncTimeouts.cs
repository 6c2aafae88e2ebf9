namespace Passpack.Sync.Client;

/// <summary>How long a sync waits for what. Tests wait less.</summary>
internal sealed record SyncTimeouts
{
    /// <summary>Of whoever says nothing else. Set by tests alone.</summary>
    public static SyncTimeouts Default { get; set; } = new();

    /// <summary>For another sync of the same local account to end.</summary>
    public TimeSpan Lock { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For one try of a request, its answer to the last byte.</summary>
    public TimeSpan Request { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Before the first retry of a request; twice as long before every further one, up to five seconds.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>For a server that was there, or whose proxy is, to come back: longer than a restart takes.</summary>
    public TimeSpan Return { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>By which waits between tries are counted, and waited for.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>When the caller wants all to be over, in timestamps of <see cref="Clock"/>: until then a request is tried again. Null: it did not say.</summary>
    public long? Until { get; init; }

    /// <summary>Connections that outlive a sync, where a test makes thousands; null: every sync has its own.</summary>
    public SocketsHttpHandler? Connections { get; init; }
}
