using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

[Collection(Failing.Name)]
public sealed class BackupTests : IDisposable
{
    private const string BackupKey = "another sentence, for this backup alone";

    private readonly TestVault _test = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _test.Dispose();
        _folder.Dispose();
    }

    private string File => Path.Combine(_folder.Path, "backup.pkps");

    [Fact]
    public void A_backup_holds_everything()
    {
        Guid[] ids = Fill(_test);
        string before = Dump(_test.Vault);
        BackupInfo made = Backup();
        Assert.Equal((BackupKind.File, 2L, 1L, BackupKeyKind.BackupKey, TestVault.UserId), (made.Kind, made.Entries, made.Trashed, made.Key, made.UserId));
        Assert.Equal(3, made.Versions); // Password and tags of the first, password of the trashed.
        Assert.Equal(made, BackupFiles.Describe(File));

        using var other = new TestVault();
        Assert.Equal([RestoreAction.Added, RestoreAction.Added, RestoreAction.Trashed], Restore(other, BackupKey).Select(result => result.Action));
        Assert.Equal(before, Dump(other.Vault));
        Assert.Equal("first password", other.Vault.ReadSecret(other.Vault.History(ids[0]).Last(version => version.IsData)).Password);
        // Again: nothing to do.
        Assert.All(Restore(other, BackupKey), result => Assert.Equal(RestoreAction.Unchanged, result.Action));
        Assert.Equal(before, Dump(other.Vault));
    }

    [Fact]
    public void Times_and_members_of_later_versions_come_through()
    {
        EntryContent content = EntryContent.New(new EntryEdit { Name = "n", Password = "p" }, 1000) with
        {
            Times = new Dictionary<string, long> { [EntryField.Login] = 2000 },
            Modified = 2000,
            UnknownInSecret = [new("future", "{\"a\":1}")],
        };
        var id = Guid.NewGuid();
        _test.Write(writer => { writer.Put(id, content, null, null); return 0; });
        Backup();
        using var other = new TestVault();
        Restore(other, BackupKey);
        using VaultUse use = other.Vault.Use();
        EntryContent restored = EntryState.Find(use.Connection, id)!.Open(use.Keys);
        Assert.Equal((1000L, 2000L, 2000L, "{\"a\":1}"), (restored.Created, restored.Modified, restored.TimeOf(EntryField.Login), restored.UnknownInSecret.Single().Value));
    }

    [Fact]
    public void An_unlocked_account_seals_for_its_Packing_Key_and_opens_without_the_phrase()
    {
        Fill(_test);
        _test.Reopen();
        VaultBackup.Create(_test.Vault, File);
        Assert.Equal(BackupKeyKind.PackingKey, BackupFiles.Describe(File).Key);
        Assert.All(Restore(_test, key: null), result => Assert.Equal(RestoreAction.Unchanged, result.Action));
        using var other = new TestVault();
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => Restore(other, key: null), File);
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => Restore(other, "not the Packing Key"), File);
        Assert.Equal(3, Restore(other, TestVault.PackingKey).Count);
    }

    [Fact]
    public void A_backup_does_not_hand_over_the_account()
    {
        Fill(_test);
        _test.Reopen();
        VaultBackup.Create(_test.Vault, File);
        using FileStream file = System.IO.File.OpenRead(File);
        string envelope = BackupHeader.Read(file, File).KeyEnvelope;
        using SecretBytes packingKey = SecretBytes.FromChars(TestVault.PackingKey), backupKey = KeyEnvelope.Open(EnvelopePurpose.BackupKey, envelope, packingKey);
        using VaultUse use = _test.Vault.Use();
        using var keys = new VaultKeys(SecretBytes.CopyOf(backupKey.Span), use.Keys.VaultId, use.Keys.Epoch);
        Assert.False(KeyCheckOpens(use, keys));
        Assert.NotEqual(envelope, AccountRow.Load(use.Connection).KeyEnvelope);
    }

    [Fact]
    public void A_Packing_Key_that_was_changed_since_is_not_used()
    {
        _test.Reopen();
        using (SecretBytes packingKey = SecretBytes.FromChars("another Packing Key"))
        using (var wrapping = WrappingKey.Create(packingKey, KdfParameters.Floor))
        using (VaultUse use = _test.Vault.Use())
            use.Connection.Execute("UPDATE account SET key_envelope = $1", use.Keys.WrapAccountKey(wrapping));
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => VaultBackup.Create(_test.Vault, File), "Unlock-PasspackVault");
        Assert.False(Path.Exists(File));
    }

    [Fact]
    public void A_weak_Backup_Key_and_a_file_in_the_way_are_refused()
    {
        using SecretBytes weak = SecretBytes.FromChars("too weak");
        Errors.Of(ErrorCodes.KeyTooWeak, () => VaultBackup.Create(_test.Vault, File, new BackupOptions { BackupKey = weak }), "64");
        System.IO.File.WriteAllText(File, "mine");
        Errors.Of(ErrorCodes.FileExists, () => Backup(), File);
        Assert.Equal("mine", System.IO.File.ReadAllText(File));
        Backup(overwrite: true);
        Assert.Null(BackupFiles.Describe(File).Problem);
        Assert.Equal([File], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Nothing_is_left_of_a_backup_that_was_stopped_or_does_not_read_back()
    {
        Fill(_test);
        using var stopping = new CancellationTokenSource();
        using SecretBytes key = SecretBytes.FromChars(BackupKey);
        Assert.Throws<OperationCanceledException>(() => VaultBackup.Create(_test.Vault, File,
            new BackupOptions { BackupKey = key, Derivation = KdfParameters.Floor, Progress = _ => stopping.Cancel() }, stopping.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        Failpoints.Listener = step =>
        {
            // A disk that does not keep what was written.
            if (step == "written" && Directory.GetFiles(_folder.Path, ".*.tmp") is [var temporary])
                Flip(temporary, 400);
        };
        try
        {
            Errors.Of(ErrorCodes.BackupDamaged, () => Backup(), File);
        }
        finally
        {
            Failpoints.Listener = null;
        }
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_changed_moved_missing_or_cut_frame_is_noticed_and_the_rest_restored()
    {
        for (int i = 0; i < 6; i++)
            _test.Add(new EntryEdit { Name = $"entry {i}" });
        Backup();
        byte[] sound = System.IO.File.ReadAllBytes(File);
        List<(int Start, int Length)> frames = Frames(sound);
        Assert.Equal(7, frames.Count);
        byte[] Frame(int i) => sound[frames[i].Start..(frames[i].Start + frames[i].Length)];
        byte[] head = sound[..frames[0].Start];

        Assert.Equal((6, 0), Read(sound));
        byte[] changed = [.. sound];
        changed[frames[2].Start + 100] ^= 1;
        Assert.Equal((5, 1), Read(changed));
        // Left out: what follows says that it is a later one.
        Assert.Equal((5, 1), Read([.. head, .. Frame(0), .. Frame(1), .. Frame(3), .. Frame(4), .. Frame(5), .. Frame(6)]));
        // Two changed places: the later one shows a gap, the earlier one is out of place.
        (int entries, int damaged) = Read([.. head, .. Frame(0), .. Frame(2), .. Frame(1), .. Frame(3), .. Frame(4), .. Frame(5), .. Frame(6)]);
        Assert.True(entries == 5 && damaged == 2, $"{entries} {damaged}");
        Assert.Equal((6, 1), Read([.. head, .. Frame(0), .. Frame(0), .. Frame(1), .. Frame(2), .. Frame(3), .. Frame(4), .. Frame(5), .. Frame(6)]));
        // Cut off at every byte of the last two frames.
        for (int length = frames[5].Start; length < sound.Length; length++)
            Assert.True(Read(sound[..length]).Damaged > 0);
        Assert.Equal((6, 1), Read([.. sound, 0]));
        // The header: every byte of it.
        for (int i = 0; i < head.Length; i++)
        {
            byte[] other = [.. sound];
            other[i] ^= 1;
            Assert.True(Read(other).Damaged > 0, $"byte {i}");
        }
    }

    [Fact]
    public void A_replacing_restore_takes_only_what_is_whole()
    {
        for (int i = 0; i < 3; i++)
            _test.Add(new EntryEdit { Name = $"entry {i}" });
        Backup();
        EntrySummary late = _test.Add(new EntryEdit { Name = "late" });
        Flip(File, (int)new FileInfo(File).Length - 100);
        Errors.Of(ErrorCodes.BackupDamaged, () => Restore(_test, BackupKey, new RestoreOptions { Mode = RestoreMode.Replace, Damaged = _ => { } }), File);
        Assert.Equal("late", _test.Vault.Get(late.Id).Name);
        Assert.Null(_test.Vault.Get(late.Id).Trashed);
    }

    [Fact]
    public void A_damaged_record_is_told_and_left_out_and_its_earlier_version_restored()
    {
        EntrySummary entry = _test.Add(new EntryEdit { Name = "n", Password = "before" });
        _test.Write(writer => writer.Edit(entry.Id, new EntryEdit { Password = "after" }));
        using (VaultUse use = _test.Vault.Use())
            use.Connection.Execute("UPDATE local_data SET tail = zeroblob(143)");
        var damaged = new List<PasspackException>();
        using (SecretBytes key = SecretBytes.FromChars(BackupKey))
        {
            Errors.Of(ErrorCodes.RecordDamaged, () => VaultBackup.Create(_test.Vault, File, new BackupOptions { BackupKey = key, Derivation = KdfParameters.Floor }));
            BackupInfo made = VaultBackup.Create(_test.Vault, File, new BackupOptions { BackupKey = key, Derivation = KdfParameters.Floor, Damaged = damaged.Add });
            Assert.Equal((0L, 1L), (made.Entries, made.Versions));
        }
        Assert.Equal(entry.Id, Assert.Single(damaged).Target);
        using var other = new TestVault();
        Assert.Contains("earlier version", Restore(other, BackupKey).Single().Reason, StringComparison.Ordinal);
        Assert.Equal("before", other.Vault.ReadSecret(entry.Id).Password);
        // Into the vault itself: the damaged record is replaced, and nothing else of it was needed.
        Assert.Equal(RestoreAction.Updated, Restore(_test, BackupKey).Single().Action);
        Assert.Equal("before", _test.Vault.ReadSecret(entry.Id).Password);
    }

    private BackupInfo Backup(bool overwrite = false)
    {
        using SecretBytes key = SecretBytes.FromChars(BackupKey);
        return VaultBackup.Create(_test.Vault, File, new BackupOptions { BackupKey = key, Overwrite = overwrite, Derivation = KdfParameters.Floor });
    }

    private List<RestoreResult> Restore(TestVault into, string? key, RestoreOptions? options = null) => Restores.Run(into, File, key, options);

    /// <summary>The backup has only an earlier version of it: that never takes the place of a value that is here, live or in the trash.</summary>
    [Theory, InlineData(RestoreMode.Integrate, false), InlineData(RestoreMode.Integrate, true), InlineData(RestoreMode.Missing, false)]
    public void An_earlier_version_out_of_a_damaged_backup_never_replaces_the_value_here(RestoreMode mode, bool trashed)
    {
        EntrySummary entry = _test.Add(new EntryEdit { Name = "e", Password = "first" });
        _test.Write(writer => writer.Edit(entry.Id, new EntryEdit { Password = "second" }));
        byte[] tail = SwapTail(new byte[143]);
        using (SecretBytes key = SecretBytes.FromChars(BackupKey))
            VaultBackup.Create(_test.Vault, File, new BackupOptions { BackupKey = key, Derivation = KdfParameters.Floor, Damaged = _ => { } });
        SwapTail(tail);
        _test.Write(writer =>
        {
            writer.Edit(entry.Id, new EntryEdit { Password = "third" });
            if (trashed)
                writer.Trash(entry.Id);
            return 0;
        });

        RestoreResult result = Assert.Single(Restore(_test, BackupKey, new RestoreOptions { Mode = mode, Damaged = _ => { } }));

        Assert.Equal("its record is damaged in the backup; the value here stays", result.Reason);
        Assert.Equal(trashed ? RestoreAction.Updated : RestoreAction.Unchanged, result.Action);
        Assert.Equal("third", _test.Vault.ReadSecret(entry.Id).Password);
    }

    private byte[] SwapTail(byte[] tail)
    {
        using VaultUse use = _test.Vault.Use();
        byte[] before = use.Connection.Query("SELECT tail FROM local_data", row => row.GetBytesOrNull(0)!).Single();
        use.Connection.Execute("UPDATE local_data SET tail = $1", tail);
        return before;
    }

    // What an envelope opens to is derived once: this is asked for every byte of a file.
    private readonly Dictionary<string, byte[]> _opened = [];

    private SecretBytes Open(string envelope)
    {
        if (!_opened.TryGetValue(envelope, out byte[]? opened))
        {
            using SecretBytes key = SecretBytes.FromChars(BackupKey), backupKey = KeyEnvelope.Open(EnvelopePurpose.BackupKey, envelope, key);
            _opened.Add(envelope, opened = backupKey.Span.ToArray());
        }
        return SecretBytes.CopyOf(opened);
    }

    private (int Entries, int Damaged) Read(byte[] bytes)
    {
        int entries = 0, damaged = 0;
        try
        {
            using var reader = new BackupReader(new MemoryStream(bytes), "test");
            reader.Unlock(() => Open(reader.Header.KeyEnvelope));
            entries = reader.Read(e =>
            {
                Assert.Equal(ErrorCodes.BackupDamaged, e.ErrorId);
                damaged++;
            }).Count(entry => entry.Content is not null);
        }
        catch (PasspackException e)
        {
            Assert.Contains(e.ErrorId, new[] { ErrorCodes.BackupDamaged, ErrorCodes.FormatNotRecognized, ErrorCodes.PackTooNew, ErrorCodes.PackingKeyMismatch });
            damaged++;
        }
        return (entries, damaged);
    }

    private static List<(int Start, int Length)> Frames(byte[] file)
    {
        using var stream = new MemoryStream(file);
        _ = BackupHeader.Read(stream, "test");
        var frames = new List<(int, int)>();
        for (int at = (int)stream.Position; at < file.Length;)
        {
            int length = 4 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            frames.Add((at, length));
            at += length;
        }
        return frames;
    }

    private static bool KeyCheckOpens(VaultUse use, VaultKeys keys) => use.Connection.Query("SELECT id, version, head FROM local_data",
        row => keys.TryOpen(RecordStream.Data, RecordPart.Summary, row.GetId(0), row.GetInt64(1), row.GetBytes(2), out _)).Any(opens => opens);

    private static void Flip(string path, int at)
    {
        using FileStream file = System.IO.File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at;
        int value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 1));
    }

    /// <summary>Two live entries and one in the trash, with everything that an entry can have.</summary>
    internal static Guid[] Fill(TestVault test)
    {
        EntrySummary first = test.Add(new EntryEdit
        {
            Name = "first", UserId = "user", Password = "first password", Url = "https://first.example", Email = "e@first.example", Notes = "notes\nof two lines",
            SharedNotes = "shared", ExtraFields = [new ExtraField("pin", "text", "4711"), new ExtraField("pin", "", "")], Tags = ["tag/one", "two words"], Favorite = true,
        });
        EntrySummary second = test.Add(new EntryEdit { Name = "\ud83d\udd11 second" });
        EntrySummary third = test.Add(new EntryEdit { Name = "third", Password = "third password" });
        test.Write(writer => writer.Edit(first.Id, new EntryEdit { Password = "second password", Tags = ["tag/one"] }));
        test.Write(writer => writer.Edit(third.Id, new EntryEdit { Password = "another" }));
        test.Write(writer => { writer.Trash(third.Id); return 0; });
        return [first.Id, second.Id, third.Id];
    }

    /// <summary>All that a user can see of a vault.</summary>
    internal static string Dump(LocalVault vault) => string.Join('\n', vault.ListFull(new EntryQuery()).Concat(vault.ListFull(new EntryQuery { Trashed = true }))
        .OrderBy(entry => entry.Summary.Id)
        .Select(entry => string.Join('|', entry.Summary.Id, entry.Summary.Name, entry.Summary.UserId, entry.Summary.Url, entry.Summary.Email, string.Join(',', entry.Summary.Tags),
            entry.Summary.Favorite, entry.Summary.Trashed is not null, entry.Summary.Created.ToUnixTimeMilliseconds(), entry.Secret.Password, entry.Secret.Notes, entry.Secret.SharedNotes,
            string.Join(',', entry.Secret.ExtraFields),
            string.Join(',', vault.History(entry.Summary.Id).Select(version => $"{version.Stream} {version.Replaced:O} {version.Reason} {string.Join('+', version.Fields)} {version.Name}")))));
}

internal static class Restores
{
    public static List<RestoreResult> Run(TestVault into, string path, string? key, RestoreOptions? options = null)
    {
        using SecretBytes? secret = key is null ? null : SecretBytes.FromChars(key);
        using BackupSource source = BackupSource.Open(path, into.Vault, secret, into.Folder);
        return [.. VaultRestore.Run(into.Vault, source, options)];
    }
}
