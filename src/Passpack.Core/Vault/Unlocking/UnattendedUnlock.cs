using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>
/// Unlocking without the Packing Key, by this user on this machine. It keeps the key derived from the Packing Key, so unlocking costs no key
/// derivation, and the Packing Key itself is stored nowhere. A new Packing Key makes the kept key useless.
/// </summary>
public static class UnattendedUnlock
{
    private const int MostTries = 40;

    private const string ForOtherKeys =
        "it was enabled for other keys; the Packing Key was changed since, or the keys were replaced, or the account was set up anew.";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private static readonly IKeyProtection s_protection =
        OperatingSystem.IsWindows() ? DpapiKeyProtection.Create() : new PosixKeyProtection();

    private static readonly DpapiKeyProtection? s_forMachine = OperatingSystem.IsWindows() ? DpapiKeyProtection.CreateForMachine() : null;

    /// <summary>Enables it. Costs one key derivation, as unlocking does.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackingKeyMismatch"/>; <see cref="ErrorCodes.UnattendedRefused"/>: others could read the key; and errors of the disk.
    /// </exception>
    public static void Enable(AccountFolder folder, SecretBytes packingKey) => Enable(folder, packingKey, s_protection);

    /// <summary>Makes a key file outside the data folder, for a mount of secrets or a service's credentials. Nothing is kept in the data folder.</summary>
    /// <param name="folder">The account.</param>
    /// <param name="packingKey">Its Packing Key.</param>
    /// <param name="keyFile">The full path of the file.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    /// <param name="runAsUser">The account of this machine that the file is for, and that it belongs to. Null: whoever makes it.</param>
    /// <exception cref="PasspackException">As of <see cref="Enable(AccountFolder, SecretBytes)"/>; <see cref="ErrorCodes.FileExists"/>.</exception>
    public static void Enable(AccountFolder folder, SecretBytes packingKey, string keyFile, bool overwrite, string? runAsUser = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        KeyFileRecipient? recipient = RequirePlace(folder, keyFile, overwrite, runAsUser);
        Enable(folder, packingKey, recipient?.Protection ?? s_protection, keyFile, recipient);
    }

    internal static void Enable(
        AccountFolder folder, SecretBytes packingKey, IKeyProtection protection, string? keyFile = null, KeyFileRecipient? recipient = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(packingKey);
        // Locked, so that no other process sets the vault aside meanwhile and leaves this key behind.
        using FileStream _ = VaultLocks.LockForUse(folder);
        AccountRow account = Load(folder);
        RequireCurrent(account);
        using WrappingKey wrappingKey = PackingKeys.Explained(account, folder, () =>
        {
            KeyEnvelope.Open(EnvelopePurpose.AccountKey, account.KeyEnvelope, packingKey, out WrappingKey key).Dispose();
            return key;
        });
        VaultFile.Guard(keyFile ?? folder.UnattendedFile, () =>
        {
            if (keyFile is null)
            {
                OwnerOnly.CreateFolder(folder.UnattendedFolder);
                protection.Check(folder, withFile: false);
            }
            using SecretBytes derived = wrappingKey.CopyDerived();
            byte[] sealedKey = protection.Protect(derived, account.VaultId);
            try
            {
                UnattendedFile.Write(keyFile ?? folder.UnattendedFile, account, protection.Kind, sealedKey, recipient is null ? null : recipient.Give);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(sealedKey);
            }
            return 0;
        });
    }

    /// <summary>Refuses a place for a new key file that is taken, or where others could put another one.</summary>
    /// <returns>Whom it is made for. Null: whoever makes it.</returns>
    internal static KeyFileRecipient? RequirePlace(AccountFolder folder, string keyFile, bool overwrite, string? runAsUser)
    {
        KeyFileRecipient? recipient = KeyFileRecipient.Find(folder.UserId, runAsUser, keyFile);
        AtomicFile.RequireWritable(keyFile, overwrite);
        if (recipient is not null)
            recipient.RequirePlace(folder.UserId, keyFile);
        else if (!OperatingSystem.IsWindows())
            KeyFileAccess.RequireFolderOf(folder.UserId, keyFile);
        return recipient;
    }

    /// <summary>Refuses an account of an earlier pack version: its key envelope is none that a derived key opens.</summary>
    internal static void RequireCurrent(AccountRow account)
    {
        if (account.PackVersion != KeyEnvelope.PackVersion)
        {
            throw new PasspackException(ErrorCodes.UnattendedRefused,
                $"The local account {account.UserId} is of pack version {account.PackVersion}. Bring it to the current one first: " +
                "Update-PasspackLocalAccount, or a sync.")
            { Target = account.UserId };
        }
    }

