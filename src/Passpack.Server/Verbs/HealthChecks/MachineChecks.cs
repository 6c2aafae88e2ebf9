using System.Globalization;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Vault.Files;

namespace Passpack.Server.Verbs.HealthChecks;

/// <summary>What the machine gives the server: a folder, space, a number of open files.</summary>
internal static class MachineChecks
{
    public const string Permissions = "permissions", Disk = "disk", Limits = "limits";

    // Files that a server has open beside its connections: its own parts, the database.
    private const int OtherFiles = 256;

    public static Finding CheckPermissions(ServerOptions options, string databaseName)
    {
        string folder = options.DataFolder;
        if (options.Database is not null && !Directory.Exists(folder))
            return new Finding(Permissions, "the database is elsewhere, and nothing was written to the data folder yet.");
        if (OperatingSystem.IsWindows())
            return new Finding(Permissions, $"{folder}: the access rules of the folder apply.");
        try
        {
            SafeFolder.RequireWay(folder);
            SafeFolder.RequireClosed(folder);
            foreach (string file in Directory.EnumerateFiles(folder, databaseName + "*"))
            {
                SafeFolder.RequireFile(file);
                if (PosixFile.Of(file).OthersAnything)
                    return new Finding(Permissions, $"others may read {file}.", $"chmod 600 '{file}'");
            }
            return new Finding(Permissions, $"{folder} is this user's alone.");
        }
        catch (IOException e)
        {
            return new Finding(Permissions, e.Message, "The server does not start like this: whoever can exchange its files reads what is written.");
        }
    }

    public static Finding CheckDisk(DiskReserve reserve, ServerOptions options)
    {
        if (options.Database is not null)
            return new Finding(Disk, "the database keeps a disk of its own, which is not seen from here.");
        long free;
        try
        {
            free = reserve.FreeBytes;
        }
        catch (IOException e)
        {
            return new Finding(Disk, e.Message, "Name the server's folder with --data; its first start makes it.");
        }
        string text = $"{Bytes(free)} are free, of which {Bytes(options.DiskReserveBytes)} are kept (--disk-reserve)";
        return free <= options.DiskReserveBytes ? new Finding(Disk, $"{text}: nothing new is taken in.", "Make room, or move the data folder to a larger disk.")
            : free / 2 < options.DiskReserveBytes ? new Finding(Disk, $"{text}: soon nothing new will be taken in.", "Make room, or move the data folder to a larger disk.")
            : new Finding(Disk, text + ".");
    }

    /// <param name="options">Of the server.</param>
    /// <param name="openFiles">How many files a process may have open. Null if that is not known here.</param>
    public static Finding CheckLimits(ServerOptions options, long? openFiles)
    {
        long needed = (long)options.Connections + OtherFiles;
        string text = $"{options.Connections} connections, {options.ConnectionsPerAddress} of an address, {options.RequestsPerMinute} requests a minute and address; "
            + $"an account {Bytes(options.QuotaBytes)}, all {(options.TotalQuotaBytes is { } total ? Bytes(total) : "what the disk has")}";
        return openFiles < needed
            ? new Finding(Limits, string.Create(CultureInfo.InvariantCulture, $"{text}; but this process may open {openFiles} files only."),
                $"Give it {needed}: LimitNOFILE= of its unit, or ulimit -n; or fewer --connections.")
            : new Finding(Limits, text + ".");
    }

    /// <summary>How many files this process may have open. Null where that is not told.</summary>
    public static long? OpenFiles()
    {
        const string limits = "/proc/self/limits", line = "Max open files";
        return File.Exists(limits) && File.ReadLines(limits).FirstOrDefault(each => each.StartsWith(line, StringComparison.Ordinal)) is { } found
            && long.TryParse(found[line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out long files)
            ? files : null;
    }

    private static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0} MiB");
}
