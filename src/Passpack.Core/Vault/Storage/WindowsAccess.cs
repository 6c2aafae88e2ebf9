using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace Passpack.Vault.Storage;

/// <summary>
/// Access lists of Windows. Inside the user's profile what is made inherits the profile's, which is the owner's alone; elsewhere it would inherit its
/// folder's, by which all users of the machine may read, so there it gets a list of its own: the owner, the system and the administrators.
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
        // What lies below it inherits that.
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
        FileSystemRights rights = (access.HasFlag(FileAccess.Read) ? FileSystemRights.Read : 0) | (access.HasFlag(FileAccess.Write) ? FileSystemRights.Write : 0);
        // A file that is there keeps its list.
        return new FileInfo(path).Create(mode, rights, share, 4096, FileOptions.None, security);
    }

    /// <summary>Whether a path is inside the profile, in whatever spelling.</summary>
    internal static bool IsInProfile(string path)
    {
        string profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return profile.Length > 0 && TruePath.Of(path).StartsWith(TruePath.Of(profile) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    // By their well-known ids: the names differ from language to language.
    private static void Restrict(FileSystemSecurity security, InheritanceFlags inheritance)
    {
        using WindowsIdentity me = WindowsIdentity.GetCurrent();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        SecurityIdentifier[] all = [me.User!, new(WellKnownSidType.LocalSystemSid, null), new(WellKnownSidType.BuiltinAdministratorsSid, null)];
        foreach (SecurityIdentifier one in all)
            security.AddAccessRule(new FileSystemAccessRule(one, FileSystemRights.FullControl, inheritance, PropagationFlags.None, AccessControlType.Allow));
    }
}
