using Passpack.Protocol;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Account;

/// <summary>
/// Replaces one vault by another. This takes two renames, and the process can end between them; so the new vault first gets a name under which every
/// process accepts it as the vault if there is no other.
/// </summary>
internal static class VaultReplacement
{
    /// <summary>Replaces the live vault by a complete one, and sets the live one aside. The caller holds the account alone.</summary>
    /// <returns>Where the earlier vault's folder is now.</returns>
    internal static string Exchange(AccountFolder folder, string complete) => VaultFile.Guard(folder.VaultFile, () =>
    {
        OwnerOnly.FlushFolder(complete);
        VaultQuarantine.SetAsideNext(folder);
        Directory.Move(complete, folder.NextFolder);
        OwnerOnly.FlushFolder(folder.Path);
        Failpoints.Hit("next vault ready");
        string aside = Path.GetDirectoryName(VaultQuarantine.MoveAside(folder))!;
        VaultFile.Finish(folder);
        return aside;
    });

    /// <summary>Puts a vault that was set aside back, and deletes the one that had replaced it. The caller holds the account alone.</summary>
    internal static void ExchangeBack(AccountFolder folder, string aside) => VaultFile.Guard(folder.VaultFile, () =>
    {
        VaultQuarantine.SetAsideNext(folder);
        Directory.Move(aside, folder.NextFolder);
        string replaced = $"{folder.VaultFolder}.{Guid.NewGuid():N}.tmp";
        Directory.Move(folder.VaultFolder, replaced);
        VaultFile.Finish(folder);
        Directory.Delete(replaced, recursive: true);
        return 0;
    });

    /// <summary>
    /// Puts a sound copy in the place of the live vault, which is set aside if there is one; needs no key. The copy stays where it is.
    /// </summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultInUse"/>: the account is unlocked somewhere.</exception>
    internal static void PutInPlace(AccountFolder folder, string copy)
    {
        VaultFile.Guard(folder.Path, () =>
        {
            folder.Create();
            return 0;
        });
        using FileStream _ = VaultLocks.LockAlone(folder);
        string complete = VaultCopies.CopyAside(folder, copy);
        try
        {
            Failpoints.Hit("copied");
            if (folder.Exists)
                VaultQuarantine.MoveAside(folder);
            Failpoints.Hit("set aside");
            VaultFile.Place(folder, complete);
            Failpoints.Hit("placed");
        }
        finally
        {
            Leftovers.Remove(new DirectoryInfo(complete));
        }
    }
}
