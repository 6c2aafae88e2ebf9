namespace Passpack.Vault;

/// <summary>How a vault that is in use is copied: as it is at one moment, complete, or not at all.</summary>
public static partial class VaultFiles
{
    /// <summary>
    /// A complete copy of the vault as it is now, sealed as it is, into the account's folder of backups: what every destructive step
    /// does first. Needs no key; others may use the vault meanwhile. Older copies go, within what is kept of them.
    /// </summary>
    /// <param name="folder">The account.</param>
    /// <param name="reason">A word for the file's name: what the copy was made before.</param>
    /// <param name="clock">For tests.</param>
    /// <returns>The copy's path.</returns>
    public static string CopySealed(AccountFolder folder, string reason, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        using FileStream? _ = LockForReading(folder);
        using VaultConnection connection = Open(folder);
        return CopyInto(folder, connection, reason, clock);
    }

    private static string CopyInto(AccountFolder folder, VaultConnection connection, string reason, TimeProvider? clock) => Guard(folder.BackupFolder, () =>
    {
        OwnerOnly.CreateFolder(folder.BackupFolder);
        RemoveLeftovers(folder.BackupFolder, clock);
        string name = Path.Combine(folder.BackupFolder, $"{Stamp(clock)}-{reason}");
        while (true)
        {
            string target = Free(name, ".db");
            if (!TryCopyInto(connection, target))
                continue;
            Prune(folder, clock);
            return target;
        }
    });

    /// <summary>Copies the live vault into a new file: complete, or not there.</summary>
    internal static void CopyInto(AccountFolder folder, string target)
    {
        using VaultConnection connection = Open(folder);
        if (!TryCopyInto(connection, target))
            throw new IOException($"There is already a file {target}.");
    }

    // File.Move alone would let two copies of one second overwrite each other: it looks whether the name is free, and then renames.
    // Here the temporary file's name reserves the target's.
    private static bool TryCopyInto(VaultConnection connection, string target)
    {
        string temporary = Temporary(target);
        try
        {
            OwnerOnly.CreateFile(temporary).Dispose();
        }
        catch (IOException) when (File.Exists(temporary))
        {
            return false;
        }
        try
        {
            if (File.Exists(target))
                return false;
            connection.Execute("VACUUM INTO $1", temporary);
            using (FileStream copy = OwnerOnly.OpenFile(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                copy.Flush(flushToDisk: true);
            Steps.Reached("copy written");
            File.Move(temporary, target);
            Steps.Reached("copy in place");
            OwnerOnly.FlushFolder(Path.GetDirectoryName(target)!);
            Steps.Reached("copied");
            return true;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static string Temporary(string target) => $"{target}.tmp";
}
