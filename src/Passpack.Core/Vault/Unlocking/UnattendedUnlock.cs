using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>
/// Unlocking without the Packing Key, by this user on this machine. What is kept is the key that was derived from it, so unlocking costs no
/// key derivation, and the Packing Key itself lies nowhere; a new Packing Key makes what is kept useless.
/// </summary>
public static class UnattendedUnlock
{
    private const int MostTries = 40;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private static readonly IKeyProtection s_protection =
        OperatingSystem.IsWindows() ? DpapiKeyProtection.Create() : new PosixKeyProtection();

    /// <summary>Enables it. Costs one key derivation, as unlocking does.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackingKeyMismatch"/>; <see cref="ErrorCodes.UnattendedRefused"/>: others could get at the key; or what the disk says.
    /// </exception>
    public static void Enable(AccountFolder folder, SecretBytes packingKey) => Enable(folder, packingKey, s_protection);

    internal static void Enable(AccountFolder folder, SecretBytes packingKey, IKeyProtection protection)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(packingKey);
        // Nobody sets the vault aside meanwhile, and leaves this key behind.
        using FileStream _ = VaultLocks.LockForUse(folder);
        AccountRow account = Load(folder);
        if (account.PackVersion != KeyEnvelope.PackVersion)
        {
            throw new PasspackException(ErrorCodes.UnattendedRefused,
                $"The local account {account.UserId} is of pack version {account.PackVersion}. Bring it to the current one first: Update-PasspackLocalAccount, or a sync.")
            { Target = account.UserId };
        }
        using WrappingKey wrappingKey = PackingKeys.Explained(account, folder, () =>
        {
            KeyEnvelope.Open(account.KeyEnvelope, packingKey, out WrappingKey key).Dispose();
            return key;
        });
        VaultFile.Guard(folder.UnattendedFile, () =>
        {
            OwnerOnly.CreateFolder(folder.UnattendedFolder);
            protection.Check(folder, withFile: false);
            using SecretBytes derived = wrappingKey.CopyDerived();
            byte[] sealedKey = protection.Protect(derived, account.VaultId);
            try
            {
                UnattendedFile.Write(folder.UnattendedFile, account, protection.Kind, sealedKey);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(sealedKey);
            }
            return 0;
        });
    }

    /// <summary>
    /// Overwrites and removes the key; nothing where there is none. Copies that a file system, a disk or a backup keeps are out of reach, and
    /// open copies of the vault from that time.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultInUse"/>: another program keeps it from going; it says what still lies there.</exception>
    public static bool Disable(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return VaultFile.Guard(folder.UnattendedFolder, () =>
        {
            HashSet<string> erased = [];
            // Who reads it, a virus scanner or a backup, has it for a moment.
            for (int i = 1; ; i++)
            {
                try
                {
                    return RemoveAll(folder, erased);
                }
                catch (Exception e) when (IsInTheWay(e))
                {
                    if (i == MostTries)
                        throw StillThere(folder, erased, e);
                    Thread.Sleep(s_pause);
                }
            }
        });
    }

    private static bool RemoveAll(AccountFolder folder, HashSet<string> erased)
    {
        var all = new DirectoryInfo(folder.UnattendedFolder);
        if (all.LinkTarget is not null)
            all.Delete(); // The link, not what it leads to.
        if (!all.Exists)
            return false;
        // All of it: a process that was killed while it wrote has left a temporary file.
        foreach (FileInfo file in all.EnumerateFiles())
        {
            Erase(file);
            erased.Add(file.FullName);
            file.Delete();
        }
        all.Delete(recursive: true);
        OwnerOnly.FlushFolder(folder.Path);
        return true;
    }

    // Windows refuses access to a file that goes as soon as the last program lets go of it, and its folder is not empty until then.
    private static bool IsInTheWay(Exception e) => e is IOException io && VaultErrors.IsHeld(io)
        || OperatingSystem.IsWindows() && (e is UnauthorizedAccessException || (e.HResult & 0xFFFF) == 0x91 /* ERROR_DIR_NOT_EMPTY */);

    private static PasspackException StillThere(AccountFolder folder, HashSet<string> erased, Exception inner)
    {
        string[] there = Directory.Exists(folder.UnattendedFolder) ? Directory.GetFiles(folder.UnattendedFolder) : [];
        string[] whole = [.. there.Where(file => !erased.Contains(file))];
        string what = whole.Length > 0 ? $"{string.Join(", ", whole)} still lies there as it was, and opens the account"
            : $"the key is overwritten and of no use any more; what still lies there is {string.Join(", ", there.DefaultIfEmpty(folder.UnattendedFolder))}";
        return new PasspackException(ErrorCodes.VaultInUse,
            $"The key of unattended unlock of {folder.UserId} could not be removed: another program has it open, so {what}. Close that program (a backup, a virus scanner, an editor) "
            + "and run Disable-PasspackUnattendedUnlock again. After a new Packing Key it no longer opens the account here.", inner)
        { Target = folder.UserId };
    }

    /// <summary>Whether there is a key for the account as it is now; whether it may be used is only seen when it is.</summary>
    internal static bool IsEnabled(AccountFolder folder, AccountRow account)
    {
        // Most accounts have none, and who only looks should be quick: it keeps others from moving the vault.
        if (!File.Exists(folder.UnattendedFile))
            return false;
        try
        {
            using UnattendedFile? file = UnattendedFile.Read(folder.UnattendedFile);
            return file?.IsFor(account) ?? false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Opens the account's key envelope with what is kept.</summary>
    internal static (VaultKeys Keys, string Envelope) Open(AccountFolder folder, AccountRow account) => Open(folder, account, s_protection);

    internal static (VaultKeys Keys, string Envelope) Open(AccountFolder folder, AccountRow account, IKeyProtection protection)
    {
        if (!Path.Exists(folder.UnattendedFile) && new FileInfo(folder.UnattendedFile).LinkTarget is null)
            throw new PasspackException(ErrorCodes.UnattendedRefused, $"Unattended unlock is not enabled for {folder.UserId} on this machine. {HowToEnable(folder.UserId)}") { Target = folder.UserId };
        protection.Check(folder, withFile: true);
        using UnattendedFile? file = VaultFile.Guard(folder.UnattendedFile, () => UnattendedFile.Read(folder.UnattendedFile));
        if (file is null)
            throw Refused(folder, $"{folder.UnattendedFile} is damaged.");
        if (!file.IsFor(account))
            throw Refused(folder, "it was enabled for other keys; the Packing Key was changed since, or the account was set up anew.");
        SecretBytes? derived = file.Kind == protection.Kind ? protection.Unprotect(file.SealedKey, account.VaultId) : null;
        if (derived is not { Length: WrappingKey.DerivedBytes })
        {
            derived?.Dispose();
            throw Refused(folder, $"{folder.UnattendedFile} was made by another user, or on another machine.");
        }
        WrappingKey? wrapping = null;
        SecretBytes accountKey = PackingKeys.Explained(account, folder, () => KeyEnvelope.OpenDerived(account.KeyEnvelope, derived, out wrapping!));
        return (PackingKeys.Keys(account, accountKey, wrapping!), account.KeyEnvelope);
    }

    internal static string HowToEnable(string userId, string e = "E") => $"{e}nable it with: Enable-PasspackUnattendedUnlock -Account '{userId.Replace("'", "''", StringComparison.Ordinal)}'";

    private static AccountRow Load(AccountFolder folder)
    {
        using VaultConnection connection = VaultFile.Open(folder);
        return AccountRow.Load(connection);
    }

    private static void Erase(FileInfo file)
    {
        if (file.LinkTarget is not null)
            return;
        // Also under the eyes of a program that reads it.
        using FileStream stream = OwnerOnly.OpenFile(file.FullName, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.Write(RandomNumberGenerator.GetBytes((int)Math.Min(stream.Length, 1 << 16)));
        stream.Flush(flushToDisk: true);
    }

    private static PasspackException Refused(AccountFolder folder, string why) =>
        new(ErrorCodes.UnattendedRefused, $"{folder.UserId} cannot be unlocked unattended: {why} {HowToEnable(folder.UserId)}") { Target = folder.UserId };
}
