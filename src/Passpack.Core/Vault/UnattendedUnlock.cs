using System.Security.Cryptography;
using Passpack.Packing;
using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>
/// Unlocking without the Packing Key, by this user on this machine. What is kept is the key that was derived from it, so unlocking costs no
/// key derivation, and the Packing Key itself lies nowhere; a new Packing Key makes what is kept useless.
/// </summary>
public static class UnattendedUnlock
{
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
        using FileStream _ = VaultFiles.LockForUse(folder);
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
        VaultFiles.Guard(folder.UnattendedFile, () =>
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
    /// Overwrites and removes the key; nothing where there is none. Copies that a file system, a disk or a backup keeps are out of reach:
    /// a new Packing Key makes them useless.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    public static bool Disable(AccountFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return VaultFiles.Guard(folder.UnattendedFolder, () =>
        {
            var all = new DirectoryInfo(folder.UnattendedFolder);
            if (all.LinkTarget is not null)
                all.Delete(); // The link, not what it leads to.
            if (!all.Exists)
                return false;
            // All of it: a process that was killed while it wrote has left a temporary file.
            foreach (FileInfo file in all.EnumerateFiles())
                Erase(file);
            all.Delete(recursive: true);
            OwnerOnly.FlushFolder(folder.Path);
            return true;
        });
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
            throw Refused(folder, "that is not enabled here.");
        protection.Check(folder, withFile: true);
        using UnattendedFile? file = VaultFiles.Guard(folder.UnattendedFile, () => UnattendedFile.Read(folder.UnattendedFile));
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
        using VaultConnection connection = VaultFiles.Open(folder);
        return AccountRow.Load(connection);
    }

    private static void Erase(FileInfo file)
    {
        if (file.LinkTarget is null)
        {
            using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0);
            stream.Write(RandomNumberGenerator.GetBytes((int)Math.Min(stream.Length, 1 << 16)));
            stream.Flush(flushToDisk: true);
        }
        file.Delete();
    }

    private static PasspackException Refused(AccountFolder folder, string why) =>
        new(ErrorCodes.UnattendedRefused, $"{folder.UserId} is not unlocked unattended: {why} {HowToEnable(folder.UserId)}") { Target = folder.UserId };
}
