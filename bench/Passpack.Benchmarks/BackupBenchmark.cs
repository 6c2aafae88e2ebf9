using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

/// <summary>
/// A backup of a vault, or its restore into an empty one: 100,000 entries with a tag each, three earlier versions, one in ten in the
/// trash. The floor of the backup seals frames of its very sizes.
/// </summary>
/// <param name="restore">Whether it is the restore that is measured.</param>
internal sealed class BackupBenchmark(bool restore) : Benchmark
{
    public const int Entries = 100_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;
    private readonly InsertFloor _inserts = new();
    private readonly byte[] _plaintext = new byte[1 << 20];
    private readonly List<int> _frames = [];
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private BenchAccount _account = new();
    private LocalVault? _unlocked;

    public override string Name => restore ? "restore" : "backup";

    public override string What => restore
        ? "restore a backup of 100,000 entries with a tag and three earlier versions (two of data, one of tags) each into an empty vault, over opening the same frames, sealing as many records and the same inserts"
        : "back up 100,000 entries with a tag and three earlier versions each, read back, over opening the same records, sealing as many bytes and writing them";

    public override double Limit => 3;

    public override int Rounds => 2;

    private string Backup => Path.Combine(_folder, "backup.pkps");

    // Frames as long as the backup's, under the platform's own cipher.
    private string Floored => Path.Combine(_folder, "floor");

    public override void Prepare()
    {
        _account.Add(Entries);
        List<Guid> ids = [.. _account.Vault.List(new EntryQuery()).Select(entry => entry.Id)];
        Change(ids, (writer, id) => writer.Edit(id, new EntryEdit { Password = "the second one of this entry", AddTags = ["Moved"] }));
        Change(ids, (writer, id) => writer.Edit(id, new EntryEdit { Password = "the third one of this entry" }));
        Change(ids.Where((_, i) => i % 10 == 0), (writer, id) => writer.Trash(id));
        using (SecretBytes key = BenchAccount.PackingKey())
            _unlocked = LocalVault.Unlock(_account.Home, BenchAccount.UserId, key);
        Create();
        using FileStream file = File.OpenRead(Backup);
        BackupHeader.Read(file, Backup);
        byte[] length = new byte[4];
        while (file.ReadAtLeast(length, 4, throwOnEndOfStream: false) == 4)
        {
            _frames.Add(BinaryPrimitives.ReadInt32BigEndian(length));
            file.Seek(_frames[^1], SeekOrigin.Current);
        }
        if (restore)
            WriteFrames();
    }

    public override void BeforeRound()
    {
        if (!restore)
            return;
        _unlocked?.Dispose();
        _account.Dispose();
        _account = new BenchAccount();
    }

    public override void Floor()
    {
        if (restore)
        {
            OpenFrames();
            int row = 0;
            _inserts.Run(_account, () => row++ < Entries, versions: 2);
            return;
        }
        using SqliteConnection connection = _account.Connect();
        Open(connection, "SELECT head, tail FROM local_data", RecordStream.Data);
        Open(connection, "SELECT body, NULL FROM local_tags", RecordStream.Tags);
        Open(connection, "SELECT head, tail FROM history WHERE stream = 1", RecordStream.Data);
        Open(connection, "SELECT head, tail FROM history WHERE stream = 2", RecordStream.Tags);
        WriteFrames();
    }

    public override void Product()
    {
        if (restore)
            Restore();
        else
            Check(Create().Entries, Entries - Entries / 10);
    }

    public override IEnumerable<string> Notes()
    {
        BeforeRound();
        if (!restore)
        {
            yield return LiveHeap.Told(() => Create());
            yield break;
        }
        // What the derivation of the key takes is not told: that is the same for one entry.
        using BackupSource source = Open();
        yield return LiveHeap.Told(() => Restore(source));
        yield return $"the same where every entry is there already: {LiveHeap.Told(() => Restore(source))}";
    }

    public override void Dispose()
    {
        _unlocked?.Dispose();
        _account.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // One key at the least cost: the derivation is not what is measured.
    private BackupInfo Create()
    {
        using SecretBytes? key = restore ? BenchAccount.PackingKey() : null;
        return VaultBackup.Create(_unlocked!, Backup, new BackupOptions { Overwrite = true, PackingKey = key, Derivation = KdfParameters.Floor });
    }

    private BackupSource Open()
    {
        using SecretBytes key = BenchAccount.PackingKey();
        return BackupSource.Open(Backup, null, key, _account.Home.Account(BenchAccount.UserId));
    }

    private void Restore()
    {
        using BackupSource source = Open();
        Restore(source);
    }

    private void Restore(BackupSource source) =>
        Check(VaultRestore.Run(_account.Vault, source).LongCount(result => result.Action != RestoreAction.Failed), Entries);

    private void Change(IEnumerable<Guid> ids, Action<VaultWriter, Guid> change)
    {
        foreach (Guid[] batch in ids.Chunk(1000))
        {
            using VaultWriter writer = _account.Vault.BeginWrite();
            foreach (Guid id in batch)
                change(writer, id);
            writer.Commit();
        }
    }

    private void Open(SqliteConnection connection, string sql, RecordStream stream)
    {
        using AesGcm heads = _account.Cipher(stream == RecordStream.Data ? "summary" : "tags"), tails = _account.Cipher("secret");
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader row = command.ExecuteReader();
        int opened = 0;
        while (row.Read())
        {
            Decrypt(heads, row.GetFieldValue<byte[]>(0));
            if (!row.IsDBNull(1))
                Decrypt(tails, row.GetFieldValue<byte[]>(1));
            opened++;
        }
        if (opened < Entries)
            throw new InvalidOperationException($"{opened} records.");
    }

    private void Decrypt(AesGcm cipher, ReadOnlySpan<byte> record)
    {
        ReadOnlySpan<byte> ciphertext = record[(RecordHeader.Size + 12)..^16];
        cipher.Decrypt(record.Slice(RecordHeader.Size, 12), ciphertext, record[^16..], _plaintext.AsSpan(..ciphertext.Length), record[..RecordHeader.Size]);
    }

    private void WriteFrames()
    {
        using var cipher = new AesGcm(_key, 16);
        using var file = new FileStream(Floored, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        foreach (int frame in _frames)
        {
            byte[] record = new byte[4 + frame];
            Span<byte> header = record.AsSpan(4, RecordHeader.Size), nonce = record.AsSpan(4 + RecordHeader.Size, 12);
            RandomNumberGenerator.Fill(nonce);
            int bytes = frame - RecordHeader.Size - 28;
            cipher.Encrypt(nonce, _plaintext.AsSpan(..bytes), record.AsSpan(^(bytes + 16)..^16), record.AsSpan(^16..), header);
            file.Write(record);
        }
        file.Flush(flushToDisk: true);
    }

    private void OpenFrames()
    {
        using var cipher = new AesGcm(_key, 16);
        using var file = new FileStream(Floored, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        foreach (int frame in _frames)
        {
            byte[] record = new byte[4 + frame];
            file.ReadExactly(record);
            Decrypt(cipher, record.AsSpan(4));
        }
    }

    private static void Check(long count, long expected)
    {
        if (count != expected)
            throw new InvalidOperationException($"{count} entries.");
    }
}
