namespace Passpack.Server.Hosting;

/// <summary>
/// Keeps some space of the database's disk free: below the reserve, new data is refused, while reading, logging in and deleting still work.
/// </summary>
/// <param name="options">The size of the reserve.</param>
/// <param name="freeBytes">Returns the free bytes.</param>
internal sealed class DiskReserve(ServerOptions options, Func<long> freeBytes)
{
    /// <summary>Of a database elsewhere the disk is not seen: there its own errors have to do.</summary>
    public DiskReserve(ServerOptions options) : this(options, () => options.Database is null ? FreeBytesOf(options.DataFolder) : long.MaxValue)
    {
    }

    /// <summary>Whether more than the reserve is free.</summary>
    public bool HasReserve => FreeBytes > options.DiskReserveBytes;

    /// <summary>What is free, the reserve included.</summary>
    public long FreeBytes => freeBytes();

    // Windows reports free space for drive letters only; on a share, the database's own errors have to do.
    private static long FreeBytesOf(string folder)
    {
        string place = OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder;
        return place.StartsWith(@"\\", StringComparison.Ordinal) ? long.MaxValue : new DriveInfo(place).AvailableFreeSpace;
    }
}
