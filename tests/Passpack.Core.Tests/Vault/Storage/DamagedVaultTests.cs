using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

/// <summary>Whatever happened to the vault file: an answer with the path and what to do, never another vault, and not one byte changed.</summary>
[Trait("Pace", "Slow")]
public sealed class DamagedVaultTests : IDisposable
{
    private const int Entries = 50;

    private readonly TestVault _test = new();
    private readonly byte[] _sound;

    public DamagedVaultTests()
    {
        _test.Write(writer =>
        {
            for (int i = 0; i < Entries; i++)
                writer.Add(new EntryEdit { Name = $"entry {i}", Notes = new string('n', i % 10 == 0 ? 9000 : 10 * i), Tags = ["tag"] });
            return 0;
        });
        _test.Vault.Dispose();
        _sound = File.ReadAllBytes(_test.Folder.VaultFile);
    }

    public void Dispose() => _test.Dispose();

    private void Damage(Func<byte[], byte[]> how) => File.WriteAllBytes(_test.Folder.VaultFile, how((byte[])_sound.Clone()));

    private PasspackException CannotBeUnlocked(string errorId)
    {
        byte[] before = File.ReadAllBytes(_test.Folder.VaultFile);
        PasspackException error = Errors.Of(errorId, () => TestVault.Unlock(_test.Home).Dispose(), _test.Folder.VaultFile);
        Assert.Equal(errorId, AccountInspector.Describe(_test.Folder).Problem?.ErrorId);
        Errors.Of(errorId, () => VaultCopies.CopySealed(_test.Folder, "test"));
        Assert.Equal(before, File.ReadAllBytes(_test.Folder.VaultFile));
        Assert.Empty(AccountInspector.Describe(_test.Folder).Backups);
        Assert.Single(_test.Home.Accounts());
        using SecretBytes key = SecretBytes.FromChars(TestVault.PackingKey);
        Errors.Of(ErrorCodes.AccountExists, () => LocalVault.Create(_test.Home, TestVault.UserId, key).Dispose());
        return error;
    }

    /// <summary>Damage inside may show only when what is there is read: then in the words of this product, too.</summary>
    private void FailsInOurWords()
    {
        byte[] before = File.ReadAllBytes(_test.Folder.VaultFile);
        int readable = 0;
        try
        {
            using LocalVault vault = TestVault.Unlock(_test.Home);
            foreach (FullEntry _ in vault.ListFull(new EntryQuery(), error => Assert.Equal(ErrorCodes.RecordDamaged, error.ErrorId)))
                readable++;
            _ = vault.List(new EntryQuery { Name = "entry 7" }, _ => { }).Count();
        }
        catch (PasspackException e)
        {
            Assert.Equal(ErrorCodes.VaultDamaged, e.ErrorId);
            Assert.Contains(_test.Folder.VaultFile, e.Message, StringComparison.Ordinal);
        }
        Assert.InRange(readable, 0, Entries);
        Assert.Equal(before, File.ReadAllBytes(_test.Folder.VaultFile));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(8192)]
    [InlineData(50_000)]
    [InlineData(100_001)]
    public void Truncated(int length)
    {
        Damage(bytes => bytes[..length]);
        Assert.Contains("Reset-PasspackLocalAccount", CannotBeUnlocked(ErrorCodes.VaultDamaged).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Truncated_by_its_last_page()
    {
        Damage(bytes => bytes[..^4096]);
        FailsInOurWords();
    }

    [Fact]
    public void Garbage_instead_of_the_header()
    {
        Damage(bytes =>
        {
            RandomNumberGenerator.Fill(bytes.AsSpan(..100));
            return bytes;
        });
        CannotBeUnlocked(ErrorCodes.VaultDamaged);
    }

    [Fact]
    public void Garbage_instead_of_everything()
    {
        Damage(bytes => RandomNumberGenerator.GetBytes(bytes.Length));
        CannotBeUnlocked(ErrorCodes.VaultDamaged);
    }

    [Fact]
    public void Zeros_instead_of_everything()
    {
        Damage(bytes => new byte[bytes.Length]);
        CannotBeUnlocked(ErrorCodes.VaultDamaged);
    }

    [Fact]
    public void A_text_file_in_its_place()
    {
        File.WriteAllText(_test.Folder.VaultFile, string.Join('\n', Enumerable.Repeat("Dear diary", 1000)));
        CannotBeUnlocked(ErrorCodes.VaultDamaged);
    }

    [Fact]
    public void Garbage_on_any_page_is_told_or_costs_only_the_records_on_it()
    {
        for (int page = 1; page < _sound.Length / 4096; page++)
        {
            Damage(bytes =>
            {
                new Random(page).NextBytes(bytes.AsSpan(page * 4096, 4096));
                return bytes;
            });
            FailsInOurWords();
        }
    }

    [Fact]
    public void A_few_bytes_anywhere_are_told_or_cost_only_the_records_they_are_in()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            Damage(bytes =>
            {
                for (int i = 0; i < 20; i++)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            });
            try
            {
                FailsInOurWords();
            }
            catch (PasspackException e) when (e.ErrorId is ErrorCodes.PackTooNew or ErrorCodes.PackingKeyMismatch)
            {
                // The few bytes hit the version, or the envelope, which has its own checksum.
            }
        }
    }

