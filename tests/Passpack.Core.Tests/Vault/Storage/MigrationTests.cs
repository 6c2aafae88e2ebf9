using System.Diagnostics;
using Passpack.LegacyVaults;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

/// <summary>A vault of schema 1 becomes one of the newest: after a copy, whole or not at all, and the same in every row.</summary>
[Trait("Pace", "Slow")]
public sealed class MigrationTests : IDisposable
{
    private readonly TestVault _test = new();
    private readonly IReadOnlyList<string> _tables;
    private readonly IReadOnlyList<string> _entries;

    public MigrationTests()
    {
        Fill(_test);
        _entries = Entries(_test.Vault);
        _test.Vault.Dispose();
        // What the first schema has no place for.
        using (VaultConnection connection = VaultConnection.Open(_test.Folder.VaultFile))
            connection.Execute("UPDATE history SET not_before = 0");
        _tables = Tables(_test.Folder.VaultFile);
        LegacySchema.Make(_test.Home, TestVault.UserId, 1);
    }

    public void Dispose() => _test.Dispose();

    [Fact]
    public void What_is_migrated_is_copied_before_and_the_same_after()
    {
        Assert.Equal(1, LegacySchema.Of(_test.Folder.VaultFile));
        using (LocalVault vault = TestVault.Unlock(_test.Home))
            Assert.Equal(_entries, Entries(vault));
        Assert.Equal(VaultSchema.Newest, LegacySchema.Of(_test.Folder.VaultFile));
        Assert.Equal(_tables, Tables(_test.Folder.VaultFile));

        BackupInfo copy = Assert.Single(BackupFiles.Of(_test.Folder));
        Assert.Equal((BackupKind.Copy, "before-migration", null, 3L, 1L), (copy.Kind, copy.Reason, copy.Problem, copy.Entries, copy.Trashed));
        Assert.Equal(1, LegacySchema.Of(copy.Path));
        Restores(copy.Path);
        TestVault.Unlock(_test.Home).Dispose();
        Assert.Equal(2, BackupFiles.Of(_test.Folder).Count(backup => backup.Reason == "before-migration")); // Of the copy in its place, too.
    }

    [Fact]
    public void To_look_at_an_account_migrates_it_after_a_copy_too()
    {
        Assert.Null(AccountInspector.Describe(_test.Folder).Problem);
        Assert.Equal(1, LegacySchema.Of(Assert.Single(VaultCopies.Of(_test.Folder))));
        Assert.Equal(_tables, Tables(_test.Folder.VaultFile));
    }

    [Fact]
    public async Task Killed_at_any_step_it_opens_and_a_copy_restores()
    {
        byte[] aged = File.ReadAllBytes(_test.Folder.VaultFile);
        int step = 0;
        for (bool killed = true; killed;)
        {
            Directory.Delete(_test.Folder.VaultFolder, recursive: true);
            Directory.CreateDirectory(_test.Folder.VaultFolder);
            File.WriteAllBytes(_test.Folder.VaultFile, aged);
            if (Directory.Exists(_test.Folder.BackupFolder))
                Directory.Delete(_test.Folder.BackupFolder, recursive: true);
            using Process worker = Worker.Start("unlock", _test.Home, "", ++step);
            string output = await worker.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
            killed = worker.ExitCode != 0;
            Assert.Equal(killed, output.Contains("killed at", StringComparison.Ordinal));

            // Not through the product: as the process left it.
            using (VaultConnection connection = VaultConnection.Open(_test.Folder.VaultFile))
            {
                if (VaultSchema.Check(connection) != 1)
                    Assert.Contains(VaultCopies.Of(_test.Folder), copy => LegacySchema.Of(copy) == 1);
            }
            using (LocalVault vault = TestVault.Unlock(_test.Home))
                Assert.Equal(_entries, Entries(vault));
            Assert.Equal(_tables, Tables(_test.Folder.VaultFile));
            Assert.All(BackupFiles.Of(_test.Folder), backup => Assert.Null(backup.Problem));
            Restores(VaultCopies.NewestSoundCopy(_test.Folder)!);
        }
        Assert.InRange(step, 7, 20);
    }

    [Fact]
    public void Without_its_copy_nothing_is_migrated()
    {
        byte[] before = File.ReadAllBytes(_test.Folder.VaultFile);
        File.WriteAllText(_test.Folder.BackupFolder, "in the way");
        Errors.Of(ErrorCodes.ReadOnly, () => TestVault.Unlock(_test.Home).Dispose(), _test.Folder.BackupFolder);
        Assert.Equal(ErrorCodes.ReadOnly, AccountInspector.Describe(_test.Folder).Problem?.ErrorId);
        Assert.Equal(1, LegacySchema.Of(_test.Folder.VaultFile));
        Assert.Equal(before, File.ReadAllBytes(_test.Folder.VaultFile));

        File.Delete(_test.Folder.BackupFolder);
        using LocalVault vault = TestVault.Unlock(_test.Home);
        Assert.Equal(_entries, Entries(vault));
    }

