namespace Passpack.Vault.Storage;

/// <summary>What was never finished.</summary>
internal static class Leftovers
{
    // What a killed process left behind is older than any that could still be at work.
    private static readonly TimeSpan s_leftoverAge = TimeSpan.FromDays(1);

    /// <summary>Clears away what a process that was killed had not finished: all such files and folders end in <c>.tmp</c>.</summary>
    internal static void Clear(string folder, TimeProvider? clock = null)
    {
        DateTime before = (clock ?? TimeProvider.System).GetUtcNow().UtcDateTime - s_leftoverAge;
        foreach (FileSystemInfo item in new DirectoryInfo(folder).EnumerateFileSystemInfos("*.tmp*"))
        {
            IEnumerable<FileSystemInfo> within = item is DirectoryInfo inner ? inner.EnumerateFileSystemInfos("*", VaultCopies.Readable) : [];
            if (within.Append(item).Max(file => file.LastWriteTimeUtc) < before)
                Remove(item);
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
            // It is in nobody's way, and the next one tries again.
        }
    }
}
