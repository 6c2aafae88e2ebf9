using System.Globalization;
using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>
/// The vault as files: made, opened, copied and set aside. The live vault has a folder of its own, so that file and journal always
/// move together, in one rename.
/// </summary>
public static partial class VaultFiles
{
    internal const string FileName = "vault.db";

    /// <summary>What an account shows of itself; a vault that cannot be read says why.</summary>
    public static LocalAccountInfo Describe(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var info = new LocalAccountInfo
        {
            UserId = folder.UserId,
            Path = folder.VaultFile,
        };
        try
        {
            info = Guard(folder.Path, () => info with
            {
                Backups = [.. NewestFirst(folder.BackupFolder, "*.db")],
                Quarantined = [.. Quarantined(folder)],
            });
            // The lock keeps the folder in its place: SQLite removes a journal by its name, and another vault could be there by then.
            using FileStream? _ = LockForReading(folder);
            using VaultConnection connection = Open(folder);
            AccountRow account = AccountRow.Load(connection);
            return info with
            {
                UserId = account.UserId,
                Server = Uri.TryCreate(account.Server, UriKind.Absolute, out Uri? server) ? server : null,
                Entries = connection.Scalar<long>("""
                    SELECT (SELECT count(*) FROM mirror m WHERE stream = 1 AND deleted = 0 AND head IS NOT NULL
                            AND NOT EXISTS (SELECT 1 FROM local_data l WHERE l.id = m.id))
                        + (SELECT count(*) FROM local_data WHERE trashed IS NULL)
                    """),
                PendingChanges = connection.Scalar<long>("SELECT count(*) FROM local_data WHERE pending = 1"),
                PackVersion = account.PackVersion,
                Checkpoint = account.Checkpoint,
                LastSync = account.LastSync.ToTime(),
                LockAfterMinutes = account.LockAfterMinutes,
            };
        }
        catch (PasspackException e)
        {
            return info with { Problem = e };
        }
    }

