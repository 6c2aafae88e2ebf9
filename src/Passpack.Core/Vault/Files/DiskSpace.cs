namespace Passpack.Vault.Files;

/// <summary>The space of a disk, in bytes.</summary>
/// <param name="Free">What this user may still write.</param>
/// <param name="Total">All of it.</param>
internal readonly record struct DiskSpace(long Free, long Total)
{
    private static readonly DiskSpace s_unknown = new(long.MaxValue, long.MaxValue);

    /// <summary>The space of the disk that holds a folder. Where the system does not tell it, there is no end of it: SQLite's own errors must do.</summary>
    public static DiskSpace Of(string folder)
    {
        // Windows tells it of drives by letter only.
        string place = OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder;
        if (place.StartsWith(@"\\", StringComparison.Ordinal))
            return s_unknown;
        try
        {
            var drive = new DriveInfo(place);
            return new DiskSpace(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return s_unknown;
        }
    }

    /// <summary>The folder where SQLite keeps temporary tables (sqlite.org/tempfiles.html, section 5).</summary>
    public static string TemporaryFolder() => OperatingSystem.IsWindows() ? Path.GetTempPath()
        : new[] { Environment.GetEnvironmentVariable("SQLITE_TMPDIR"), Environment.GetEnvironmentVariable("TMPDIR"), "/var/tmp", "/usr/tmp" }
            .FirstOrDefault(Directory.Exists) ?? "/tmp";
}
