using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>Vaults that were set aside: not live any more, and still whole.</summary>
public static partial class VaultFiles
{
    // Behind the time in the name of its folder: nobody waits for that one to come back.
    private const string Removed = "-removed";

    // Not live any more, and yet the one known place of the data.
    private static LocalAccountInfo SetAside(LocalAccountInfo info, string path)
    {
        BackupInfo aside = BackupFiles.Describe(path);
        return info with
        {
            Path = path,
            Server = aside.Server,
            Entries = aside.Entries,
            PackVersion = aside.PackVersion,
            Problem = new PasspackException(ErrorCodes.AccountNotFound, info.Reset ??
                $"The vault of {info.UserId} was set aside, still encrypted: {path}. 'Restore-PasspackVault -Account {info.UserId} -Path \"{path}\" -PackingKey ...' puts it " +
                $"in its place again; '{VaultErrors.ConnectCommand(info.UserId, aside.Server)}' starts again from the online account.") { Target = info.UserId },
        };
    }

    /// <summary>
    /// Sets the vault of an account aside, still encrypted, with its journal; needs no key. Afterwards there is no local account of
    /// this User ID.
    /// </summary>
    /// <param name="folder">The account.</param>
    /// <param name="clock">For tests.</param>
    /// <param name="isRemoved">Taken off this machine on purpose: a backup like others from then on, and no account that is out of order.</param>
    /// <returns>The vault file's new path.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountNotFound"/>; <see cref="ErrorCodes.VaultInUse"/>: it is unlocked, here or in another process.
    /// </exception>
    public static string Quarantine(AccountFolder folder, TimeProvider? clock = null, bool isRemoved = false)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!folder.Exists)
            throw VaultErrors.Missing(folder.VaultFile);
        using FileStream _ = LockAlone(folder);
        return Guard(folder.VaultFile, () =>
        {
            // Else it would be the vault from then on.
            SetAsideNext(folder);
            return MoveAside(folder, NewQuarantine(folder, clock, isRemoved ? Removed : ""));
        });
    }

    /// <summary>The same, into a folder that was chosen before.</summary>
    internal static void Quarantine(AccountFolder folder, string target)
    {
        using FileStream _ = LockAlone(folder);
        MoveAside(folder, target);
    }

    /// <summary>A folder in which a vault can be set aside.</summary>
    internal static string NewQuarantine(AccountFolder folder, TimeProvider? clock = null, string why = "") =>
        Free(Path.Combine(folder.QuarantineFolder, Stamp(clock) + why), "");

    /// <summary>Whether the newest vault that was set aside is one that nobody took away on purpose.</summary>
    internal static bool IsMissed(AccountFolder folder) =>
        Quarantined(folder).FirstOrDefault() is { } newest && !Path.GetFileName(Path.GetDirectoryName(newest)!).Contains(Removed, StringComparison.Ordinal);

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

    internal static IEnumerable<string> Quarantined(AccountFolder folder) =>
        QuarantineFolders(folder).Select(path => Path.Combine(path, FileName)).Where(File.Exists).OrderDescending(StringComparer.Ordinal);

    private static IEnumerable<string> QuarantineFolders(AccountFolder folder) =>
        Directory.Exists(folder.QuarantineFolder) ? Directory.EnumerateDirectories(folder.QuarantineFolder, "*", s_readable) : [];
}
