using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Vault.Storage;

/// <summary>Files that appear whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes a file that only its owner can read: beside its final place, flushed to the disk, then renamed. If anything fails, an earlier file
    /// stays as it was, and no other file is left.
    /// </summary>
    /// <exception cref="PasspackException">The file exists and <paramref name="overwrite"/> is not set, or the disk is full.</exception>
    /// <param name="path">Where.</param>
    /// <param name="overwrite">Replaces a file that exists.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="verify">Reads the file back before it gets its name; if this throws, the file does not get it.</param>
    public static void Write(string path, bool overwrite, Action<Stream> write, Action<string>? verify = null)
    {
        // Follows a link to its file: a rename onto the link itself would put the new file into the link's folder.
        path = RegularFile.Behind(path);
        RequireWritable(path, overwrite);
        string folder = Path.GetDirectoryName(path)!;
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream stream = OwnerOnly.CreateFile(temporary))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            Failpoints.Hit("written");
            verify?.Invoke(temporary);
            File.Move(temporary, path, overwrite);
            OwnerOnly.FlushFolder(folder);
            Failpoints.Hit("in place");
        }
        catch (Exception e)
        {
            File.Delete(temporary);
            if (e is UnauthorizedAccessException)
                throw new UnauthorizedAccessException(Refused(path, folder), e);
            if (e is not IOException io)
                throw;
            if (VaultErrors.IsDiskFull(io))
                throw VaultErrors.DiskFull(path, io);
            if (!overwrite && Path.Exists(path)) // Made by another process in the meantime.
                throw Exists(path);
            if (VaultErrors.IsHeld(io))
                throw new IOException(Refused(path, folder), io.HResult);
            throw;
        }
    }

    /// <summary>Refuses an existing file (unless it may be overwritten), a device, a pipe, and a folder that does not exist.</summary>
    public static void RequireWritable(string path, bool overwrite)
    {
        if (Directory.Exists(path))
            throw Exists(path);
        if (!RegularFile.IsOrCanBe(path))
            throw NotRegular(path);
        if (!overwrite && Path.Exists(path))
            throw Exists(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The folder {folder} does not exist.");
    }

    private static string Refused(string path, string folder) => File.Exists(path)
        ? $"{path} could not be replaced and is as it was: it is read-only, another program has it open, or the folder {folder} cannot be written to. "
            + "Close it there, clear its read-only attribute, or give another path."
        : $"{path} could not be written: the folder {folder} cannot be written to. Check its permissions, or give another path.";

    private static PasspackException NotRegular(string path) =>
        new(ErrorCodes.FileExists, OperatingSystem.IsWindows()
            ? $"{path}: Windows reserves this name for a device, in every folder and with every extension. Nothing was written. Give the file another name."
            : $"{path} is a device, a pipe or a socket and no regular file. Nothing was written. Give the path of a file.")
        { Target = path };

    private static PasspackException Exists(string path) =>
        new(ErrorCodes.FileExists, Directory.Exists(path)
            ? $"{path} is a folder. Give the path of a file."
            : $"{path} exists already and was left as it is. Give another path, or -Force to overwrite it.")
        { Target = path };
}
