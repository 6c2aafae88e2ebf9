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

    // A folder that this user may not read (one use of sudo makes one) counts as empty, so that an account does not fail for its backups.
    private static readonly EnumerationOptions s_readable = new() { IgnoreInaccessible = true, AttributesToSkip = 0 };

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
            info = info with { Reset = DescribeReset(folder) };
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

    // Another user's file says nothing of the vault, of which the rest can be told.
    private static string? DescribeReset(AccountFolder folder)
    {
        try
        {
            return ResetState.Load(folder)?.Describe();
        }
        catch (UnauthorizedAccessException e)
        {
            return VaultErrors.Unreadable(folder.ResetFile, e).Message;
        }
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

    private static IEnumerable<string> NewestFirst(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern, s_readable).OrderDescending(StringComparer.Ordinal) : [];

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
