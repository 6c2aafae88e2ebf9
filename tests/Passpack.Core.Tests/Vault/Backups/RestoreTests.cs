using Microsoft.Extensions.Time.Testing;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class RestoreTests : IDisposable
{
    private readonly TestVault _test = new();
    private string _copy = "";

    public void Dispose() => _test.Dispose();

    private EntrySummary Add(string name, string password = "") => _test.Add(new EntryEdit { Name = name, Password = password });

    private List<RestoreResult> Restore(RestoreMode mode = RestoreMode.Integrate, bool preview = false) =>
        Restores.Run(_test, _copy, null, new RestoreOptions { Mode = mode, Preview = preview });

    [Fact]
    public void Integrating_adds_and_replaces_and_takes_nothing_away()
    {
        EntrySummary changed = Add("changed", "as in the backup"), gone = Add("gone", "g"), trashed = Add("trashed"), same = Add("same");
        _test.Write(writer => { writer.Edit(changed.Id, new EntryEdit { Tags = ["backup"] }); writer.Trash(trashed.Id); return 0; });
        _copy = VaultCopies.CopySealed(_test.Folder, "test");
        EntrySummary late = Add("late");
        _test.Write(writer =>
        {
            writer.Edit(changed.Id, new EntryEdit { Password = "as of now", Tags = ["now"] });
            writer.Trash(gone.Id);
            writer.Purge(gone.Id);
            writer.Restore(trashed.Id);
            return 0;
        });
        string before = BackupTests.Dump(_test.Vault);
        string[] planned = [.. Restore(preview: true).Select(result => $"{result.Name} {result.Action}").Order(StringComparer.Ordinal)];
        Assert.Equal(before, BackupTests.Dump(_test.Vault));
        Assert.Equal(["changed Updated", "gone Added", "same Unchanged", "trashed Unchanged"], planned);
        Assert.Equal(planned, Restore().Select(result => $"{result.Name} {result.Action}").Order(StringComparer.Ordinal));
        Assert.Equal(["changed", "gone", "late", "same", "trashed"], _test.Names());
        Assert.Equal(("as in the backup", "backup"), (_test.Vault.ReadSecret(changed.Id).Password, _test.Vault.Get(changed.Id).Tags.Single()));
        Assert.Equal("g", _test.Vault.ReadSecret(gone.Id).Password);
        // What it replaced is in the history, and can be put back.
        EntryVersion replaced = _test.Vault.History(changed.Id).First(version => version.IsData);
        Assert.Equal((HistoryReason.Import, "as of now"), (replaced.Reason, _test.Vault.ReadSecret(replaced).Password));
        // And the vault of before lies in a copy.
        Assert.Contains(AccountInspector.Describe(_test.Folder).Backups, path => path.EndsWith("before-restore.db", StringComparison.Ordinal));
        Assert.Equal("late", _test.Vault.Get(late.Id).Name);
        Assert.Equal(same.Id, _test.Vault.Get(same.Id).Id);
    }

    [Fact]
    public void Replacing_leaves_what_the_backup_has()
    {
        EntrySummary kept = Add("kept", "p"), trashed = Add("trashed");
        _test.Write(writer => { writer.Trash(trashed.Id); return 0; });
        _copy = VaultCopies.CopySealed(_test.Folder, "test");
        EntrySummary late = Add("late", "still readable");
        _test.Write(writer => { writer.Restore(trashed.Id); writer.Edit(kept.Id, new EntryEdit { Tags = ["t"], Favorite = true }); return 0; });
        string[] planned = [.. Restore(RestoreMode.Replace, preview: true).Select(result => $"{result.Name} {result.Action}")];
        Assert.Equal(["kept Updated", "trashed Trashed", "late Trashed"], planned);
        Assert.Equal(planned, Restore(RestoreMode.Replace).Select(result => $"{result.Name} {result.Action}"));
        Assert.Equal(["kept"], _test.Names());
        Assert.Equal((0, false), (_test.Vault.Get(kept.Id).Tags.Count, _test.Vault.Get(kept.Id).Favorite));
        Assert.NotNull(_test.Vault.Get(late.Id).Trashed);
        Assert.Equal("still readable", _test.Vault.ReadSecret(late.Id).Password);
    }

    [Fact]
    public void Equal_content_under_another_id_is_the_same_entry_once()
    {
        Add("twin", "p");
        Add("twin", "p");
        using var other = new TestVault();
        EntrySummary only = other.Add(new EntryEdit { Name = "twin", Password = "p" });
        string copy = VaultCopies.CopySealed(_test.Folder, "test");
        List<RestoreResult> results = Restores.Run(other, copy, TestVault.PackingKey);
        Assert.Equal([RestoreAction.Unchanged, RestoreAction.Added], results.Select(result => result.Action));
        Assert.Equal(only.Id, results[0].Id);
        Assert.Equal(["twin", "twin"], other.Names());
    }

    [Fact]
    public void After_a_reset_the_later_edit_of_each_field_wins_and_the_other_is_in_the_history()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
        using var test = new TestVault(clock);
        EntrySummary entry = test.Add(new EntryEdit { Name = "n", Password = "old", Notes = "old" });
        clock.Advance(TimeSpan.FromMinutes(1));
        test.Write(writer => writer.Edit(entry.Id, new EntryEdit { Password = "backup", Notes = "backup" }));
        string copy = VaultCopies.CopySealed(test.Folder, "test", clock);
        clock.Advance(TimeSpan.FromMinutes(1));
        test.Write(writer => writer.Edit(entry.Id, new EntryEdit { Password = "here" }));
        // As another machine would have left it: the notes never came to this one.
        EntryContent stale;
        using (VaultUse use = test.Vault.Use())
        {
            EntryContent now = EntryState.Find(use.Connection, entry.Id)!.Open(use.Keys);
            stale = now with { Notes = "old", Times = new Dictionary<string, long>(now.Times) { [EntryField.Notes] = now.Created } };
        }
        test.Write(writer => { writer.Put(entry.Id, stale, null, null); return 0; });
        for (int run = 0; run < 2; run++)
        {
            RestoreResult result = Restores.Run(test, copy, null, new RestoreOptions { Mode = RestoreMode.Missing }).Single();
            Assert.Equal(run == 0 ? RestoreAction.Updated : RestoreAction.Unchanged, result.Action);
            Assert.Equal(("here", "backup"), (test.Vault.ReadSecret(entry.Id).Password, test.Vault.ReadSecret(entry.Id).Notes));
        }
        Assert.Contains(test.Vault.History(entry.Id).Where(version => version.IsData), version => test.Vault.ReadSecret(version) is { Password: "backup", Notes: "backup" });
    }

    [Fact]
    public void A_vault_that_was_set_aside_opens_with_its_key_and_stays_as_it_was()
    {
        EntrySummary entry = Add("n", "p");
        _test.Vault.Dispose();
        string aside = VaultQuarantine.SetAside(_test.Folder);
        string[] before = Files(aside);
        Assert.Equal((BackupKind.Quarantined, 1L), (BackupFiles.Of(_test.Folder).Single().Kind, BackupFiles.Of(_test.Folder).Single().Entries));
        using var other = new TestVault();
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => Restores.Run(other, aside, "not that key"), aside);
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => Restores.Run(other, aside, null), "-PackingKey");
        Restores.Run(other, aside, TestVault.PackingKey);
        Assert.Equal("p", other.Vault.ReadSecret(entry.Id).Password);
        Assert.Equal(before, Files(aside));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(other.Folder.Path), path => path.EndsWith(".tmp", StringComparison.Ordinal));

        static string[] Files(string path) => [.. Directory.GetFiles(Path.GetDirectoryName(path)!).Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}")];
    }

    [Fact]
    public void The_live_vault_is_no_backup_of_itself() =>
        Errors.Of(ErrorCodes.VaultInUse, () => Restores.Run(_test, _test.Folder.VaultFile, null), _test.Folder.VaultFile);

    [Fact]
    public void Unlocking_a_damaged_vault_names_the_newest_sound_copy_which_takes_its_place()
    {
        for (int i = 0; i < 200; i++)
            Add($"entry {i}", new string('p', 500));
        string sound = VaultCopies.CopySealed(_test.Folder, "test");
        _test.Vault.Dispose();
        Damage(_test.Folder.VaultFile);
        string broken = Path.Combine(_test.Folder.BackupFolder, "20991231T000000Z-test.db");
        File.Copy(_test.Folder.VaultFile, broken);
        Assert.NotNull(AccountInspector.ProblemOf(_test.Folder));
        Errors.Of(ErrorCodes.VaultDamaged, () => TestVault.Unlock(_test.Home), sound);

        using SecretBytes key = SecretBytes.FromChars(TestVault.PackingKey), wrong = SecretBytes.FromChars("not that key");
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => VaultRestore.PutInPlace(_test.Folder, sound, wrong).ToList());
        Errors.Of(ErrorCodes.BackupDamaged, () => VaultRestore.PutInPlace(_test.Folder, broken, key, new RestoreOptions { Damaged = _ => { } }).ToList(), broken);
        Assert.Equal(200, VaultRestore.PutInPlace(_test.Folder, sound, key, new RestoreOptions { Preview = true }).Count());
        Assert.NotNull(AccountInspector.ProblemOf(_test.Folder));
        Assert.Equal(200, VaultRestore.PutInPlace(_test.Folder, sound, key).Count());
        Assert.Equal(200, _test.Reopen().List(new EntryQuery()).Count());
        // The damaged one was set aside; the copy is still there.
        Assert.Single(QuarantinedVaults.Of(_test.Folder));
        Assert.True(File.Exists(sound));
    }

    // A page in the middle, which is of some tree.
    private static void Damage(string path)
    {
        using (VaultConnection connection = VaultConnection.Open(path))
            connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        for (long page = file.Length / 4096 / 2; page < file.Length / 4096 / 2 + 8; page++)
        {
            file.Position = page * 4096;
            file.Write(new byte[64]);
        }
    }
}
