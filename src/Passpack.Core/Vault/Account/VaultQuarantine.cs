using Passpack.Protocol;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Account;

/// <summary>Sets vaults aside, still encrypted and whole.</summary>
public static class VaultQuarantine
{
    /// <summary>
    /// Sets the vault of an account aside, still encrypted, with its journal; needs no key. Afterwards there is no local account of
    /// this User ID.
    /// </summary>
    /// <param name="folder">The account.</param>
    /// <param name="clock">For tests.</param>
    /// <param name="isRemoved">
    /// Whether the user removes the account from this machine: then the vault is listed as a backup, and the account is not reported as broken.
    /// </param>
    /// <returns>The vault file's new path.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountNotFound"/>; <see cref="ErrorCodes.VaultInUse"/>: it is unlocked, here or in another process.
    /// </exception>
    public static string SetAside(AccountFolder folder, TimeProvider? clock = null, bool isRemoved = false)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!folder.Exists)
            throw VaultErrors.Missing(folder.VaultFile);
        using FileStream _ = VaultLocks.LockAlone(folder);
        return VaultFile.Guard(folder.VaultFile, () =>
        {
            // Otherwise this waiting vault would become the live one.
            SetAsideNext(folder);
            return MoveAside(folder, QuarantinedVaults.NewFolder(folder, clock, isRemoved ? QuarantinedVaults.Removed : ""));
        });
    }

    /// <summary>The same, into a folder chosen before.</summary>
    internal static void SetAside(AccountFolder folder, string target)
    {
        using FileStream _ = VaultLocks.LockAlone(folder);
        MoveAside(folder, target);
    }

    /// <summary>Sets the vault aside. The caller holds the account alone.</summary>
    internal static string MoveAside(AccountFolder folder, TimeProvider? clock = null) => MoveAside(folder, QuarantinedVaults.NewFolder(folder, clock));

    private static string MoveAside(AccountFolder folder, string target) => VaultFile.Guard(folder.VaultFile, () =>
    {
        // A vault that is set aside must not lie beside a key that opens it.
        UnattendedUnlock.Disable(folder);
        OwnerOnly.CreateFolder(folder.QuarantineFolder);
        Failpoints.Hit("before setting aside");
        Directory.Move(folder.VaultFolder, target);
        Failpoints.Hit("set aside");
        OwnerOnly.FlushFolder(folder.QuarantineFolder);
        OwnerOnly.FlushFolder(folder.Path);
        return Path.Combine(target, VaultFile.FileName);
    });

    /// <summary>
    /// Sets aside a vault that was ready to replace the live one but never did. No data would be lost without it; it is kept nevertheless.
    /// </summary>
    internal static void SetAsideNext(AccountFolder folder)
    {
        VaultFile.Finish(folder);
        if (!Directory.Exists(folder.NextFolder))
            return;
        OwnerOnly.CreateFolder(folder.QuarantineFolder);
        Directory.Move(folder.NextFolder, CopyName.Free(Path.Combine(folder.QuarantineFolder, CopyName.Stamp(null)), "-unfinished"));
    }
}
