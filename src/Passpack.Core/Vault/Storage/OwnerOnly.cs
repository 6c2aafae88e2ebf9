using Passpack.Vault.Files;

namespace Passpack.Vault.Storage;

/// <summary>
/// Files and folders that only their owner can read: by their mode; on Windows by <see cref="WindowsAccess"/>.
/// </summary>
internal static class OwnerOnly
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode = OwnerFile | UnixFileMode.UserExecute;

    /// <exception cref="PasspackException">ReadOnly: there is no such drive, or no folder can be made on it.</exception>
    public static void CreateFolder(string path)
    {
        try
        {
            Create(path);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            throw VaultErrors.NoPlace(path, e); // Translated here, so that it is not taken for a missing vault.
        }
    }

    /// <summary>Creates a file that is private from its first moment.</summary>
    public static FileStream CreateFile(string path) => OpenFile(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);

    /// <summary>Opens a file. If this creates it, only its owner can read it.</summary>
    public static FileStream OpenFile(string path, FileMode mode, FileAccess access, FileShare share)
    {
        if (mode == FileMode.Open)
            return new FileStream(path, mode, access, share);
        if (OperatingSystem.IsWindows())
            return WindowsAccess.OpenFile(path, mode, access, share);
        return new FileStream(path, new FileStreamOptions { Mode = mode, Access = access, Share = share, UnixCreateMode = OwnerFile });
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

    private static void Create(string path)
    {
        // Made one by one: when .NET creates a whole path at once, only the last folder gets the mode or access list.
        if (Path.GetDirectoryName(path) is { } parent && !Directory.Exists(parent))
            Create(parent);
        if (Directory.Exists(path))
            return;
        if (OperatingSystem.IsWindows())
            WindowsAccess.CreateFolder(path);
        else
            Directory.CreateDirectory(path, FolderMode);
        FlushFolder(Path.GetDirectoryName(path)!);
    }
}