    /// <summary>
    /// Overwrites and removes the key, if there is one. Copies that a file system, a disk or a backup keeps are out of reach, and open copies of the
    /// vault from that time.
    /// </summary>
    /// <returns>Whether there was a key.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultInUse"/>: another program prevents the removal; the message names the remaining file.
    /// </exception>
    public static bool Disable(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return VaultFile.Guard(folder.UnattendedFolder, () =>
        {
            HashSet<string> erased = [];
            // Retried, because a virus scanner or a backup may have the file open for a moment.
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
            all.Delete(); // Deletes the link, not its target.
        if (!all.Exists)
            return false;
        // Every file: a process that was killed while writing has left a temporary one.
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

    // A deleted file that another program still has open: until it is closed, Windows denies access, and the folder is not empty.
    private static bool IsInTheWay(Exception e) => e is IOException io && VaultErrors.IsHeld(io)
        || OperatingSystem.IsWindows() && (e is UnauthorizedAccessException || (e.HResult & 0xFFFF) == 0x91 /* ERROR_DIR_NOT_EMPTY */);

    private static PasspackException StillThere(AccountFolder folder, HashSet<string> erased, Exception inner)
    {
        string[] there = Directory.Exists(folder.UnattendedFolder) ? Directory.GetFiles(folder.UnattendedFolder) : [];
        string[] whole = [.. there.Where(file => !erased.Contains(file))];
        string what = whole.Length > 0 ? $"{string.Join(", ", whole)} still lies there as it was, and opens the account"
            : $"the key is overwritten and of no use any more; what still lies there is {string.Join(", ", there.DefaultIfEmpty(folder.UnattendedFolder))}";
        return new PasspackException(ErrorCodes.VaultInUse,
            $"The key of unattended unlock of {folder.UserId} could not be removed: another program has it open, so {what}. " +
            "Close that program (a backup, a virus scanner, an editor) "
            + "and run Disable-PasspackUnattendedUnlock again. After a new Packing Key, or new keys, it no longer opens the account here.", inner)
        { Target = folder.UserId };
    }

    /// <summary>Whether there is a key for the account's present keys. Whether the key file is safe is only checked when it is used.</summary>
    internal static bool IsEnabled(AccountFolder folder, AccountRow account)
    {
        // The fast path: most accounts have none, and the caller holds a lock that keeps others from moving the vault.
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

    /// <summary>Opens the account's key envelope with the kept key, or with a key file.</summary>
    internal static (VaultKeys Keys, string Envelope) Open(AccountFolder folder, AccountRow account, string? keyFile = null) =>
        Open(folder, account, s_protection, keyFile);

    internal static (VaultKeys Keys, string Envelope) Open(AccountFolder folder, AccountRow account, IKeyProtection protection, string? keyFile = null)
    {
        string path = keyFile ?? folder.UnattendedFile;
        if (!Path.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            string what = keyFile is null ? $"Unattended unlock is not enabled for {folder.UserId} on this machine." : $"There is no key file {path}.";
            string how = HowToEnable(folder.UserId) + (keyFile is null ? "" : " -KeyFile, with its path");
            throw new PasspackException(ErrorCodes.UnattendedRefused, $"{what} {how}") { Target = folder.UserId };
        }
        if (keyFile is null)
            protection.Check(folder, withFile: true);
        else if (!OperatingSystem.IsWindows())
            KeyFileAccess.Require(folder.UserId, path);
        SecretBytes derived = keyFile is not null && VaultFile.Guard(path, () => PortableKeyFile.IsOne(path))
            ? DerivedOfPortable(folder, account, path) : DerivedOfLocal(folder, account, protection, path);
        WrappingKey? wrapping = null;
        SecretBytes accountKey = PackingKeys.Explained(account, folder, () => KeyEnvelope.OpenDerived(account.KeyEnvelope, derived, out wrapping!));
        return (PackingKeys.Keys(account, accountKey, wrapping!), account.KeyEnvelope);
    }

    private static SecretBytes DerivedOfPortable(AccountFolder folder, AccountRow account, string path)
    {
        using PortableKeyFile file = VaultFile.Guard(path, () => PortableKeyFile.Read(path));
        return file.IsFor(account.VaultId, account.KeyEnvelope) ? SecretBytes.CopyOf(file.Derived.Span) : throw Refused(folder, ForOtherKeys);
    }

    private static SecretBytes DerivedOfLocal(AccountFolder folder, AccountRow account, IKeyProtection protection, string path)
    {
        using UnattendedFile? file = VaultFile.Guard(path, () => UnattendedFile.Read(path));
        if (file is null)
            throw Refused(folder, $"{path} is damaged, or no key file.");
        if (!file.IsFor(account))
            throw Refused(folder, ForOtherKeys);
        IKeyProtection? opens = file.Kind == protection.Kind ? protection : file.Kind == s_forMachine?.Kind ? s_forMachine : null;
        SecretBytes? derived = opens?.Unprotect(file.SealedKey, account.VaultId);
        if (derived is { Length: WrappingKey.DerivedBytes })
            return derived;
        derived?.Dispose();
        throw Refused(folder, $"{path} was made by another user, or on another machine.");
    }

    internal static string HowToEnable(string userId, string e = "E") =>
        $"{e}nable it with: Enable-PasspackUnattendedUnlock -Account '{userId.Replace("'", "''", StringComparison.Ordinal)}'";

    private static AccountRow Load(AccountFolder folder)
    {
        using VaultConnection connection = VaultFile.Open(folder);
        return AccountRow.Load(connection);
    }

    private static void Erase(FileInfo file)
    {
        if (file.LinkTarget is not null)
            return;
        // Shared, so that it works while another program reads the file.
        using FileStream stream = OwnerOnly.OpenFile(file.FullName, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.Write(RandomNumberGenerator.GetBytes((int)Math.Min(stream.Length, 1 << 16)));
        stream.Flush(flushToDisk: true);
    }

    private static PasspackException Refused(AccountFolder folder, string why) =>
        new(ErrorCodes.UnattendedRefused, $"{folder.UserId} cannot be unlocked unattended: {why} {HowToEnable(folder.UserId)}") { Target = folder.UserId };
}
