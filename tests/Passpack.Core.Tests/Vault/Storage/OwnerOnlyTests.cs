using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

/// <summary>Who may read what is made, where what is made inherits nothing good; elsewhere than on Windows AtomicFileTests and VaultFilesTests see to the modes.</summary>
public sealed class OwnerOnlyTests
{
    [Fact]
    public void Outside_of_the_profile_Windows_keeps_everybody_else_out()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Skip("Access lists are of Windows.");
            return;
        }
        string place = Path.Combine(Environment.GetEnvironmentVariable("PUBLIC")!, $"passpack-{Guid.NewGuid():N}");
        Assert.False(WindowsAccess.IsInProfile(place));
        try
        {
            string deep = Path.Combine(place, "a", "b"), file = Path.Combine(deep, "file");
            OwnerOnly.CreateFolder(deep);
            using (FileStream made = OwnerOnly.CreateFile(file))
                made.Write("secret"u8);
            Assert.Equal("secret", File.ReadAllText(file));
            using (FileStream again = OwnerOnly.OpenFile(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                Assert.Equal(6, again.Length);
            string moved = Path.Combine(place, "moved");
            AtomicFile.Write(moved, overwrite: false, stream => stream.Write("secret"u8));
            foreach (FileSystemInfo item in new FileSystemInfo[] { new DirectoryInfo(place), new DirectoryInfo(deep), new FileInfo(file), new FileInfo(moved) })
                Assert.Empty(Others(item));
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    [Fact]
    public void Inside_of_the_profile_Windows_keeps_the_profiles_list()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Skip("Access lists are of Windows.");
            return;
        }
        string profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.True(WindowsAccess.IsInProfile(Path.Combine(profile.ToUpperInvariant(), "x")));
        Assert.False(WindowsAccess.IsInProfile(profile + "x"));
    }

    [SupportedOSPlatform("windows")]
    private static List<string> Others(FileSystemInfo item)
    {
        using WindowsIdentity me = WindowsIdentity.GetCurrent();
        string[] ours = [me.User!.Value, new SecurityIdentifier(WellKnownSidType.LocalSystemSid, null).Value, new SecurityIdentifier(WellKnownSidType.BuiltinAdministratorsSid, null).Value];
        FileSystemSecurity security = item is DirectoryInfo folder ? folder.GetAccessControl() : ((FileInfo)item).GetAccessControl();
        return [.. security.GetAccessRules(true, true, typeof(SecurityIdentifier)).Cast<FileSystemAccessRule>()
            .Where(rule => rule.AccessControlType == AccessControlType.Allow && !ours.Contains(rule.IdentityReference.Value)).Select(rule => $"{item.FullName}: {rule.IdentityReference.Value}")];
    }
}
