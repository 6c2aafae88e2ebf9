namespace Passpack.Vault;

/// <summary>
/// Files and folders that only their owner can read. On Windows they inherit the access list of the profile's folder for application
/// data, which is the owner's alone.
/// </summary>
internal static class OwnerOnly
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute;

    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, FolderMode);
    }

    /// <summary>Opens a new file; no moment passes in which others could read it.</summary>
    public static FileStream CreateFile(string path, FileMode mode = System.IO.FileMode.CreateNew)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = FileMode;
        return new FileStream(path, options);
    }

    /// <summary>Makes a rename or a new file in a folder survive a power cut, where the platform needs to be told (POSIX).</summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Posix.Open(path, 0);
        if (descriptor < 0)
            return;
        _ = Posix.FSync(descriptor);
        _ = Posix.Close(descriptor);
    }
}
