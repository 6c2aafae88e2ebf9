using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>
/// The copies that the account keeps of itself outside the live file: bounded in number and age, but never below the newest sound one.
/// </summary>
public static partial class VaultFiles
{
    /// <summary>The most copies that are kept.</summary>
    public const int MostCopies = 10;

    /// <summary>How long they are kept.</summary>
    public static readonly TimeSpan CopyAge = TimeSpan.FromDays(90);

    private const string Daily = "daily";

    // What of a vault has to move together; shared memory is made anew.
    private static readonly string[] s_suffixes = ["", "-wal"];

    /// <summary>
    /// Makes a copy if today has none yet, and the vault has changed since the last one. A vault that is not sound is not copied: the copies
    /// that are there are worth more.
    /// </summary>
    /// <returns>The copy's path; null: none was needed.</returns>
    public static string? CopyDaily(AccountFolder folder, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        DateTime today = (clock ?? TimeProvider.System).GetUtcNow().UtcDateTime.Date;
        // A copy of a day to come, of a clock that was ahead, is none of today.
        if (Copies(folder).Any(copy => BackupFiles.Time(Path.GetFileName(copy))?.UtcDateTime.Date == today || File.GetLastWriteTimeUtc(copy) >= LastWrite(folder)))
            return null;
        return CopySealed(folder, Daily, clock);
    }

    /// <summary>The newest copy that SQLite finds sound; null: there is none.</summary>
    public static string? NewestSoundCopy(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Copies(folder).FirstOrDefault(path => FindWrong(path) is null);
    }

    /// <summary>
    /// Puts a copy in the place of the live vault, which is set aside if there is one; needs no key. The copy stays where it is.
    /// </summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.BackupDamaged"/>: it is not sound; <see cref="ErrorCodes.VaultInUse"/>: the account is unlocked somewhere;
    /// <see cref="ErrorCodes.ReadOnly"/>: the copy cannot be read.
    /// </exception>
    internal static void PutInPlace(AccountFolder folder, string copy)
    {
        if (FindWrong(copy) is { } wrong)
            throw wrong.ErrorId == ErrorCodes.ReadOnly ? wrong : BackupErrors.Damaged(copy, "SQLite does not find it sound", wrong);
        Guard(folder.Path, () =>
        {
            folder.Create();
            return 0;
        });
        using FileStream _ = LockAlone(folder);
        string complete = CopyAside(folder, copy);
        try
        {
            Steps.Reached("copied");
            if (folder.Exists)
                MoveAside(folder);
            Steps.Reached("set aside");
            Place(folder, complete);
            Steps.Reached("placed");
        }
        finally
        {
            Remove(new DirectoryInfo(complete));
        }
    }

    /// <summary>Copies a vault file that nobody uses, with its journal, into a folder of its own.</summary>
    /// <returns>The folder.</returns>
    internal static string CopyAside(AccountFolder folder, string path) => Guard(path, () =>
    {
        OwnerOnly.CreateFolder(folder.Path);
        RemoveLeftovers(folder.Path);
        string temporary = $"{folder.VaultFolder}.{Guid.NewGuid():N}.tmp";
        OwnerOnly.CreateFolder(temporary);
        try
        {
            foreach (string suffix in s_suffixes)
            {
                if (!File.Exists(path + suffix) && suffix.Length > 0)
                    continue;
                using FileStream from = SharedRead.Open(path + suffix);
                using FileStream to = OwnerOnly.CreateFile(Path.Combine(temporary, FileName + suffix));
                Copy(from, to);
                to.Flush(flushToDisk: true);
            }
            return temporary;
        }
        catch
        {
            Remove(new DirectoryInfo(temporary));
            throw;
        }
    });

    // A file can say that it is larger than any disk.
    private static void Copy(FileStream from, FileStream to)
    {
        CancellationToken stopping = StoppableWork.Token;
        byte[] buffer = new byte[1 << 20];
        for (int count; (count = from.Read(buffer)) > 0;)
        {
            stopping.ThrowIfCancellationRequested();
            to.Write(buffer, 0, count);
        }
    }

    internal static IEnumerable<string> Copies(AccountFolder folder) => NewestFirst(folder.BackupFolder, "*.db");

    internal static IEnumerable<string> SavedFiles(AccountFolder folder) => NewestFirst(folder.BackupFolder, $"*{BackupFiles.Extension}");

    /// <summary>The devices of vaults of an account that were set aside; one that cannot be read says nothing.</summary>
    internal static IEnumerable<Guid> DevicesSetAside(AccountFolder folder, Guid vaultId) => Quarantined(folder).SelectMany(path =>
    {
        try
        {
            using VaultConnection connection = VaultConnection.OpenToRead(path);
            return connection.Query("SELECT device_id FROM account WHERE vault_id = $1 AND device_id IS NOT NULL", row => row.GetId(0), vaultId).ToList();
        }
        catch (PasspackException)
        {
            return [];
        }
    });