    [Fact]
    public void Many_at_once_migrate_it_once()
    {
        Parallel.For(0, 6, _ =>
        {
            using LocalVault vault = TestVault.Unlock(_test.Home);
            Assert.Equal(_entries, Entries(vault));
        });
        Assert.Equal(_tables, Tables(_test.Folder.VaultFile));
        Assert.Contains(VaultCopies.Of(_test.Folder), copy => LegacySchema.Of(copy) == 1);
        Assert.Empty(Directory.GetFiles(_test.Folder.BackupFolder, "*.tmp"));
    }

    [Fact]
    public void A_copy_of_a_later_schema_stops_no_copying()
    {
        string copy = VaultCopies.CopySealed(_test.Folder, "test");
        using (VaultConnection connection = VaultConnection.Open(copy))
            connection.Execute("PRAGMA user_version = 99");
        for (int i = 0; i < VaultCopies.MostCopies + 1; i++)
            VaultCopies.CopySealed(_test.Folder, "test");
        Assert.InRange(VaultCopies.Of(_test.Folder).Count(), 1, VaultCopies.MostCopies);
    }

    private void Restores(string copy)
    {
        using SecretBytes key = SecretBytes.FromChars(TestVault.PackingKey);
        Assert.Equal(4, VaultRestore.PutInPlace(_test.Folder, copy, key).Count());
        using LocalVault vault = TestVault.Unlock(_test.Home);
        Assert.Equal(_entries, Entries(vault));
    }

    private static void Fill(TestVault test)
    {
        Guid one = test.Add(new EntryEdit { Name = "one", Password = "p1", Tags = ["Servers"], Favorite = true }).Id;
        test.Write(writer => writer.Edit(one, new EntryEdit { Password = "p2", AddTags = ["Rack"] }));
        test.Write(writer => writer.Edit(one, new EntryEdit { Password = "p3", Favorite = false }));
        test.Add(new EntryEdit { Name = "two", Notes = "n\nn", ExtraFields = [new ExtraField("pin", "text", "1234")] });
        test.Add(new EntryEdit { Name = "three" });
        Guid trashed = test.Add(new EntryEdit { Name = "trashed" }).Id;
        test.Write(writer =>
        {
            writer.Trash(trashed);
            return 0;
        });
        using VaultUse use = test.Vault.Use();
        // What only a sync writes.
        foreach (string sql in new[]
        {
            "INSERT INTO mirror (stream, id, version, deleted, owed, digest, content_version, head) SELECT 9, randomblob(16), 4, 0, 0, randomblob(32), 4, randomblob(80)",
            "INSERT INTO manifest_sum VALUES (9, 1, randomblob(32))",
            "INSERT INTO device_counter VALUES (randomblob(16), 12)",
            "INSERT INTO outbox VALUES (randomblob(16), randomblob(300))",
            "INSERT INTO sync_record (started, error, body) VALUES (1, 'ServerUnreachable', randomblob(90))",
            "INSERT INTO staged VALUES (9, randomblob(16), 5, 0, randomblob(32), randomblob(80))",
            "INSERT INTO staging VALUES (1, 7, 'page')",
            "UPDATE account SET device_id = randomblob(16), device_counter = 3, revision = 8, generation = 2, manifest_hash = randomblob(32), last_sync = 5",
            "UPDATE local_data SET base = (SELECT max(seq) FROM history WHERE stream = 1) WHERE trashed IS NULL",
        })
        {
            use.Connection.Execute(sql);
        }
        AccountRow.Authenticate(use.Connection, use.Keys);
    }

    /// <summary>Everything that shows through the public door.</summary>
    private static List<string> Entries(LocalVault vault) => [.. vault.ListFull(new EntryQuery()).Concat(vault.ListFull(new EntryQuery { Trashed = true })).Select(entry => string.Join('|', entry.Summary.Id, entry.Summary.Name,
            string.Join(',', entry.Summary.Tags), entry.Summary.Favorite, entry.Summary.Modified, entry.Summary.Version, entry.Secret.Password, entry.Secret.Notes,
            string.Join(',', entry.Secret.ExtraFields.Select(field => field.Name + field.Data)),
            string.Join(';', vault.History(entry.Summary.Id).Select(version => $"{version.Number} {version.Stream} {version.Replaced:O} {version.Reason} {string.Join(',', version.Fields)}"))))
        .Order(StringComparer.Ordinal)];

    /// <summary>Every row of every table, and the tables themselves.</summary>
    private static List<string> Tables(string file)
    {
        using VaultConnection connection = VaultConnection.OpenToRead(file);
        var all = new List<string>();
        foreach ((string table, string sql) in connection.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name", row => (row.GetString(0), row.GetString(1))).ToList())
        {
            all.Add(sql);
            List<string> columns = connection.Query($"SELECT name FROM pragma_table_info('{table}')", row => row.GetString(0)).ToList();
            all.AddRange(connection.Query($"SELECT {string.Join(" || '|' || ", columns.Select(column => $"quote({column})"))} FROM {table}", row => $"{table}: {row.GetString(0)}")
                .Order(StringComparer.Ordinal));
        }
        return all;
    }
}
