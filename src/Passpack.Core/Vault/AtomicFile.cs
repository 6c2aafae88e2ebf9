using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>Files that appear whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes a file that only its owner can read: beside its final place, flushed to the disk, then renamed. When anything fails,
    /// what was there before is there as it was, and nothing else is left.
    /// </summary>
    /// <exception cref="PasspackException">The file exists and <paramref name="overwrite"/> is not set, or the disk is full.</exception>
    /// <param name="path">Where.</param>
    /// <param name="overwrite">A file that is there already.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="verify">Reads it back, before the file gets its name; what it throws keeps it from that.</param>
    public static void Write(string path, bool overwrite, Action<Stream> write, Action<string>? verify = null)
    {
        path = Path.GetFullPath(path);
        // The file behind a link is meant: renaming onto the link would put what was to go elsewhere into the link's folder.
        if (new FileInfo(path) is { LinkTarget: not null } link)
            path = link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        DemandWritable(path, overwrite);
        string folder = Path.GetDirectoryName(path)!;
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream stream = OwnerOnly.CreateFile(temporary))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            Steps.Reached("written");
            verify?.Invoke(temporary);
            File.Move(temporary, path, overwrite);
            OwnerOnly.FlushFolder(folder);
            Steps.Reached("in place");
        }
        catch (Exception e)
        {
            File.Delete(temporary);
            if (e is not IOException io)
                throw;
            if (VaultErrors.IsDiskFull(io))
                throw VaultErrors.DiskFull(path, io);
            if (!overwrite && Path.Exists(path)) // Made by another process in the meantime.
                throw Exists(path);
            throw;
        }
    }

    /// <summary>Refuses a file that is in the way, and a folder that is not there.</summary>
    public static void DemandWritable(string path, bool overwrite)
    {
        if (Path.Exists(path) && (!overwrite || Directory.Exists(path)))
            throw Exists(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The folder {folder} does not exist.");
    }

    private static PasspackException Exists(string path) =>
        new(ErrorCodes.FileExists, Directory.Exists(path)
            ? $"{path} is a folder. Give the path of a file."
            : $"{path} exists already and was left as it is. Give another path, or -Force to overwrite it.")
        { Target = path };
}
