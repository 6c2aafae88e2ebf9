using Passpack.Vault.Files;

namespace Passpack.Vault.Storage;

/// <summary>
/// The account's own copies of the vault, outside of the live file: limited in number and age, but the newest sound copy always stays.
/// </summary>
public static class VaultCopies
{
    /// <summary>The most copies that are kept.</summary>
    public const int MostCopies = 10;

    /// <summary>How long they are kept.</summary>
    public static readonly TimeSpan CopyAge = TimeSpan.FromDays(90);

    private const string Daily = "daily";

    // The files of a vault that have to move together; SQLite makes the shared-memory file anew.
    private static readonly string[] s_suffixes = ["", "-wal"];

    /// <summary>
    /// Makes a copy if there is none of today and the vault has changed since the last one. A damaged vault is not copied: its copy would push out
    /// sound ones.
    /// </summary>
    /// <returns>The copy's path. Null if none was needed.</returns>
    public static string? CopyDaily(AccountFolder folder, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        DateTime today = (clock ?? TimeProvider.System).GetUtcNow().UtcDateTime.Date;
        // A copy dated in the future does not count as today's.
        if (Of(folder).Any(copy => CopyName.Time(Path.GetFileName(copy))?.UtcDateTime.Date == today || File.GetLastWriteTimeUtc(copy) >= LastWrite(folder)))
            return null;
        return CopySealed(folder, Daily, clock);
    }

    /// <summary>The newest copy that SQLite finds sound. Null if there is none.</summary>
    public static string? NewestSoundCopy(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Of(folder).FirstOrDefault(path => FindWrong(path) is null);
    }

    /// <summary>Copies a vault file that nobody uses, with its journal, into a folder of its own.</summary>
    /// <returns>The folder.</returns>
    internal static string CopyAside(AccountFolder folder, string path) => VaultFile.Guard(path, () =>
    {
        OwnerOnly.CreateFolder(folder.Path);
        Leftovers.Clear(folder.Path);
        string temporary = $"{folder.VaultFolder}.{Guid.NewGuid():N}.tmp";
        OwnerOnly.CreateFolder(temporary);
        try
        {
            foreach (string suffix in s_suffixes)
            {
                if (!File.Exists(path + suffix) && suffix.Length > 0)
                    continue;
                using FileStream from = SharedRead.Open(path + suffix);
                using FileStream to = OwnerOnly.CreateFile(Path.Combine(temporary, VaultFile.FileName + suffix));
                Copy(from, to);
                to.Flush(flushToDisk: true);
            }
            return temporary;
        }
        catch
        {
            Leftovers.Remove(new DirectoryInfo(temporary));
            throw;
        }
    });

