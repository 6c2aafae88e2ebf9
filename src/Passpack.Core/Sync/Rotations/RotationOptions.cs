using Passpack.Sync.Session;

namespace Passpack.Sync.Rotations;

/// <summary>How to rotate.</summary>
public sealed record RotationOptions
{
    /// <summary>Whether a rotation goes on where its server cannot be reached.</summary>
    public bool AllowOffline { get; init; }

    /// <summary>Called when the server does not know yet how far a rotation is, with the reason; the next sync tells it.</summary>
    public Action<PasspackException> NotSynced { get; init; } = _ => { };

    /// <summary>Receives the progress of syncs. Null if nobody listens.</summary>
    public IProgress<SyncProgress>? Progress { get; init; }
}
