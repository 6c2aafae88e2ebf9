using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class VaultFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestVault _test;

    public VaultFilesTests() => _test = new TestVault(home: Path.Combine(_folder.Path, "deep", "home"));

    public void Dispose()
    {
        _test.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Everything_is_the_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("On Windows the profile's folder has the access list.");
            return;
        }
        _test.Add(new EntryEdit { Name = "n" });
        VaultCopies.CopySealed(_test.Folder, "test");
        using (VaultLocks.TryLock(_test.Folder.SyncLockFile, FileShare.None))
        {
        }
        string[] files = Directory.GetFiles(_test.Home.Path, "*", SearchOption.AllDirectories);
        Assert.Contains(_test.Folder.VaultFile + "-wal", files);
        Assert.Contains(_test.Folder.VaultFile + "-shm", files);
        foreach (string file in files)
            Assert.Equal((file, UnixFileMode.UserRead | UnixFileMode.UserWrite), (file, File.GetUnixFileMode(file)));
        foreach (string folder in Directory.GetDirectories(_folder.Path, "*", SearchOption.AllDirectories))
            Assert.Equal((folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute), (folder, File.GetUnixFileMode(folder)));
    }

    [Fact]
    public void Nothing_in_the_files_can_be_read_without_the_key()
    {
        string[] secrets = ["NameSecret", "LoginSecret", "PasswordSecret", "UrlSecret", "MailSecret", "NotesSecret", "SharedSecret", "FieldSecret", "TypeSecret",
            "DataSecret", "TagSecret", TestVault.PackingKey];
        EntrySummary entry = _test.Add(new EntryEdit
        {
            Name = secrets[0],
            UserId = secrets[1],
            Password = secrets[2],
            Url = secrets[3],
            Email = secrets[4],
            Notes = secrets[5],
            SharedNotes = secrets[6],
            ExtraFields = [new(secrets[7], secrets[8], secrets[9])],
            Tags = [secrets[10]],
        });
        _test.Write(writer => writer.Edit(entry.Id, new EntryEdit { Password = "x", Tags = [] }));
        _test.Write(writer => { writer.Trash(entry.Id); return 0; });
        VaultCopies.CopySealed(_test.Folder, "test");
        // Last of all: on POSIX, closing a file that SQLite has open drops this process's locks on it.
        string[] files = Directory.GetFiles(_test.Home.Path, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith("-wal", StringComparison.Ordinal) && new FileInfo(file).Length > 0);
        foreach (string file in files.Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            using FileStream open = SharedRead.Open(file);
            using var all = new MemoryStream();
            open.CopyTo(all);
            byte[] bytes = all.ToArray();
            foreach (string secret in secrets)
            {
                Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(secret)));
                Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.Unicode.GetBytes(secret)));
            }
        }
    }

    [Fact]
    public void A_copy_taken_while_a_writer_is_busy_is_whole_and_opens_with_the_same_key()
    {
        using var stop = new CancellationTokenSource();
        int written = 0;
        var writing = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _test.Write(writer =>
                {
                    for (int i = 0; i < 10; i++)
                        writer.Add(new EntryEdit { Name = "n", Tags = ["t"] });
                    return 0;
                });
                Interlocked.Add(ref written, 10);
            }
        });
        writing.Start();
        SpinWait.SpinUntil(() => Volatile.Read(ref written) > 50);
        var copies = new List<(int Before, string Path, int After)>();
        for (int i = 0; i < 5; i++)
        {
            int before = Volatile.Read(ref written);
            string path = VaultCopies.CopySealed(_test.Folder, "test");
            copies.Add((before, path, Volatile.Read(ref written) + 10));
        }
        stop.Cancel();
        writing.Join();

        Assert.Equal(5, copies.Select(copy => copy.Path).Distinct().Count());
        foreach ((int before, string path, int after) in copies)
        {
            using var folder = new TemporaryFolder();
            var home = new DataFolder(folder.Path);
            OwnerOnly.CreateFolder(home.Account(TestVault.UserId).VaultFolder);
            File.Copy(path, home.Account(TestVault.UserId).VaultFile);
            using LocalVault vault = TestVault.Unlock(home);
            int count = vault.List(new EntryQuery()).Count();
            Assert.InRange(count, before, after);
            Assert.Equal(0, count % 10);
            Assert.Equal(count, Assert.Single(vault.Tags()).Count);
            using VaultUse use = vault.Use();
            Assert.Equal("wal", use.Connection.Scalar<string>("PRAGMA journal_mode"));
        }
    }

    [Fact]
    public void Copies_of_one_second_get_names_of_their_own()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        string[] copies = new string[VaultCopies.MostCopies];
        Parallel.For(0, copies.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => copies[i] = VaultCopies.CopySealed(_test.Folder, "test", clock));
        Assert.Equal(copies.Length, copies.Distinct().Count());
        Assert.Equal(copies.Length, _test.Vault.Describe().Backups.Count);
    }

    [Fact]
    public void What_a_killed_process_left_behind_goes_in_time()
    {
        VaultCopies.CopySealed(_test.Folder, "test");
        string old = Path.Combine(_test.Folder.BackupFolder, "20200101T000000Z-x.db.0123.tmp"), recent = Path.Combine(_test.Folder.BackupFolder, "now.db.0456.tmp");
        foreach (string file in new[] { old, old + "-journal", recent })
            File.WriteAllText(file, "half");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        File.SetLastWriteTimeUtc(old + "-journal", DateTime.UtcNow.AddDays(-2));

        VaultCopies.CopySealed(_test.Folder, "test");

        Assert.Equal([recent], Directory.GetFiles(_test.Folder.BackupFolder, "*.tmp*"));

        _test.Vault.Dispose();
        VaultQuarantine.SetAside(_test.Folder);
        string leftover = _test.Folder.VaultFolder + ".0789.tmp";
        Directory.CreateDirectory(leftover);
        File.WriteAllText(Path.Combine(leftover, "vault.db"), "half");
        File.SetLastWriteTimeUtc(Path.Combine(leftover, "vault.db"), DateTime.UtcNow.AddDays(-2));
        Directory.SetLastWriteTimeUtc(leftover, DateTime.UtcNow.AddDays(-2));
        Accounts.Create(_test.Home).Dispose();
        Assert.False(Directory.Exists(leftover));
    }

    [Fact]
    public void An_account_whose_making_fails_is_not_there_and_can_be_made_again()
    {
        _test.Vault.Dispose();
        VaultQuarantine.SetAside(_test.Folder);
        Assert.Throws<InvalidOperationException>(() => VaultFile.Install(_test.Folder, file =>
        {
            File.WriteAllText(file, "half");
            throw new InvalidOperationException();
        }));
        Assert.False(_test.Folder.Exists);
        Assert.Empty(Directory.GetFileSystemEntries(_test.Folder.Path, "*.tmp"));
        Accounts.Create(_test.Home).Dispose();
    }

    [Fact]
    public void Of_several_that_make_one_account_at_once_one_does()
    {
        var home = new DataFolder(Path.Combine(_folder.Path, "race"));
        var results = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            try
            {
                Accounts.Create(home).Dispose();
                results.Add("made");
            }
            catch (PasspackException e)
            {
                results.Add(e.ErrorId == ErrorCodes.AccountExists ? e.ErrorId : $"{e}"); // What else it was is worth reading.
            }
        });
        Assert.Equal([ErrorCodes.AccountExists, ErrorCodes.AccountExists, ErrorCodes.AccountExists, "made"], results.Order(StringComparer.Ordinal));
        TestVault.Unlock(home).Dispose();
    }

    [Fact]
    public void A_quarantined_vault_takes_its_journal_along_and_opens_again()
    {
        EntrySummary entry = _test.Add(new EntryEdit { Name = "n" });
        _test.Vault.Dispose();
        string quarantined = VaultQuarantine.SetAside(_test.Folder);
        Errors.Of(ErrorCodes.AccountNotFound, () => TestVault.Unlock(_test.Home));
        Errors.Of(ErrorCodes.AccountNotFound, () => VaultQuarantine.SetAside(_test.Folder));

        Directory.Move(Path.GetDirectoryName(quarantined)!, _test.Folder.VaultFolder);

        Assert.Equal(entry.Id, Assert.Single(_test.Reopen().List(new EntryQuery())).Id);
    }

    [Fact]
    public void Two_quarantines_of_one_second_are_both_there()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        _test.Vault.Dispose();
        VaultQuarantine.SetAside(_test.Folder, clock);
        Accounts.Create(_test.Home).Dispose();
        VaultQuarantine.SetAside(_test.Folder, clock);
        Assert.Equal(2, AccountInspector.Describe(_test.Folder).Quarantined.Count);
    }

    [Fact]
    public void Who_only_looks_does_not_keep_a_vault_from_being_set_aside()
    {
        _test.Vault.Dispose();
        FileStream looking = VaultLocks.LockForUse(_test.Folder);
        using var timer = new Timer(_ => looking.Dispose(), null, 100, Timeout.Infinite);
        VaultQuarantine.SetAside(_test.Folder);
        Assert.Equal(ErrorCodes.AccountNotFound, AccountInspector.Describe(_test.Folder).Problem?.ErrorId);
    }

    [Fact]
    public void A_file_where_a_folder_belongs_is_named()
    {
        var home = new DataFolder(Path.Combine(_folder.Path, "other"));
        Directory.CreateDirectory(home.Path);
        File.WriteAllText(Path.Combine(home.Path, "accounts"), "");
        using SecretBytes key = SecretBytes.FromChars(TestVault.PackingKey);
        Errors.Of(ErrorCodes.ReadOnly, () => Accounts.Create(home), home.Path);
    }
}
