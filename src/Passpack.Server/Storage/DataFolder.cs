namespace Passpack.Server.Storage;

/// <summary>
/// The folder that holds the server's files, readable by its owner only. On Windows the access rules of the user's own
/// application data apply, which exclude others; a folder chosen elsewhere keeps the rules that it has.
/// </summary>
internal static class DataFolder
{
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The default data folder. Empty if this system account has no folder for application data.</summary>
    public static string Default
    {
        get
        {
            string home = Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return home.Length == 0 ? "" : Path.Combine(home, "PasspackServer");
        }
    }

    /// <summary>
    /// Makes an empty database file that only its owner can read, before anything is written to it, and the folders above it. SQLite
    /// gives its -wal and -shm files the same mode.
    /// </summary>
    public static void PrepareFile(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, OwnerFolder);
        }
        else if (!OperatingSystem.IsWindows() && (File.Exists(path) || !Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            // Restricted if the folder is empty or the server's own. A folder with other content keeps its mode; the file itself is private in any
            // case.
            File.SetUnixFileMode(folder, OwnerFolder);
        }

        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerFile;
        using (new FileStream(path, options))
        {
        }

        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, OwnerFile);
    }
}
