using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace Passpack.Vault.Files;

/// <summary>
/// Access lists of Windows. Files inside the user's profile inherit the profile's list, which admits the owner alone. Elsewhere they would inherit a
/// list that lets all users of the machine read; so there they get a list of their own: the owner, the system and the administrators.
/// </summary>
[SupportedOSPlatform("windows")]
internal static class WindowsAccess
{
    public static void CreateFolder(string path)
    {
        if (IsInProfile(path))
        {
            Directory.CreateDirectory(path);
            return;
        }
        // Files and folders below inherit the list.
        var security = new DirectorySecurity();
        Restrict(security, InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit);
        security.CreateDirectory(path);
    }

    public static FileStream OpenFile(string path, FileMode mode, FileAccess access, FileShare share)
    {
        if (IsInProfile(path))
            return new FileStream(path, mode, access, share);
        var security = new FileSecurity();
        Restrict(security, InheritanceFlags.None);
        FileSystemRights rights = (access.HasFlag(FileAccess.Read) ? FileSystemRights.Read : 0)
            | (access.HasFlag(FileAccess.Write) ? FileSystemRights.Write : 0);
        // An existing file keeps its list.
        return new FileInfo(path).Create(mode, rights, share, 4096, FileOptions.None, security);
    }

    /// <summary>Whether a path is inside the profile, however it is spelled.</summary>
    internal static bool IsInProfile(string path)
    {
        string profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return profile.Length > 0 && TruePath.Of(path).StartsWith(TruePath.Of(profile) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>Lets one more account read a file; else only the owner, the system and the administrators can.</summary>
    /// <exception cref="ArgumentException">There is no such account.</exception>
    public static void AdmitReader(string path, string account)
    {
        var security = new FileSecurity();
        Restrict(security, InheritanceFlags.None);
        try
        {
            var reader = (SecurityIdentifier)new NTAccount(account).Translate(typeof(SecurityIdentifier));
            security.AddAccessRule(new FileSystemAccessRule(reader, FileSystemRights.Read, AccessControlType.Allow));
        }
        catch (IdentityNotMappedException e)
        {
            throw new ArgumentException($"-RunAsUser: Windows knows no account {account}.", e);
        }
        new FileInfo(path).SetAccessControl(security);
    }

    // By well-known ids, because the names differ between languages.
    private static void Restrict(FileSystemSecurity security, InheritanceFlags inheritance)
    {
        using WindowsIdentity me = WindowsIdentity.GetCurrent();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        SecurityIdentifier[] all = [me.User!, new(WellKnownSidType.LocalSystemSid, null), new(WellKnownSidType.BuiltinAdministratorsSid, null)];
        foreach (SecurityIdentifier one in all)
            security.AddAccessRule(new FileSystemAccessRule(one, FileSystemRights.FullControl, inheritance, PropagationFlags.None, AccessControlType.Allow));
    }
}
