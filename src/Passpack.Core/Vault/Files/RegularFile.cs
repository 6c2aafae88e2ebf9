namespace Passpack.Vault.Files;

/// <summary>Tells regular files from devices, pipes and sockets, which .NET does not.</summary>
internal static class RegularFile
{
    // On Windows, these names are devices in every folder, also before a dot or a colon, and also with superscript digits.
    private static readonly string[] s_devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>The full path of the file that a link leads to in the end, or of the path itself.</summary>
    public static string Behind(string path)
    {
        path = Path.GetFullPath(path);
        return new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path;
    }

    /// <summary>Whether a path is free, a regular file, or a link to either.</summary>
    public static bool IsOrCanBe(string path)
    {
        if (OperatingSystem.IsWindows())
            return !IsWindowsDevice(path);
        if (!Path.Exists(path) || !OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return true;
        path = Behind(path);
        // A link within /proc to a pipe leads to no path.
        return Path.Exists(path) && PosixFile.Of(path).IsFile;
    }

    /// <summary>Whether Windows takes a path for a device: <c>C:\x\nul.csv</c>, <c>\\.\pipe\x</c>.</summary>
    internal static bool IsWindowsDevice(string path)
    {
        if (path.StartsWith(@"\\.\", StringComparison.Ordinal))
            return true;
        string name = path[(path.LastIndexOfAny(['\\', '/']) + 1)..];
        int end = name.IndexOfAny(['.', ':']);
        name = (end < 0 ? name : name[..end]).TrimEnd(' ');
        return s_devices.Contains(name, StringComparer.OrdinalIgnoreCase)
            || name.Length == 4 && name[3] is >= '1' and <= '9' or '\u00B9' or '\u00B2' or '\u00B3'
                && (name.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || name.StartsWith("LPT", StringComparison.OrdinalIgnoreCase));
    }
}
