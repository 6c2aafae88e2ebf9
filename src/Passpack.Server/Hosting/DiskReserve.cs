namespace Passpack.Server.Hosting;

/// <summary>
/// Keeps some space of the database's disk free: below the reserve, new data is refused, while reading, logging in and deleting still work.
/// </summary>
/// <param name="options">The size of the reserve.</param>
/// <param name="freeBytes">Returns the free bytes.</param>
internal sealed class DiskReserve(ServerOptions options, Func<long> freeBytes)
{
    public DiskReserve(ServerOptions options) : this(options, () => FreeBytes(options.DataFolder))
    {
    }

    /// <summary>Whether more than the reserve is free.</summary>
    public bool HasReserve => freeBytes() > options.DiskReserveBytes;

    // Windows reports free space for drive letters only; on a share, the database's own errors have to do.
    private static long FreeBytes(string folder)
    {
        string place = OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder;
        return place.StartsWith(@"\\", StringComparison.Ordinal) ? long.MaxValue : new DriveInfo(place).AvailableFreeSpace;
    }
}
