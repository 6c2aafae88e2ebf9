using Passpack.Protocol;

namespace Passpack.Vault.Storage;

/// <summary>The locks on a vault's files: shared for use, exclusive for moving.</summary>
internal static class VaultLocks
{
    /// <summary>The shared lock that is held while the vault is unlocked, so that no process moves its file.</summary>
    internal static FileStream LockForUse(AccountFolder folder)
    {
        if (!folder.Exists)
            throw VaultErrors.Missing(folder.VaultFile);
        FileStream held = TryLock(folder.UseLockFile, FileShare.ReadWrite) ?? throw VaultErrors.InUse(folder.VaultFile);
        VaultFile.Finish(folder);
        return held;
    }

    /// <summary>The same for reading only. Null if the disk is read-only: then nobody can move the vault either.</summary>
    internal static FileStream? LockForReading(AccountFolder folder)
    {
        try
        {
            return LockForUse(folder);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.ReadOnly)
        {
            return null;
        }
    }

    /// <summary>The exclusive lock for moving the vault; refused while any process has the vault unlocked.</summary>
    internal static FileStream LockAlone(AccountFolder folder)
    {
        // Retried, because a process that only reads the account holds the lock for a moment.
        for (int i = 0; i < 10; i++)
        {
            if (TryLock(folder.UseLockFile, FileShare.None) is { } held)
            {
                VaultFile.Finish(folder);
                return held;
            }
            Thread.Sleep(50);
        }
        throw VaultErrors.InUse(folder.VaultFile);
    }

    /// <summary>
    /// Opens a lock file: shared, or alone. .NET takes the platform's own lock on it (flock, or Windows' sharing), which ends with the process in any
    /// case. Null if another process holds the lock.
    /// </summary>
    internal static FileStream? TryLock(string path, FileShare share)
    {
        try
        {
            return OwnerOnly.OpenFile(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share);
        }
        catch (Exception e) when (VaultErrors.Translate(e, path) is PasspackException translated)
        {
            throw translated;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
