using Passpack.Protocol;

namespace Passpack.Vault.Storage;

/// <summary>Who may use the vault's files, and who has them alone.</summary>
internal static class VaultLocks
{
    /// <summary>Held while the vault is unlocked, so that nobody moves it away from under the keys.</summary>
    internal static FileStream LockForUse(AccountFolder folder)
    {
        if (!folder.Exists)
            throw VaultErrors.Missing(folder.VaultFile);
        FileStream held = TryLock(folder.UseLockFile, FileShare.ReadWrite) ?? throw VaultErrors.InUse(folder.VaultFile);
        VaultFile.Finish(folder);
        return held;
    }

    /// <summary>The same for who only reads. Null where nothing can be written: there nobody can move the vault either.</summary>
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

    /// <summary>Held by whoever moves the vault; refused while anybody has it unlocked.</summary>
    internal static FileStream LockAlone(AccountFolder folder)
    {
        // Who only looks at the account has the lock for a moment.
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
    /// Opens a lock file: shared, or alone. .NET takes the platform's own lock on it (flock, or Windows' sharing), which ends with the
    /// process, however that ends. Null: somebody else holds it.
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