    [Theory]
    [InlineData("PRAGMA user_version = 99", ErrorCodes.PackTooNew)]
    [InlineData("PRAGMA user_version = 0", ErrorCodes.VaultDamaged)]
    [InlineData("PRAGMA user_version = -5", ErrorCodes.VaultDamaged)]
    [InlineData("PRAGMA application_id = 1196444487", ErrorCodes.VaultDamaged)]
    public void Another_database(string change, string errorId)
    {
        Change(change);
        PasspackException error = CannotBeUnlocked(errorId);
        if (errorId == ErrorCodes.PackTooNew)
            Assert.Contains("Update the module", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DROP TABLE account", ErrorCodes.VaultDamaged)]
    [InlineData("DELETE FROM account", ErrorCodes.VaultDamaged)]
    [InlineData("UPDATE account SET vault_id = x'0102'", ErrorCodes.VaultDamaged)]
    [InlineData("UPDATE account SET key_envelope = 'nonsense'", ErrorCodes.VaultDamaged)]
    [InlineData("UPDATE account SET key_envelope = '8#x'", ErrorCodes.PackTooNew)]
    public void A_damaged_account(string change, string errorId)
    {
        Change(change);
        Errors.Of(errorId, () => TestVault.Unlock(_test.Home).Dispose(), _test.Folder.VaultFile);
    }

    /// <summary>Whoever can write the file, a thief who gives it back say, must not make its owner run anything, or wait without end.</summary>
    [Theory]
    [InlineData("DROP TABLE sync_record; CREATE VIEW sync_record AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS seq, x AS started, '' AS error, x'00' AS body FROM c")]
    [InlineData("ALTER TABLE account RENAME TO account2; CREATE VIEW account AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT * FROM account2, c")]
    [InlineData("ALTER TABLE local_data RENAME TO data2; CREATE VIEW local_data AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT * FROM data2, c")]
    [InlineData("CREATE TRIGGER evil AFTER INSERT ON local_data BEGIN DELETE FROM history; END")]
    [InlineData("CREATE TRIGGER evil AFTER UPDATE ON account BEGIN DELETE FROM local_data; END")]
    [InlineData("CREATE TABLE extra (x)")]
    [InlineData("CREATE INDEX evil ON history (hex(zeroblob(replaced_at)))")]
    [InlineData("ALTER TABLE history ADD COLUMN evil TEXT AS (hex(zeroblob(1000000000)))")]
    [InlineData("ALTER TABLE account ADD COLUMN extra TEXT")]
    [InlineData("DROP INDEX history_by_id")]
    public void A_schema_that_is_not_a_vaults(string change)
    {
        Change(change);
        CannotBeUnlocked(ErrorCodes.VaultDamaged);
        Assert.Equal(ErrorCodes.VaultDamaged, AccountInspector.Describe(_test.Folder).Problem?.ErrorId);
        string copy = Path.Combine(_test.Home.Path, "given-back.db");
        File.Copy(_test.Folder.VaultFile, copy);
        using SecretBytes key = SecretBytes.FromChars(TestVault.PackingKey);
        Errors.Of(ErrorCodes.BackupDamaged, () => BackupSource.Open(copy, null, key, _test.Folder).Dispose(), copy);
    }

    [Fact]
    public void The_file_gone_from_its_folder_is_damage_and_can_be_set_aside()
    {
        File.Delete(_test.Folder.VaultFile);
        Errors.Of(ErrorCodes.VaultDamaged, () => TestVault.Unlock(_test.Home).Dispose(), _test.Folder.VaultFile);
        Assert.Equal(ErrorCodes.VaultDamaged, AccountInspector.Describe(_test.Folder).Problem?.ErrorId);
        Assert.False(File.Exists(_test.Folder.VaultFile));

        VaultQuarantine.SetAside(_test.Folder);

        Errors.Of(ErrorCodes.AccountNotFound, () => TestVault.Unlock(_test.Home).Dispose(), "Connect-PasspackAccount");
    }

    [Fact]
    public void A_damaged_vault_can_be_set_aside_without_a_key()
    {
        Damage(bytes => bytes[..1000]);
        string quarantined = VaultQuarantine.SetAside(_test.Folder);
        Assert.Equal(_sound[..1000], File.ReadAllBytes(quarantined));
        Assert.Equal([quarantined], AccountInspector.Describe(_test.Folder).Quarantined);
    }

    [Fact]
    public void A_damaged_record_fails_alone()
    {
        using (LocalVault vault = TestVault.Unlock(_test.Home))
        {
            Guid id = Assert.Single(vault.List(new EntryQuery { Name = "entry 3" })).Id;
            Change("UPDATE local_data SET head = zeroblob(length(head)) WHERE id = $1", id.ToByteArray(bigEndian: true));
            var damaged = new List<PasspackException>();

            Assert.Equal(Entries - 1, vault.List(new EntryQuery(), damaged.Add).Count());

            Assert.Equal(id, Assert.Single(damaged).Target);
            Assert.Equal(ErrorCodes.RecordDamaged, damaged[0].ErrorId);
            Assert.Contains(id.ToString(), damaged[0].Message, StringComparison.Ordinal);
            Errors.Of(ErrorCodes.RecordDamaged, () => vault.List(new EntryQuery()).ToList());
            Errors.Of(ErrorCodes.RecordDamaged, () => vault.Get(id));
            Assert.Equal(Entries, Assert.Single(vault.Tags()).Count);
        }
    }

    [Fact]
    public void Damaged_tags_cost_the_list_of_tags_only_their_own()
    {
        using LocalVault vault = TestVault.Unlock(_test.Home);
        Guid id = Assert.Single(vault.List(new EntryQuery { Name = "entry 3" })).Id;
        Change("UPDATE local_tags SET body = x'00' WHERE id = $1", id.ToByteArray(bigEndian: true));
        var damaged = new List<PasspackException>();
        Assert.Equal(Entries - 1, Assert.Single(vault.Tags(damaged.Add)).Count);
        Assert.Equal(id, Assert.Single(damaged).Target);
    }

    [Fact]
    public void A_record_that_was_moved_to_another_entry_does_not_open()
    {
        using LocalVault vault = TestVault.Unlock(_test.Home);
        Guid[] ids = [vault.List(new EntryQuery { Name = "entry 3" }).Single().Id, vault.List(new EntryQuery { Name = "entry 4" }).Single().Id];
        Change("UPDATE local_data SET head = (SELECT head FROM local_data WHERE id = $2), tail = (SELECT tail FROM local_data WHERE id = $2) WHERE id = $1",
            ids[0].ToByteArray(bigEndian: true), ids[1].ToByteArray(bigEndian: true));
        Errors.Of(ErrorCodes.RecordDamaged, () => vault.Get(ids[0]));
        Assert.Equal("entry 4", vault.Get(ids[1]).Name);
    }

    private void Change(string sql, params byte[][] values)
    {
        using var connection = new SqliteConnection($"Data Source={_test.Folder.VaultFile};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        command.ExecuteNonQuery();
    }
}
