namespace Passpack.Vault.Storage;

/// <summary>Temporary files and folders that killed processes left.</summary>
internal static class Leftovers
{
    // No running process works on a temporary file for longer than this.
    private static readonly TimeSpan s_leftoverAge = TimeSpan.FromDays(1);

    /// <summary>Deletes temporary files and folders that killed processes left; their names end in <c>.tmp</c>.</summary>
    internal static void Clear(string folder, TimeProvider? clock = null)
    {
        DateTime before = (clock ?? TimeProvider.System).GetUtcNow().UtcDateTime - s_leftoverAge;
        foreach (FileSystemInfo item in new DirectoryInfo(folder).EnumerateFileSystemInfos("*.tmp*"))
        {
            if (LastWrite(item) < before)
                Remove(item);
        }
    }

    private static DateTime LastWrite(FileSystemInfo item)
    {
        try
        {
            IEnumerable<FileSystemInfo> within = item is DirectoryInfo inner ? inner.EnumerateFileSystemInfos("*", VaultCopies.Readable) : [];
            return within.Append(item).Max(file => file.LastWriteTimeUtc);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return DateTime.MaxValue; // Another process is at it: it was placed or removed meanwhile.
        }
    }

    internal static void Remove(FileSystemInfo item)
    {
        item.Refresh();
        if (!item.Exists)
            return;
        try
        {
            if (item is DirectoryInfo folder)
                folder.Delete(recursive: true);
            else
                item.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A leftover does no harm, and the next cleaning tries again.
        }
    }
}
