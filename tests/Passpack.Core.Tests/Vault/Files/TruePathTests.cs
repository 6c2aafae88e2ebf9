using Passpack.Packing.Records;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class TruePathTests
{
    /// <summary>Other spellings of a folder, as this machine has them: by a link, and in other letters where the file system does not mind.</summary>
    internal static List<string> Spellings(TemporaryFolder folder)
    {
        List<string> all = [];
        if (!OperatingSystem.IsWindows()) // Making a link needs a privilege there.
        {
            string link = Path.Combine(folder.Path, "link");
            if (!Path.Exists(link))
                Directory.CreateSymbolicLink(link, folder.Path);
            all.Add(link);
        }
        string upper = Path.Combine(Path.GetDirectoryName(folder.Path)!, Path.GetFileName(folder.Path).ToUpperInvariant());
        if (Directory.Exists(upper))
            all.Add(upper);
        Assert.NotEmpty(all);
        return all;
    }

    [Fact]
    public void A_path_has_one_spelling()
    {
        using var folder = new TemporaryFolder();
        string real = TruePath.Of(folder.Path);
        Assert.Equal(Path.GetFileName(folder.Path), Path.GetFileName(real));
        foreach (string other in Spellings(folder))
        {
            Assert.NotEqual(real, other);
            Assert.Equal(real, TruePath.Of(other));
            Assert.Equal(real, TruePath.Of(other + Path.DirectorySeparatorChar));
            // What is not there yet, and then is.
            Assert.Equal(Path.Combine(real, "a", "b"), TruePath.Of(Path.Combine(other, "a", "b")));
            Directory.CreateDirectory(Path.Combine(real, "a", "b"));
            Assert.Equal(Path.Combine(real, "a", "b"), TruePath.Of(Path.Combine(other, "a", "b")));
            Directory.Delete(Path.Combine(real, "a"), recursive: true);
        }
    }

    [Fact]
    public void Two_folders_are_two_and_the_root_is_itself()
    {
        using TemporaryFolder first = new(), second = new();
        Assert.NotEqual(TruePath.Of(first.Path), TruePath.Of(second.Path));
        string root = Path.GetPathRoot(first.Path)!;
        Assert.Equal(root, TruePath.Of(root));
    }

    [Fact]
    public void A_path_of_any_length_is_found()
    {
        using var folder = new TemporaryFolder();
        string deep = Path.Combine([folder.Path, .. Enumerable.Repeat(new string('x', 60), 12)]);
        Directory.CreateDirectory(deep);
        Assert.Equal(Path.Combine(TruePath.Of(folder.Path), Path.GetRelativePath(folder.Path, deep)), TruePath.Of(deep));
    }

    [Fact]
    public void An_account_is_one_however_its_folder_is_spelled()
    {
        using var folder = new TemporaryFolder();
        using var accounts = new UnlockedAccounts();
        var home = new DataFolder(folder.Path);
        LocalVault vault = accounts.Add(Accounts.Create(home));
        using SecretBytes key = SecretBytes.FromChars(TestVault.PackingKey);
        foreach (string other in Spellings(folder))
        {
            var same = new DataFolder(other);
            Assert.True(home.IsAt(other));
            Assert.Same(vault, accounts.Require(same.Account(TestVault.UserId)));
            Assert.Same(vault, accounts.Unlock(same, TestVault.UserId, key));
            accounts.Lock(same.Account(TestVault.UserId));
            Assert.True(vault.IsLocked);
            Assert.Null(accounts.Find(home.Account(TestVault.UserId)));
            vault = accounts.Unlock(home, TestVault.UserId, key);
        }
        Assert.False(home.IsAt(Path.Combine(folder.Path, "other")));
    }

    [Fact]
    public void A_backup_is_known_for_what_it_is_however_its_path_is_spelled()
    {
        using var folder = new TemporaryFolder();
        var home = new DataFolder(folder.Path);
        using LocalVault vault = Accounts.Create(home);
        string copy = VaultCopies.CopySealed(vault.Folder, "test");
        foreach (string other in Spellings(folder))
        {
            string spelled = Path.Combine(other, Path.GetRelativePath(folder.Path, copy)), live = Path.Combine(other, Path.GetRelativePath(folder.Path, vault.Path));
            BackupInfo told = BackupFiles.Describe(spelled);
            Assert.Equal((BackupKind.Copy, "test", spelled), (told.Kind, told.Reason, told.Path));
            Errors.Of(Protocol.ErrorCodes.VaultInUse, () => BackupSource.Open(live, vault, null, vault.Folder), "the live vault");
        }
    }
}