    /// <summary>Where a reset saves its backup.</summary>
    internal static string NewSavedFile(AccountFolder folder, string reason, TimeProvider? clock = null)
    {
        OwnerOnly.CreateFolder(folder.BackupFolder);
        return Free(Path.Combine(folder.BackupFolder, $"{Stamp(clock)}-{reason}"), BackupFiles.Extension);
    }

    internal static void Prune(AccountFolder folder, TimeProvider? clock) => Prune(Copies(folder), path => FindWrong(path) is null, clock);

    /// <summary>
    /// The same for what resets saved: number and age, but never the newest sound one. The vault that such a reset set aside stays, whatever
    /// becomes of its backup.
    /// </summary>
    internal static void PruneSavedFiles(AccountFolder folder, TimeProvider? clock) => Prune(SavedFiles(folder), path => BackupFiles.Describe(path).Problem is null, clock);

    private static void Prune(IEnumerable<string> newestFirst, Func<string, bool> isSound, TimeProvider? clock)
    {
        DateTimeOffset now = (clock ?? TimeProvider.System).GetUtcNow(), oldest = now - CopyAge;
        // Those of a clock that was ahead come last: they must not push out what is made from now on.
        List<string> all = [.. newestFirst.OrderBy(path => BackupFiles.Time(Path.GetFileName(path)) > now)];
        List<string> surplus = [.. all.Where((path, i) => i >= MostCopies || BackupFiles.Time(Path.GetFileName(path)) < oldest)];
        if (surplus.Count == 0 || all.FirstOrDefault(isSound) is not { } sound)
            return;
        foreach (string path in surplus.Where(path => path != sound))
            Remove(new FileInfo(path));
    }

    /// <summary>
    /// Why a copy cannot take the live vault's place: it is damaged, cannot be read, or a later module made it. Null: it can. An error of one copy
    /// says nothing of the account or of the other copies.
    /// </summary>
    private static PasspackException? FindWrong(string path)
    {
        try
        {
            using VaultConnection connection = VaultConnection.OpenToRead(path);
            VaultSchema.Check(connection);
            if (connection.Scalar<long>("SELECT count(*) FROM account") != 1)
                return VaultErrors.Damaged(path, "its account is missing");
            return Check(connection) is { } found ? VaultErrors.Damaged(path, found) : null;
        }
        catch (PasspackException e)
        {
            return e;
        }
    }

    /// <summary>The folders of backups and of vaults set aside that this user may not read: what is in them is missing from every list.</summary>
    internal static IEnumerable<PasspackException> Unreadable(AccountFolder folder)
    {
        foreach (string path in new[] { folder.BackupFolder, folder.QuarantineFolder }.Where(Directory.Exists).Concat(QuarantineFolders(folder)))
        {
            PasspackException? error = null;
            try
            {
                _ = Directory.EnumerateFileSystemEntries(path).Any();
            }
            catch (UnauthorizedAccessException e)
            {
                error = VaultErrors.Unreadable(path, e);
            }
            if (error is not null)
                yield return error;
        }
    }

    /// <summary>What SQLite finds wrong with a vault's pages; null: nothing.</summary>
    internal static string? Check(VaultConnection connection) =>
        connection.Query("PRAGMA quick_check(1)", row => row.GetString(0)).FirstOrDefault() is { } found && found != "ok" ? found : null;

    /// <summary>Why an account's vault cannot be unlocked, whatever the key: it is gone, or damaged. Null: nothing is wrong with it.</summary>
    public static PasspackException? ProblemOf(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!folder.Exists)
            return VaultErrors.Missing(folder.VaultFile);
        if (Describe(folder).Problem is { } problem)
            return problem.ErrorId == ErrorCodes.VaultDamaged ? problem : null;
        return Check(folder) is { } found ? VaultErrors.Damaged(folder.VaultFile, found) : null;
    }

    /// <inheritdoc cref="Check(VaultConnection)"/>
    internal static string? Check(AccountFolder folder)
    {
        try
        {
            using VaultConnection connection = Open(folder);
            return Check(connection);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            return "SQLite cannot read all of it";
        }
    }

    /// <summary>The same error, with the copy that can take the damaged vault's place.</summary>
    internal static PasspackException NameNewestCopy(AccountFolder folder, PasspackException error) => NewestSoundCopy(folder) is not { } copy ? error
        : new PasspackException(error.ErrorId, $"{error.Message} The newest sound copy of it is {copy}: 'Restore-PasspackVault -Account {folder.UserId} -Path " +
            $"\"{copy}\" -PackingKey ...' puts that in its place, and sets the damaged one aside.", error) { Target = error.Target };

    private static DateTime LastWrite(AccountFolder folder) =>
        new[] { folder.VaultFile, folder.VaultFile + "-wal" }.Max(path => File.GetLastWriteTimeUtc(path));
}