    /// <summary>
    /// Sets the vault of an account aside, still encrypted, with its journal; needs no key. Afterwards there is no local account of
    /// this User ID.
    /// </summary>
    /// <returns>The vault file's new path.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountNotFound"/>; <see cref="ErrorCodes.VaultInUse"/>: it is unlocked, here or in another process.
    /// </exception>
    public static string Quarantine(AccountFolder folder, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!folder.Exists)
            throw VaultErrors.Missing(folder.VaultFile);
        using FileStream _ = LockAlone(folder);
        return Guard(folder.VaultFile, () =>
        {
            // Else it would be the vault from then on.
            SetAsideNext(folder);
            return MoveAside(folder, clock);
        });
    }

    /// <summary>
    /// A complete copy of the vault as it is now, sealed as it is, into the account's folder of backups: what every destructive step
    /// does first. Needs no key; others may use the vault meanwhile.
    /// </summary>
    /// <param name="folder">The account.</param>
    /// <param name="reason">A word for the file's name: what the copy was made before.</param>
    /// <param name="clock">For tests.</param>
    /// <returns>The copy's path.</returns>
    public static string CopySealed(AccountFolder folder, string reason, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        using FileStream? _ = LockForReading(folder);
        return Guard(folder.BackupFolder, () =>
        {
            OwnerOnly.CreateFolder(folder.BackupFolder);
            RemoveLeftovers(folder.BackupFolder);
            string name = Path.Combine(folder.BackupFolder, $"{Stamp(clock)}-{reason}");
            while (true)
            {
                string target = Free(name, ".db");
                if (TryCopyInto(folder, target))
                    return target;
            }
        });
    }

    /// <summary>Removes a vault that was made a moment ago and holds nothing yet.</summary>
    internal static void Discard(AccountFolder folder)
    {
        using FileStream _ = LockAlone(folder);
        Guard(folder.VaultFile, () =>
        {
            Directory.Delete(folder.VaultFolder, recursive: true);
            return 0;
        });
    }

    internal static VaultConnection Open(AccountFolder folder)
    {
        if (!folder.Exists)
            throw VaultErrors.Missing(folder.VaultFile);
        VaultConnection connection = VaultConnection.Open(folder.VaultFile);
        try
        {
            VaultSchema.Migrate(connection);
            // A restored copy comes without a write-ahead journal. Where that cannot be changed now, the vault works as it is.
            if (connection.Scalar<string>("PRAGMA journal_mode") != "wal")
                connection.TrySetJournal();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Makes a vault; it appears whole or not at all.</summary>
    internal static void Create(AccountFolder folder, AccountRow account) => Install(folder, temporary =>
    {
        using VaultConnection connection = VaultConnection.Open(temporary, create: true);
        VaultSchema.Migrate(connection, create: true);
        connection.BeginImmediate();
        account.Save(connection);
        connection.Commit();
    });

    /// <summary>Fills a new vault file beside the live one's place and renames it there.</summary>
    internal static void Install(AccountFolder folder, Action<string> fill)
    {
        DemandNone(folder);
        string temporary = $"{folder.VaultFolder}.{Guid.NewGuid():N}.tmp";
        Guard(folder.VaultFile, () =>
        {
            folder.Create();
            RemoveLeftovers(folder.Path);
            OwnerOnly.CreateFolder(temporary);
            Steps.Reached("folder made");
            try
            {
                fill(Path.Combine(temporary, FileName));
                Place(folder, temporary);
            }
            catch
            {
                Remove(new DirectoryInfo(temporary));
                throw;
            }
            return 0;
        });
    }

    /// <summary>Sets the vault aside; for who has it alone.</summary>
    internal static string MoveAside(AccountFolder folder, TimeProvider? clock = null) => Guard(folder.VaultFile, () =>
    {
        OwnerOnly.CreateFolder(folder.QuarantineFolder);
        string target = Free(Path.Combine(folder.QuarantineFolder, Stamp(clock)), "");
        Steps.Reached("before setting aside");
        Directory.Move(folder.VaultFolder, target);
        Steps.Reached("set aside");
        OwnerOnly.FlushFolder(folder.QuarantineFolder);
        OwnerOnly.FlushFolder(folder.Path);
        return Path.Combine(target, FileName);
    });

    /// <summary>Renames a complete vault folder to the live one's place, where there is none.</summary>
    internal static void Place(AccountFolder folder, string complete)
    {
        OwnerOnly.FlushFolder(complete);
        Steps.Reached("before placing");
        try
        {
            Directory.Move(complete, folder.VaultFolder);
            Steps.Reached("placed");
        }
        catch (IOException)
        {
            // Two at a time: the other one was first.
            DemandNone(folder);
            throw;
        }
        OwnerOnly.FlushFolder(folder.Path);
    }

    /// <summary>Copies the live vault into a new file: complete, or not there.</summary>
    internal static void CopyInto(AccountFolder folder, string target)
    {
        if (!TryCopyInto(folder, target))
            throw new IOException($"There is already a file {target}.");
    }

    // File.Move alone would let two copies of one second overwrite each other: it looks whether the name is free, and then renames.
    // Here the temporary file's name reserves the target's.
    private static bool TryCopyInto(AccountFolder folder, string target)
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
            using (VaultConnection connection = Open(folder))
                connection.Execute("VACUUM INTO $1", temporary);
            using (var copy = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                copy.Flush(flushToDisk: true);
            Steps.Reached("copied");
            File.Move(temporary, target);
            Steps.Reached("copy in place");
            OwnerOnly.FlushFolder(Path.GetDirectoryName(target)!);
            return true;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static string Temporary(string target) => $"{target}.tmp";

    /// <summary>Refuses where there is a local account already.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.AccountExists"/>.</exception>
    public static void DemandNone(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (folder.Exists)
        {
            throw new PasspackException(ErrorCodes.AccountExists,
                $"There is already a local account {folder.UserId} on this machine ({folder.VaultFile}). Unlock it with Unlock-PasspackVault.")
            { Target = folder.UserId };
        }
    }

    private static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is not PasspackException && VaultErrors.Translate(e, path) is PasspackException translated)
        {
            throw translated;
        }
        catch (IOException e)
        {
            throw VaultErrors.Failed(path, e);
        }
    }

    private static IEnumerable<string> Quarantined(AccountFolder folder) =>
        Directory.Exists(folder.QuarantineFolder)
            ? Directory.EnumerateDirectories(folder.QuarantineFolder).Select(path => Path.Combine(path, FileName)).Where(File.Exists).OrderDescending(StringComparer.Ordinal)
            : [];

    private static IEnumerable<string> NewestFirst(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern).OrderDescending(StringComparer.Ordinal) : [];

    private static string Stamp(TimeProvider? clock) =>
        (clock ?? TimeProvider.System).GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Free(string path, string extension)
    {
        string candidate = path + extension;
        for (int i = 2; Path.Exists(candidate) || File.Exists(Temporary(candidate)); i++)
            candidate = string.Create(CultureInfo.InvariantCulture, $"{path}-{i}{extension}");
        return candidate;
    }
}
