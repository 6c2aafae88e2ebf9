using Microsoft.Extensions.Time.Testing;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class CopiesTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TestVault _test;

    public CopiesTests() => _test = new TestVault(_clock);

    public void Dispose() => _test.Dispose();

    private string[] Copies => [.. VaultCopies.Of(_test.Folder)];

    [Fact]
    public void There_are_never_more_than_the_most()
    {
        for (int i = 0; i < VaultCopies.MostCopies + 5; i++)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            VaultCopies.CopySealed(_test.Folder, "test", _clock);
        }
        Assert.Equal(VaultCopies.MostCopies, Copies.Length);
        Assert.Equal(_clock.GetUtcNow(), BackupFiles.Describe(Copies[0]).Created);
    }

    [Fact]
    public void Old_ones_go_when_a_new_one_comes_but_never_the_newest_sound_one()
    {
        string first = VaultCopies.CopySealed(_test.Folder, "test", _clock);
        _clock.Advance(VaultCopies.CopyAge + TimeSpan.FromDays(1));
        string second = VaultCopies.CopySealed(_test.Folder, "test", _clock);
        Assert.Equal([second], Copies);
        // All that came after the second is broken.
        for (int i = 0; i < VaultCopies.MostCopies + 3; i++)
        {
            _clock.Advance(TimeSpan.FromDays(1));
            File.WriteAllText(Path.Combine(_test.Folder.BackupFolder, $"{_clock.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}-test.db"), "broken");
        }
        VaultCopies.Prune(_test.Folder, _clock);
        Assert.Contains(second, Copies);
        Assert.Equal(second, VaultCopies.NewestSoundCopy(_test.Folder));
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void What_resets_saved_is_bounded_too_but_the_newest_sound_one_stays()
    {
        using SecretBytes key = SecretBytes.FromChars(TestVault.PackingKey);
        string first = Save("reset");
        VaultBackup.Create(_test.Vault, first, new BackupOptions { PackingKey = key, Derivation = KdfParameters.Floor });
        for (int i = 0; i < VaultCopies.MostCopies + 3; i++)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            File.Copy(first, Save("reset"));
        }
        BackupFiles.PruneSaved(_test.Folder, _clock);
        string[] left = [.. VaultCopies.SavedFiles(_test.Folder)];
        Assert.Equal(VaultCopies.MostCopies, left.Length);
        Assert.DoesNotContain(first, left);
        // Years later, and all but one broken.
        foreach (string path in left.SkipLast(1))
            File.WriteAllText(path, "broken");
        _clock.Advance(VaultCopies.CopyAge * 10);
        BackupFiles.PruneSaved(_test.Folder, _clock);
        Assert.Equal([left[^1]], VaultCopies.SavedFiles(_test.Folder));
        Assert.Empty(Copies);

        string Save(string reason) => VaultCopies.NewSavedFile(_test.Folder, reason, _clock);
    }

    [Fact]
    public void One_a_day_and_only_of_what_has_changed()
    {
        string copy = VaultCopies.CopyDaily(_test.Folder, _clock)!;
        Assert.Equal("daily", BackupFiles.Describe(copy).Reason);
        Assert.Null(VaultCopies.CopyDaily(_test.Folder, _clock));
        _test.Add(new EntryEdit { Name = "n" });
        Assert.Null(VaultCopies.CopyDaily(_test.Folder, _clock));
        File.SetLastWriteTimeUtc(copy, DateTime.UtcNow.AddHours(-1));
        _clock.Advance(TimeSpan.FromDays(1));
        copy = VaultCopies.CopyDaily(_test.Folder, _clock)!;
        Assert.Equal(1, BackupFiles.Describe(copy).Entries);
        _clock.Advance(TimeSpan.FromDays(1));
        File.SetLastWriteTimeUtc(copy, DateTime.UtcNow.AddHours(1));
        Assert.Null(VaultCopies.CopyDaily(_test.Folder, _clock));
    }

    [Fact]
    public void Backups_are_listed_locked_newest_first_and_broken_ones_say_why()
    {
        _test.Add(new EntryEdit { Name = "n" });
        VaultCopies.CopySealed(_test.Folder, "before-restore", _clock);
        _clock.Advance(TimeSpan.FromDays(1));
        File.WriteAllText(Path.Combine(_test.Folder.BackupFolder, "20000101T000000Z-test.db"), "broken");
        _test.Vault.Dispose();
        VaultQuarantine.SetAside(_test.Folder, _clock);
        IReadOnlyList<BackupInfo> backups = BackupFiles.Of(_test.Folder);
        Assert.Equal([BackupKind.Quarantined, BackupKind.Copy, BackupKind.Copy], backups.Select(backup => backup.Kind));
        Assert.Equal([null, "before-restore", "test"], backups.Select(backup => backup.Reason));
        Assert.Equal([1, 1, 0], backups.Select(backup => backup.Entries));
        Assert.Equal([null, null, ErrorCodes.BackupDamaged], backups.Select(backup => backup.Problem?.ErrorId));
        Assert.All(backups.Take(2), backup => Assert.Equal((TestVault.UserId, 7), (backup.UserId, backup.PackVersion)));
    }

    [Fact]
    public void One_copy_of_another_user_is_told_and_the_others_are_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "NOT tested: owners and modes are those of POSIX here.");
        string first = VaultCopies.CopySealed(_test.Folder, "first", _clock);
        _clock.Advance(TimeSpan.FromHours(1));
        string second = VaultCopies.CopySealed(_test.Folder, "second", _clock);
        _test.Vault.Dispose();

        string[] shown = Worker.RunAsPlainUser("backups", _test.Home, second);
        Assert.Equal([$"Copy second ReadOnly {second}", "Copy first sound ", "account sound", "damage none"], shown[..4]);
        Assert.Equal("unlock done", shown[^1]);

        // The newest is not even the newest sound one where nobody can tell.
        File.WriteAllBytes(_test.Folder.VaultFile, new byte[8192]);
        shown = Worker.RunAsPlainUser("backups", _test.Home, second);
        Assert.Contains("account VaultDamaged", shown);
        Assert.Contains("damage VaultDamaged", shown);
        Assert.StartsWith("unlock VaultDamaged", shown[^1], StringComparison.Ordinal);
        Assert.Contains(first, shown[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(second, shown[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AccountFolder.BackupFolderName)]
    [InlineData(AccountFolder.QuarantineFolderName)]
    public void A_folder_of_another_user_is_told_and_the_account_works(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "NOT tested: owners and modes are those of POSIX here.");
        string path = Path.Combine(_test.Folder.Path, name);
        Directory.CreateDirectory(path);
        _test.Vault.Dispose();
        string[] shown = Worker.RunAsPlainUser("backups", _test.Home, path);
        Assert.Equal([$"folder ReadOnly {path}", "account sound", "damage none"], shown[..3]);
        Assert.StartsWith(name == AccountFolder.BackupFolderName ? $"daily ReadOnly {path}" : "daily 2", shown[3], StringComparison.Ordinal);
        Assert.Equal("unlock done", shown[4]);
    }
}
