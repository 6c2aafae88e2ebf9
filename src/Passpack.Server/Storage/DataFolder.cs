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

    /// <summary>Lets only its owner read a file that is made with these options; on Windows the access rules of its folder apply.</summary>
    public static FileStreamOptions OwnerOnly(FileStreamOptions options)
    {
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerFile;
        return options;
    }

    /// <summary>
    /// Makes an empty database file that only its owner can read, before anything is written to it, and the folders above it. SQLite
    /// gives its -wal and -shm files the same mode.
    /// </summary>
    /// <exception cref="IOException">It cannot be made, or another user of the machine could exchange it.</exception>
    public static void PrepareFile(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (OperatingSystem.IsWindows())
        {
            Prepare(folder);
            using (new FileStream(path, OpenOrCreate))
            {
            }

            return;
        }

        folder = SafeFolder.RequireWay(folder);
        Directory.CreateDirectory(folder, OwnerFolder);
        if (File.Exists(path) || !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            // An empty folder, or the server's own. One that holds other things is not ours to close.
            File.SetUnixFileMode(folder, OwnerFolder);
        }

        // From here on nobody else puts anything there.
        SafeFolder.RequireClosed(folder);
        foreach (string file in Directory.EnumerateFiles(folder, Path.GetFileName(path) + "*"))
            SafeFolder.RequireFile(file);
        using (new FileStream(path, OwnerOnly(OpenOrCreate)))
        {
        }

        foreach (string file in Directory.EnumerateFiles(folder, Path.GetFileName(path) + "*"))
            File.SetUnixFileMode(file, OwnerFile);
    }

    /// <summary>Makes the folder of a server whose database is elsewhere, unless it is there.</summary>
    /// <exception cref="IOException">It cannot be made, or another user of the machine could exchange what is in it.</exception>
    public static void Prepare(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        folder = SafeFolder.RequireWay(folder);
        Directory.CreateDirectory(folder, OwnerFolder);
        SafeFolder.RequireClosed(folder);
    }

    private static FileStreamOptions OpenOrCreate =>
        new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
}
