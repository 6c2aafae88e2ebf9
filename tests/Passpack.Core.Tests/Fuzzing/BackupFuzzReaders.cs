using System.Security.Cryptography;
using Passpack.Core.Tests.Vault;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Fuzzing;

/// <summary>The readers of backups: of a file, of what one of its frames holds, and of a vault file.</summary>
internal static class BackupFuzzReaders
{
    private static readonly byte[] s_key = SHA256.HashData("a fixed key"u8);
    private static readonly BackupHeader s_header = new()
    {
        Id = new Guid(s_key.AsSpan(..16)),
        Created = 1_000_000,
        Key = BackupKeyKind.BackupKey,
        UserId = "a@b",
        KeyEnvelope = PackingVectors().Envelope,
    };

    /// <summary>Behind the envelope, which is fuzzed by itself.</summary>
    public static FuzzReader File => new()
    {
        Name = "backup file",
        Seeds = [Backup(0), Backup(1), Backup(5)],
        Tokens = ["PkPSback"u8.ToArray(), [0, 0, 0, 1], [0, 0, 0, 7], [0x7F, 0xFF, 0xFF, 0xFF], [0, 0x30, 0, 0]],
        Read = input =>
        {
            using var reader = new BackupReader(new MemoryStream(input), "fuzz");
            using SecretBytes key = SecretBytes.CopyOf(s_key);
            reader.Unlock(s_header, key);
            foreach (BackupEntry entry in reader.Read(e => Assert.Equal(ErrorCodes.BackupDamaged, e.ErrorId)))
                Assert.NotEqual(Guid.Empty, entry.Id); // What is given was sealed.
        },
        ErrorIds = [ErrorCodes.BackupDamaged, ErrorCodes.FormatNotRecognized, ErrorCodes.PackTooNew],
    };

    public static FuzzReader Frame => new()
    {
        Name = "backup frame",
        Seeds = [.. Frames().Select(frame => { using SecretBuffer plaintext = frame.ToPlaintext(); return plaintext.Span.ToArray(); })],
        Tokens = ["{\"name\":"u8.ToArray(), "\"times\":{"u8.ToArray(), "[["u8.ToArray(), "}{"u8.ToArray(), [0, 0, 0, 0], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF]],
        Read = input =>
        {
            if (BackupFrame.Read(input) is { Value: not null } frame)
                frame.ToPlaintext().Dispose();
        },
        ErrorIds = [],
    };

    public static FuzzReader VaultFile => new()
    {
        Name = "vault file",
        MostBytes = 1 << 20,
        Seeds = [Vault()],
        Tokens = ["SQLite format 3\0"u8.ToArray(), [0x0D], [0x05], [0x0A], [0x02], [0x10, 0x00], "CREATE TABLE"u8.ToArray()],
        Read = input =>
        {
            string folder = Directory.CreateTempSubdirectory("passpack-fuzz-").FullName, path = Path.Combine(folder, Passpack.Vault.Storage.VaultFile.FileName);
            try
            {
                System.IO.File.WriteAllBytes(path, input);
                using VaultConnection connection = VaultConnection.Open(path);
                VaultSchema.Migrate(connection);
                AccountRow account = AccountRow.Load(connection);
                using var keys = new VaultKeys(SecretBytes.CopyOf(s_key), account.VaultId, account.Epoch);
                foreach (BackupEntry _ in VaultContents.Read(connection, keys, e => Assert.Equal(ErrorCodes.RecordDamaged, e.ErrorId)))
                {
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        },
        ErrorIds = [ErrorCodes.VaultDamaged, ErrorCodes.PackTooNew, ErrorCodes.ReadOnly, ErrorCodes.DiskFull, ErrorCodes.VaultInUse],
    };

    private static Packing.EnvelopeVector PackingVectors() => Packing.PackingVectors.All.Envelopes[0];

    private static byte[] Backup(int entries)
    {
        using var stream = new MemoryStream();
        using SecretBytes key = SecretBytes.CopyOf(s_key);
        using var writer = new BackupWriter(stream, s_header, key);
        for (int i = 0; i < entries; i++)
        {
            EntryContent content = EntryContent.New(new EntryEdit { Name = $"n{i}", Password = "p", ExtraFields = [new("pin", "text", "1")] }, 1000);
            Assert.Single(writer.Write([new BackupEntry(new Guid(i + 1, 0, 0, new byte[8]))
            {
                Content = content,
                Tags = ["t"],
                Favorite = true,
                Versions = [new(RecordStream.Data, 999, HistoryReason.Edit, new Snapshot(content, null, null))],
            }]));
        }
        writer.Complete();
        return stream.ToArray();
    }

    private static IEnumerable<BackupFrame> Frames()
    {
        EntryContent content = EntryContent.New(new EntryEdit { Name = "héllo", Password = "p", Notes = "n", ExtraFields = [new("pin", "text", "1")] }, 1000)
            with { Times = new Dictionary<string, long> { [EntryField.Login] = 2000, [EntryField.Notes] = 3000 } };
        yield return new(BackupFrameKind.Value, RecordStream.Data, Guid.NewGuid(), 0, 1, new Snapshot(content, null, null));
        yield return new(BackupFrameKind.Value, RecordStream.Tags, Guid.NewGuid(), 0, 0, new Snapshot(null, ["a", "b c"], null));
        yield return new(BackupFrameKind.Version, RecordStream.Favorite, Guid.NewGuid(), 5, 1, new Snapshot(null, null, true));
    }

    /// <summary>A small vault of the fixed key, in one file without journal.</summary>
    private static byte[] Vault()
    {
        using var home = new TemporaryFolder();
        var keys = new VaultKeys(SecretBytes.CopyOf(s_key), new Guid(s_key.AsSpan(..16)), 1);
        using LocalVault vault = LocalVault.Create(new DataFolder(home.Path).Account("a@b"), keys, PackingVectors().Envelope, row => row, null);
        using (VaultWriter writer = vault.BeginWrite())
        {
            writer.Add(new EntryEdit { Name = "n", Password = "p", Tags = ["t"], Favorite = true });
            writer.Commit();
        }
        return System.IO.File.ReadAllBytes(VaultCopies.CopySealed(vault.Folder, "fuzz"));
    }
}