    // A sparse file can claim to be larger than any disk.
    private static void Copy(FileStream from, FileStream to)
    {
        CancellationToken cancellationToken = StoppableWork.Token;
        byte[] buffer = new byte[1 << 20];
        for (int count; (count = from.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            to.Write(buffer, 0, count);
        }
    }

    internal static IEnumerable<string> Of(AccountFolder folder) => NewestFirst(folder.BackupFolder, "*.db");

    internal static IEnumerable<string> SavedFiles(AccountFolder folder) => NewestFirst(folder.BackupFolder, $"*{CopyName.BackupExtension}");

    /// <summary>Where a reset saves its backup.</summary>
    internal static string NewSavedFile(AccountFolder folder, string reason, TimeProvider? clock = null)
    {
        OwnerOnly.CreateFolder(folder.BackupFolder);
        return CopyName.Free(Path.Combine(folder.BackupFolder, $"{CopyName.Stamp(clock)}-{reason}"), CopyName.BackupExtension);
    }

    internal static void Prune(AccountFolder folder, TimeProvider? clock) => Prune(Of(folder), path => FindWrong(path) is null, clock);

    internal static void Prune(IEnumerable<string> newestFirst, Func<string, bool> isSound, TimeProvider? clock)
    {
        DateTimeOffset now = (clock ?? TimeProvider.System).GetUtcNow(), oldest = now - CopyAge;
        // Copies dated in the future are sorted last, so that they do not push out copies made from now on.
        List<string> all = [.. newestFirst.OrderBy(path => CopyName.Time(Path.GetFileName(path)) > now)];
        List<string> surplus = [.. all.Where((path, i) => i >= MostCopies || CopyName.Time(Path.GetFileName(path)) < oldest)];
        if (surplus.Count == 0 || all.FirstOrDefault(isSound) is not { } sound)
            return;
        foreach (string path in surplus.Where(path => path != sound))
            Leftovers.Remove(new FileInfo(path));
    }

    /// <summary>
    /// Why a copy cannot replace the live vault: it is damaged, cannot be read, or was made by a later module. Null if it can. An error of one copy
    /// says nothing about the account or other copies.
    /// </summary>
    internal static PasspackException? FindWrong(string path)
    {
        try
        {
            using VaultConnection connection = VaultConnection.OpenToRead(path);
            VaultSchema.Check(connection);
            if (connection.Scalar<long>("SELECT count(*) FROM account") != 1)
                return VaultErrors.Damaged(path, "its account is missing");
            return VaultFile.Check(connection) is { } found ? VaultErrors.Damaged(path, found) : null;
        }
        catch (PasspackException e)
        {
            return e;
        }
    }

    /// <summary>The same error, with the copy that can take the damaged vault's place.</summary>
    internal static PasspackException NameNewestCopy(AccountFolder folder, PasspackException error) => NewestSoundCopy(folder) is not { } copy ? error
        : new PasspackException(error.ErrorId, $"{error.Message} The newest sound copy of it is {copy}: " +
            $"'Restore-PasspackVault -Account {folder.UserId} -Path " +
            $"\"{copy}\" -PackingKey ...' puts that in its place, and sets the damaged one aside.", error) { Target = error.Target };

    private static DateTime LastWrite(AccountFolder folder) =>
        new[] { folder.VaultFile, folder.VaultFile + "-wal" }.Max(path => File.GetLastWriteTimeUtc(path));

    /// <summary>
    /// Copies the whole vault, sealed as it is, into the account's folder of backups; every destructive step does this first. Needs no key; others
    /// may use the vault meanwhile. Then old copies are deleted, within the limits.
    /// </summary>
    /// <param name="folder">The account.</param>
    /// <param name="reason">A word for the file's name: the step before which the copy is made.</param>
    /// <param name="clock">For tests.</param>
    /// <returns>The copy's path.</returns>
    public static string CopySealed(AccountFolder folder, string reason, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        using FileStream? _ = VaultLocks.LockForReading(folder);
        using VaultConnection connection = VaultFile.Open(folder);
        return CopyInto(folder, connection, reason, clock);
    }

    internal static string CopyInto(AccountFolder folder, VaultConnection connection, string reason, TimeProvider? clock) =>
        VaultFile.Guard(folder.BackupFolder, () =>
    {
        OwnerOnly.CreateFolder(folder.BackupFolder);
        Leftovers.Clear(folder.BackupFolder, clock);
        string name = Path.Combine(folder.BackupFolder, $"{CopyName.Stamp(clock)}-{reason}");
        while (true)
        {
            string target = CopyName.Free(name, ".db");
            if (!TryCopyInto(connection, target))
                continue;
            Prune(folder, clock);
            return target;
        }
    });

    /// <summary>Copies the live vault into a new file: complete, or not there.</summary>
    internal static void CopyInto(AccountFolder folder, string target)
    {
        using VaultConnection connection = VaultFile.Open(folder);
        if (!TryCopyInto(connection, target))
            throw new IOException($"There is already a file {target}.");
    }

    // File.Move alone would let two copies of one second overwrite each other: it looks whether the name is free, and then renames.
    // Here the temporary file's name reserves the target's.
    private static bool TryCopyInto(VaultConnection connection, string target)
    {
        string temporary = CopyName.Temporary(target);
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
            Failpoints.Hit("copy written");
            File.Move(temporary, target);
            Failpoints.Hit("copy in place");
            OwnerOnly.FlushFolder(Path.GetDirectoryName(target)!);
            Failpoints.Hit("copied");
            return true;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    // A folder that this user may not read (one use of sudo makes one) counts as empty, so that an account does not fail for its backups.
    internal static EnumerationOptions Readable { get; } = new() { IgnoreInaccessible = true, AttributesToSkip = 0 };

    internal static IEnumerable<string> NewestFirst(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern, Readable).OrderDescending(StringComparer.Ordinal) : [];
}
