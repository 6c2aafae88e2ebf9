using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault.Attachments;

/// <summary>Contents of attachments in backup files.</summary>
public sealed class AttachmentBackupTests : IDisposable
{
    private readonly TestVault _test = new();
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(600_000);
    private readonly Guid _entry;
    private readonly Attachment _attachment;

    public AttachmentBackupTests()
    {
        // By its Packing Key, which then seals backups.
        _test.Reopen();
        _entry = _test.Add(new EntryEdit { Name = "router" }).Id;
        using var content = new MemoryStream(_content, writable: false);
        _attachment = _test.Vault.AddAttachment(_entry, "config.bin", content);
    }

    private string File => Path.Combine(_test.Home.Path, "backup.pkps");

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_backup_holds_contents_and_a_restore_brings_them_back()
    {
        Assert.False(VaultBackup.Create(_test.Vault, File).ExcludesAttachments);
        System.IO.File.Delete(_test.Folder.AttachmentFile);
        _test.Write(writer =>
        {
            writer.Trash(_entry);
            writer.Purge(_entry);
            return 0;
        });
        Restore(_test);
        Assert.Equal(_content, Read(_test));
    }

    [Fact]
    public void Another_account_gets_contents_under_its_own_keys()
    {
        using SecretBytes key = SecretBytes.FromChars("a backup key that is long enough to be rated well");
        VaultBackup.Create(_test.Vault, File, new BackupOptions { BackupKey = key, Derivation = Passpack.Packing.Keys.KdfParameters.Floor });
        using var other = new TestVault();
        using (BackupSource source = BackupSource.Open(File, null, key, other.Folder))
            Assert.Single(VaultRestore.Run(other.Vault, source).ToList());
        Assert.Equal(_content, Read(other));
        other.Reopen();
        Assert.Equal(_content, Read(other));
    }

    [Fact]
    public void A_backup_without_contents_says_so_and_keeps_the_names()
    {
        BackupInfo made = VaultBackup.Create(_test.Vault, File, new BackupOptions { Attachments = BackupAttachments.None });
        Assert.True(made.ExcludesAttachments && BackupFiles.Describe(File).ExcludesAttachments);
        Assert.InRange(made.Size, 1, 20_000);
        System.IO.File.Delete(_test.Folder.AttachmentFile);
        Restore(_test);
        Assert.Equal([_attachment], _test.Vault.ReadSecret(_entry).Attachments);
        Assert.Equal(ErrorCodes.AttachmentMissing, Assert.Throws<PasspackException>(() => Read(_test)).ErrorId);
    }

    [Fact]
    public void Where_a_content_is_missing_no_backup_is_written_unless_that_is_wanted()
    {
        System.IO.File.Delete(_test.Folder.AttachmentFile);
        PasspackException missing = Assert.Throws<PasspackException>(() => VaultBackup.Create(_test.Vault, File));
        Assert.Equal(ErrorCodes.AttachmentMissing, missing.ErrorId);
        Assert.Contains("1 attachments", missing.Message, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
        Assert.False(VaultBackup.Create(_test.Vault, File, new BackupOptions { Attachments = BackupAttachments.Here }).ExcludesAttachments);
    }

    [Fact]
    public void A_preview_of_a_restore_writes_no_content()
    {
        VaultBackup.Create(_test.Vault, File);
        System.IO.File.Delete(_test.Folder.AttachmentFile);
        using (BackupSource source = BackupSource.Open(File, _test.Vault, null, _test.Folder))
            Assert.Single(VaultRestore.Run(_test.Vault, source, new RestoreOptions { Preview = true }).ToList());
        Assert.False(System.IO.File.Exists(_test.Folder.AttachmentFile));
    }

    private void Restore(TestVault target)
    {
        using BackupSource source = BackupSource.Open(File, _test.Vault, null, target.Folder);
        Assert.DoesNotContain(VaultRestore.Run(target.Vault, source), result => result.Action == RestoreAction.Failed);
    }

    private byte[] Read(TestVault from)
    {
        using var content = new MemoryStream();
        from.Vault.ReadAttachment(_entry, Assert.Single(from.Vault.ReadSecret(_entry).Attachments), content);
        return content.ToArray();
    }
}
