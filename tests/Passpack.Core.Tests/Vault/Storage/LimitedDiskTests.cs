using System.Diagnostics;
using Passpack.LegacyVaults;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

/// <summary>Full and read-only disks, as Linux makes them for root; elsewhere these are skipped, and say so.</summary>
[Trait("Pace", "Slow")]
public sealed class LimitedDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _mounted = [];

    public void Dispose()
    {
        foreach (string path in Enumerable.Reverse(_mounted))
            Run("umount", path);
        _folder.Dispose();
    }

    [Fact]
    public void A_full_disk_refuses_a_change_and_keeps_what_was_there()
    {
        using TestVault test = OnDiskOf("1m");
        var kept = new List<string>();
        PasspackException? full = null;
        for (int i = 0; full is null && i < 10_000; i++)
        {
            string name = $"entry {i:D5}";
            try
            {
                test.Add(new EntryEdit { Name = name, Notes = new string('n', 5000), Tags = ["t"] });
                kept.Add(name);
            }
            catch (PasspackException e)
            {
                full = e;
            }
        }
        Assert.Equal(ErrorCodes.DiskFull, full?.ErrorId);
        Assert.Contains(test.Folder.VaultFile, full!.Message, StringComparison.Ordinal);
        Assert.Contains("Free some space", full.Message, StringComparison.Ordinal);
        Assert.NotEmpty(kept);
        Assert.Equal(kept, test.Names());

        Assert.Equal(ErrorCodes.DiskFull, Assert.Throws<PasspackException>(() => VaultCopies.CopySealed(test.Folder, "test")).ErrorId);
        Assert.Empty(Directory.Exists(test.Folder.BackupFolder) ? Directory.GetFiles(test.Folder.BackupFolder) : []);

        Run("mount", "-o", "remount,size=8m", _mounted[0]);
        Assert.Equal(kept, test.Names());
        test.Add(new EntryEdit { Name = "room again" });
        test.Reopen();
        Assert.Equal([.. kept, "room again"], test.Names());
        using VaultUse use = test.Vault.Use();
        Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA integrity_check"));
    }

    [Fact]
    public void A_vault_whose_copy_does_not_fit_on_the_disk_is_not_migrated()
    {
        using TestVault test = OnDiskOf("16m");
        for (int i = 0; i < 100; i++)
            test.Add(new EntryEdit { Name = $"entry {i:D3}", Notes = new string('n', 9000) });
        IReadOnlyList<string> names = test.Names();
        test.Vault.Dispose();
        LegacySchema.Make(test.Home, TestVault.UserId, 1);
        byte[] before = File.ReadAllBytes(test.Folder.VaultFile);
        File.WriteAllBytes(Path.Combine(test.Home.Path, "filler"), new byte[new DriveInfo(_mounted[0]).AvailableFreeSpace - before.Length / 2]);

        Errors.Of(ErrorCodes.DiskFull, () => TestVault.Unlock(test.Home).Dispose(), "Free some space");

        Assert.Equal(ErrorCodes.DiskFull, AccountInspector.Describe(test.Folder).Problem?.ErrorId);
        Assert.Equal(1, LegacySchema.Of(test.Folder.VaultFile));
        Assert.Equal(before, File.ReadAllBytes(test.Folder.VaultFile));
        Assert.Empty(Directory.GetFiles(test.Folder.BackupFolder));

        Run("mount", "-o", "remount,size=32m", _mounted[0]);
        test.Reopen();
        Assert.Equal(names, test.Names());
        Assert.Equal(1, LegacySchema.Of(Assert.Single(VaultCopies.Of(test.Folder))));
    }

    [Fact]
    public void A_change_that_lost_its_transaction_to_a_full_disk_cannot_go_on()
    {
        using TestVault test = OnDiskOf("1m");
        test.Add(new EntryEdit { Name = "before" });
        using (VaultWriter writer = test.Vault.BeginWrite())
        {
            writer.Add(new EntryEdit { Name = "in it" });
            PasspackException? full = null;
            for (int i = 0; full is null && i < 10_000; i++)
            {
                try
                {
                    writer.Add(new EntryEdit { Name = "filler", Notes = new string('n', 900_000) });
                }
                catch (PasspackException e)
                {
                    full = e;
                }
            }
            Assert.Equal(ErrorCodes.DiskFull, full?.ErrorId);
            // Some room again: what follows must not pass for the rest of a change of which the first part is gone.
            Run("mount", "-o", "remount,size=16m", _mounted[0]);
            Errors.Of(ErrorCodes.DiskFull, () => writer.Add(new EntryEdit { Name = "after" }));
            Errors.Of(ErrorCodes.DiskFull, writer.Commit);
        }
        Assert.Equal(["before"], test.Names());
        test.Add(new EntryEdit { Name = "next" });
    }

    [Fact]
    public void An_account_cannot_be_made_on_a_full_disk_and_nothing_is_left_of_it()
    {
        string path = Mount("tmpfs", "size=64k");
        var home = new DataFolder(path);
        PasspackException error = Assert.Throws<PasspackException>(() => Accounts.Create(home));
        Assert.Equal(ErrorCodes.DiskFull, error.ErrorId);
        Assert.False(home.Account(TestVault.UserId).Exists);
        Assert.Empty(Directory.GetFileSystemEntries(home.Account(TestVault.UserId).Path, "*.tmp"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void On_a_read_only_disk_a_vault_can_be_read_and_not_changed(bool wasInUse)
    {
        using var test = new TestVault(home: Path.Combine(_folder.Path, "home"));
        test.Add(new EntryEdit { Name = "n", Tags = ["t"] });
        if (!wasInUse)
            test.Vault.Dispose();
        string mount = Path.Combine(_folder.Path, "read-only");
        Directory.CreateDirectory(mount);
        Require("mount", "--bind", test.Home.Path, mount);
        _mounted.Add(mount);
        Run("mount", "-o", "remount,bind,ro", mount);
        var home = new DataFolder(mount);

        using LocalVault vault = TestVault.Unlock(home);

        EntrySummary entry = Assert.Single(vault.List(new EntryQuery { Name = "n" }));
        Assert.Equal(["t"], entry.Tags);
        Assert.Null(vault.Describe().Problem);
        IsRefused(vault, home);
    }

    [Fact]
    public void A_read_only_file_can_be_read_and_not_changed()
    {
        using var test = new TestVault(home: Path.Combine(_folder.Path, "home"));
        test.Add(new EntryEdit { Name = "n" });
        test.Vault.Dispose();
        Require("chattr", "+i", test.Folder.VaultFile);
        try
        {
            using LocalVault vault = TestVault.Unlock(test.Home);
            Assert.Single(vault.List(new EntryQuery { Name = "n" }));
            Errors.Of(ErrorCodes.ReadOnly, () => Add(vault), test.Folder.VaultFile);
        }
        finally
        {
            Run("chattr", "-i", test.Folder.VaultFile);
        }
        test.Reopen();
        Assert.Equal(["n"], test.Names());
    }

    [Fact]
    public void An_account_cannot_be_made_on_a_read_only_disk()
    {
        string path = Mount("tmpfs", "ro");
        Errors.Of(ErrorCodes.ReadOnly, () => Accounts.Create(new DataFolder(path)), path);
    }

    private static void IsRefused(LocalVault vault, DataFolder home)
    {
        AccountFolder folder = home.Account(TestVault.UserId);
        Errors.Of(ErrorCodes.ReadOnly, () => Add(vault), folder.VaultFile);
        Errors.Of(ErrorCodes.ReadOnly, () => VaultCopies.CopySealed(folder, "test"));
        vault.Dispose();
        Errors.Of(ErrorCodes.ReadOnly, () => VaultQuarantine.SetAside(folder));
    }

    private static EntrySummary Add(LocalVault vault)
    {
        using VaultWriter writer = vault.BeginWrite();
        EntrySummary added = writer.Add(new EntryEdit { Name = "new" });
        writer.Commit();
        return added;
    }

    private TestVault OnDiskOf(string size) => new(home: Path.Combine(Mount("tmpfs", $"size={size}"), "home"));

    private string Mount(string type, string options)
    {
        string path = Path.Combine(_folder.Path, "disk");
        Directory.CreateDirectory(path);
        Require("mount", "-t", type, "-o", options, type, path);
        _mounted.Add(path);
        return path;
    }

    private static void Require(string program, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Needs root on Linux, to mount.");
        Assert.SkipUnless(Run(program, arguments) == 0, $"'{program} {string.Join(' ', arguments)}' does not work here.");
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
