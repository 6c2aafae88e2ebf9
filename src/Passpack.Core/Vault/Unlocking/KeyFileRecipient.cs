using System.Runtime.Versioning;
using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Vault.Unlocking;

/// <summary>The account of a service that a key file is made for, in place of the user who makes it.</summary>
/// <param name="protection">Seals the key so that this account can open it.</param>
/// <param name="requirePlace">Refuses a path where the account, or another, could have put something else: User ID, path.</param>
/// <param name="give">Makes a file, which nobody else can reach yet, the account's: its path.</param>
internal sealed class KeyFileRecipient(IKeyProtection protection, Action<string, string> requirePlace, Action<string> give)
{
    /// <summary>How the key is sealed.</summary>
    public IKeyProtection Protection => protection;

    /// <summary>Refuses a path for the file.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.UnattendedRefused"/>, with the command that mends it.</exception>
    public void RequirePlace(string userId, string path) => requirePlace(userId, path);

    /// <summary>Makes the file the account's.</summary>
    public void Give(string path) => give(path);

    /// <summary>The account of a name. Null for none: the file is made for whoever makes it.</summary>
    /// <param name="userId">Of the Passpack account, for the errors.</param>
    /// <param name="name">Of the account of this machine.</param>
    /// <param name="path">Of the file.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.UnattendedRefused"/>: only root makes files for others.</exception>
    /// <exception cref="ArgumentException">There is no such account.</exception>
    public static KeyFileRecipient? Find(string userId, string? name, string path)
    {
        if (name is null)
            return null;
        if (OperatingSystem.IsWindows())
            return OfWindows(name);
        PosixUser user = PosixUser.Find(name) ?? throw NoSuchUser(name);
        // Who is that user already makes it without more.
        if (user.Id == PosixFile.Me)
            return null;
        return PosixUser.AmRoot
            ? new KeyFileRecipient(new PosixKeyProtection(), KeyFileAccess.RequireRootsFolderOf, user.Own)
            : throw new PasspackException(ErrorCodes.UnattendedRefused,
                $"Only root makes a key file for another user, {name}. Run this as root; or make it without -RunAsUser, then run: " +
                $"sudo chown {Posix.Quoted(name)}: {Posix.Quoted(path)}") { Target = userId };
    }

    /// <summary>The error for a name that no user of this machine has.</summary>
    public static ArgumentException NoSuchUser(string name) => new($"-RunAsUser: this machine has no user {PrintableText.Of(name, 100)}.");

    [SupportedOSPlatform("windows")]
    private static KeyFileRecipient OfWindows(string account) =>
        new(DpapiKeyProtection.CreateForMachine(), (_, _) => { }, path => WindowsAccess.AdmitReader(path, account));
}
