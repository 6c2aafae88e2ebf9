namespace Passpack.Vault;

/// <summary>
/// One vault in the place of another. It takes two renames, and a process can end between them: so the new one first gets a name under
/// which everybody knows it for the vault where there is no other.
/// </summary>
public static partial class VaultFiles
{
    /// <summary>Puts a complete vault in the place of the live one, which is set aside; for who has the account alone.</summary>
    /// <returns>Where the earlier vault's folder is now.</returns>
    internal static string Exchange(AccountFolder folder, string complete) => Guard(folder.VaultFile, () =>
    {
        OwnerOnly.FlushFolder(complete);
        SetAsideNext(folder);
        Directory.Move(complete, folder.NextFolder);
        OwnerOnly.FlushFolder(folder.Path);
        Steps.Reached("next vault ready");
        string aside = Path.GetDirectoryName(MoveAside(folder))!;
        Finish(folder);
        return aside;
    });

    /// <summary>Puts a vault that was set aside back in the place of the one that replaced it, which is deleted; for who has the account alone.</summary>
    internal static void ExchangeBack(AccountFolder folder, string aside) => Guard(folder.VaultFile, () =>
    {
        SetAsideNext(folder);
        Directory.Move(aside, folder.NextFolder);
        string replaced = $"{folder.VaultFolder}.{Guid.NewGuid():N}.tmp";
        Directory.Move(folder.VaultFolder, replaced);
        Finish(folder);
        Directory.Delete(replaced, recursive: true);
        return 0;
    });

    /// <summary>Completes an exchange that a process did not live to complete. For who holds the account's lock: then nobody is at it.</summary>
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
                return 0; // Another one who came to look was first.
            }
            OwnerOnly.FlushFolder(folder.Path);
            return 0;
        });
        Steps.Reached("next vault in place");
    }

    /// <summary>What was ready and never came to its place, because the live vault had not been set aside: nothing is lost with it, and yet it is kept.</summary>
    private static void SetAsideNext(AccountFolder folder)
    {
        Finish(folder);
        if (!Directory.Exists(folder.NextFolder))
            return;
        OwnerOnly.CreateFolder(folder.QuarantineFolder);
        Directory.Move(folder.NextFolder, Free(Path.Combine(folder.QuarantineFolder, Stamp(null)), "-unfinished"));
    }
}
