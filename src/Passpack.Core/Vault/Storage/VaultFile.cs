using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Vault.Storage;

/// <summary>
/// Makes, opens and checks the live vault file. The file has a folder of its own, so that one rename moves file and journal together.
/// </summary>
public static class VaultFile
{
    internal const string FileName = "vault.db";

    private const long LeastUnused = 16 << 20;

    /// <summary>Removes a vault that was just made and is still empty.</summary>
    internal static void Discard(AccountFolder folder)
    {
        using FileStream _ = VaultLocks.LockAlone(folder);
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
                VaultCopies.CopyInto(folder, connection, "before-migration", null);
            VaultSchema.Migrate(connection);
            // A restored copy comes without a write-ahead journal. If that cannot be changed now, the vault works without one.
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
    internal static void Create(AccountFolder folder, AccountRow account, VaultKeys keys) => Install(folder, temporary =>
    {
        using VaultConnection connection = VaultConnection.Open(temporary, create: true);
        VaultSchema.Migrate(connection, create: true);
        connection.InTransaction(() => account.Save(connection, keys));
    });

    /// <summary>Fills a new vault file beside the live one's place and renames it there.</summary>
    internal static void Install(AccountFolder folder, Action<string> fill)
    {
        RequireNone(folder);
        string temporary = $"{folder.VaultFolder}.{Guid.NewGuid():N}.tmp";
        Guard(folder.VaultFile, () =>
        {
            folder.Create();
            Leftovers.Clear(folder.Path);
            OwnerOnly.CreateFolder(temporary);
            Failpoints.Hit("folder made");
            try
            {
                fill(Path.Combine(temporary, FileName));
                Place(folder, temporary);
            }
            catch
            {
                Leftovers.Remove(new DirectoryInfo(temporary));
                throw;
            }
            return 0;
        });
    }

    /// <summary>Renames a complete vault folder to the live one's place, where there is none.</summary>
    internal static void Place(AccountFolder folder, string complete)
    {
        OwnerOnly.FlushFolder(complete);
        Failpoints.Hit("before placing");
        try
        {
            Directory.Move(complete, folder.VaultFolder);
            Failpoints.Hit("placed");
        }
        catch (IOException)
        {
            // Another process has made a vault at the same time.
            RequireNone(folder);
            throw;
        }
        OwnerOnly.FlushFolder(folder.Path);
    }

    /// <summary>Refuses if there is a local account already.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.AccountExists"/>.</exception>
    public static void RequireNone(AccountFolder folder)
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

    /// <summary>
    /// Completes an exchange of vaults that a killed process began. The caller holds the account's lock, so no other process is at it.
    /// </summary>
    internal static void Finish(AccountFolder folder)
    {
        if (Directory.Exists(folder.VaultFolder) || !Directory.Exists(folder.NextFolder))
            return;
        Guard(folder.VaultFile, () =>
        {
            try
            {
                Directory.Move(folder.NextFolder, folder.VaultFolder);
            }
            catch (IOException) when (Directory.Exists(folder.VaultFolder))
            {
                return 0; // Another process has completed it.
            }
            OwnerOnly.FlushFolder(folder.Path);
            return 0;
        });
        Failpoints.Hit("next vault in place");
    }

    /// <summary>
    /// Gives the pages of a vault file back to the disk once two thirds of them are unused, as after a pull that was let go of. A first sync leaves
    /// half.
    /// </summary>
    /// <param name="connection">Without a transaction.</param>
    internal static void GiveBackSpace(VaultConnection connection)
    {
        long unused = connection.Scalar<long>("PRAGMA freelist_count");
        if (unused * connection.Scalar<long>("PRAGMA page_size") < LeastUnused || unused <= connection.Scalar<long>("PRAGMA page_count") / 3 * 2)
            return;
        try
        {
            connection.Execute("VACUUM");
            connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.DiskFull or ErrorCodes.VaultInUse)
        {
            // The user has to hear why the pull was let go of; the next pull tries to give the space back again.
        }
    }

    /// <summary>The damage that SQLite finds in a vault's pages. Null if there is none.</summary>
    internal static string? Check(VaultConnection connection) =>
        connection.Query("PRAGMA quick_check(1)", row => row.GetString(0)).FirstOrDefault() is { } found && found != "ok" ? found : null;

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
}
