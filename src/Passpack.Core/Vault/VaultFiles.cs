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

    internal const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";

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
                Reset = ResetState.Load(folder)?.Describe(),
            });
            if (!folder.Exists && info.Quarantined is [string aside, ..])
                return SetAside(info, aside);
            // The lock keeps the folder in its place: SQLite removes a journal by its name, and another vault could be there by then.
            using FileStream? _ = LockForReading(folder);
            using VaultConnection connection = Open(folder);
            AccountRow account = AccountRow.Load(connection);
            return info with
            {
                UserId = account.UserId,
                Server = Uri.TryCreate(account.Server, UriKind.Absolute, out Uri? server) ? server : null,
                Entries = VaultContents.Count(connection).Entries,
                PendingChanges = connection.Scalar<long>("SELECT count(*) FROM local_data WHERE pending = 1"),
                PackVersion = account.PackVersion,
                Alignment = Alignments.Of(account),
                WayOut = Alignments.WayOut(account),
                Checkpoint = account.Checkpoint,
                LastSync = account.LastSync.ToTime(),
                LockAfterMinutes = account.LockAfterMinutes,
                HistoryVersions = account.HistoryVersions,
                HistoryDays = account.HistoryDays,
                Unattended = UnattendedUnlock.IsEnabled(folder, account),
            };
        }
        catch (PasspackException e)
        {
            return info with { Problem = e, Alignment = e.ErrorId == ErrorCodes.PackTooNew ? Alignment.PackTooNew : Alignment.Unknown };
        }
    }

    // Not live any more, and yet the one known place of the data.
    private static LocalAccountInfo SetAside(LocalAccountInfo info, string path)
    {
        BackupInfo aside = BackupFiles.Describe(path);
        return info with
        {
            Path = path,
            Entries = aside.Entries,
            PackVersion = aside.PackVersion,
            Problem = new PasspackException(ErrorCodes.AccountNotFound, info.Reset ??
                $"The vault of {info.UserId} was set aside, still encrypted: {path}. 'Restore-PasspackVault -Account {info.UserId} -Path \"{path}\" -PackingKey ...' puts it " +
                "in its place again; Connect-PasspackAccount starts again from the online account.") { Target = info.UserId },
        };
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

    /// <summary>The same, into a folder that was chosen before.</summary>
    internal static void Quarantine(AccountFolder folder, string target)
    {
        using FileStream _ = LockAlone(folder);
        MoveAside(folder, target);
    }

    /// <summary>A folder in which a vault can be set aside.</summary>
    internal static string NewQuarantine(AccountFolder folder, TimeProvider? clock = null) => Free(Path.Combine(folder.QuarantineFolder, Stamp(clock)), "");

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
        RemoveLeftovers(folder.BackupFolder);
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
            if (VaultSchema.Check(connection) != VaultSchema.Newest)
                CopyInto(folder, connection, "before-migration", null);
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
    internal static string MoveAside(AccountFolder folder, TimeProvider? clock = null) => MoveAside(folder, NewQuarantine(folder, clock));

    private static string MoveAside(AccountFolder folder, string target) => Guard(folder.VaultFile, () =>
    {
        // A vault that is set aside must not lie beside a key that opens it.
        UnattendedUnlock.Disable(folder);
        OwnerOnly.CreateFolder(folder.QuarantineFolder);
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
            using (var copy = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
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

    internal static T Guard<T>(string path, Func<T> action)
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

    internal static IEnumerable<string> Quarantined(AccountFolder folder) =>
        Directory.Exists(folder.QuarantineFolder)
            ? Directory.EnumerateDirectories(folder.QuarantineFolder).Select(path => Path.Combine(path, FileName)).Where(File.Exists).OrderDescending(StringComparer.Ordinal)
            : [];

    private static IEnumerable<string> NewestFirst(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern).OrderDescending(StringComparer.Ordinal) : [];

    private static string Stamp(TimeProvider? clock) =>
        (clock ?? TimeProvider.System).GetUtcNow().ToString(StampFormat, CultureInfo.InvariantCulture);

    private static string Free(string path, string extension)
    {
        string candidate = path + extension;
        for (int i = 2; Path.Exists(candidate) || File.Exists(Temporary(candidate)); i++)
            candidate = string.Create(CultureInfo.InvariantCulture, $"{path}-{i}{extension}");
        return candidate;
    }
}
