using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Files;

namespace Passpack.Sync.Pulling;

/// <summary>
/// Counts what is staged, and refuses what there is no room for: nothing of it is verified yet, and a server that lies must not fill the disk.
/// </summary>
internal sealed class StagingSpace(SyncRun run)
{
    // About what a row takes besides its body.
    private const int RowBytes = 150;

    // Every disk takes what an ordinary sync brings, however little of it is free.
    private const long AlwaysTaken = 16 << 20;

    // The reserve is 512 MiB, but no more than a twentieth of a small disk.
    private const long MostReserve = 512 << 20;
    private const int DisksPerReserve = 20;

    private readonly StagingLimits _limits = run.Options.Staging;
    private long _bytes;

    /// <summary>The number of changes that are staged.</summary>
    public long Changes { get; private set; }

    /// <summary>Starts with what an interrupted pull left in the tables.</summary>
    public void Count()
    {
        Changes = Staging.Count(run.Connection);
        _bytes = Changes * RowBytes + Staging.BodyBytes(run.Connection);
    }

    /// <summary>Counts a page that is about to be staged.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ServerTampered"/>: no account is as large. <see cref="ErrorCodes.DiskFull"/>: it would take the last part of the disk.
    /// </exception>
    public void Take(int changes, long bytes)
    {
        bytes += (long)changes * RowBytes;
        Changes += changes;
        _bytes += bytes;
        if (Changes > _limits.Changes || _bytes > _limits.Bytes)
            throw run.Tampered($"more than {_limits.Changes:N0} changes, or {_limits.Bytes >> 30} GiB of them");
        if (_bytes <= AlwaysTaken)
            return;
        string folder = run.Options.WhatIf ? DiskSpace.TemporaryFolder() : Path.GetDirectoryName(run.Connection.Path)!;
        DiskSpace disk = _limits.Disk(folder);
        long reserve = Math.Min(MostReserve, disk.Total / DisksPerReserve);
        // The page goes to SQLite's journal first.
        if (disk.Free - 2 * bytes < reserve)
            throw NoRoom(folder, reserve);
    }

    private PasspackException NoRoom(string folder, long reserve) => new(ErrorCodes.DiskFull,
        $"{run.Client.Server} sent {Changes:N0} changes ({_bytes >> 20:N0} MiB), and there were more than the disk that " +
        $"holds {folder} has room for: {reserve >> 20:N0} MiB of it " +
        "are left free. What came was let go of, and nothing was changed. If the account can be that large, free some space and sync again; if it cannot, " +
        "ask who runs the server.") { Target = folder };
}
