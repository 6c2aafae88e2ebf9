using Passpack.Vault.Files;

namespace Passpack.Sync.Session;

/// <summary>How much of a server's changes is taken in before they are verified. Tests take in less.</summary>
internal sealed record StagingLimits
{
    public static StagingLimits Default { get; } = new();

    public long Changes { get; init; } = 5_000_000;

    public long Bytes { get; init; } = 16L << 30;

    /// <summary>Tells the space of the disk that holds a folder.</summary>
    public Func<string, DiskSpace> Disk { get; init; } = DiskSpace.Of;
}
