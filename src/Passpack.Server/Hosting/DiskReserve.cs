namespace Passpack.Server.Hosting;

/// <summary>
/// Free space of the disk that holds the database, of which some is kept: below that, nothing new is taken in, while reading, logging in and
/// deleting still work.
/// </summary>
/// <param name="options">How much is kept.</param>
/// <param name="freeBytes">Tells the free bytes.</param>
internal sealed class DiskReserve(ServerOptions options, Func<long> freeBytes)
{
    public DiskReserve(ServerOptions options) : this(options, () => FreeBytes(options.DataFolder))
    {
    }

    /// <summary>Whether more than the reserve is free.</summary>
    public bool HasReserve => freeBytes() > options.DiskReserveBytes;

    // Windows tells it of drives by letter only; of a share there the database's own errors must do.
    private static long FreeBytes(string folder)
    {
        string place = OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder;
        return place.StartsWith(@"\\", StringComparison.Ordinal) ? long.MaxValue : new DriveInfo(place).AvailableFreeSpace;
    }
}
