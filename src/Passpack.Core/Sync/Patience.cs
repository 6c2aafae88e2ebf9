namespace Passpack.Sync;

/// <summary>How long a sync waits for what. Tests wait less.</summary>
internal sealed record Patience
{
    public static readonly Patience Default = new();

    /// <summary>For another sync of the same local account to end.</summary>
    public TimeSpan Lock { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For one request: its retries, and its answer to the last byte.</summary>
    public TimeSpan Request { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Before the first retry of a request; twice as long before every further one.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Connections that outlive a sync, where a test makes thousands; null: every sync has its own.</summary>
    public SocketsHttpHandler? Connections { get; init; }
}
