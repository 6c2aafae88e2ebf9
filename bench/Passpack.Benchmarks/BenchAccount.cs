using Microsoft.Data.Sqlite;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Benchmarks;

/// <summary>A data folder of its own with one account, made and unlocked in the ordinary way; and the bare keys, for the floors.</summary>
internal sealed class BenchAccount : IDisposable
{
    public const string UserId = "bench@example.com";

    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;
    private readonly SecretBytes _accountKey = SecretBytes.Random(KeyDerivation.KeyBytes);
    private readonly Guid _vaultId = Guid.NewGuid();

    public BenchAccount()
    {
        Home = new DataFolder(_folder);
        using SecretBytes packingKey = PackingKey();
        using WrappingKey wrapping = WrappingKey.Create(packingKey, KdfParameters.Current);
        var keys = new VaultKeys(SecretBytes.CopyOf(_accountKey.Span), _vaultId, 1);
        Vault = LocalVault.Create(Home.Account(UserId), keys, keys.WrapAccountKey(wrapping), row => row, null);
    }

    public DataFolder Home { get; }

    public LocalVault Vault { get; }

    public const string PackingKeyText = "a packing key for measuring";

    public static SecretBytes PackingKey() => SecretBytes.FromChars(PackingKeyText);

    public static EntryEdit Entry(int i) => new()
    {
        Name = $"Entry number {i} of many",
        UserId = $"administrator{i}@example.com",
        Password = $"correct horse battery staple {i}",
        Url = $"https://host{i % 1000}.example.com/login?next=%2Fadmin",
        Email = "administrator@example.com",
        Notes = "In the second rack from the left, below the switch.\nAsk before you restart it.",
        Tags = [$"Rack {i % 40}"],
    };

    public void Add(int entries) => Add(Vault, entries);

    public static void Add(LocalVault vault, int entries)
    {
        for (int i = 0; i < entries; i += 1000)
        {
            using VaultWriter writer = vault.BeginWrite();
            for (int k = i; k < Math.Min(entries, i + 1000); k++)
                writer.Add(Entry(k));
            writer.Commit();
        }
    }

    /// <summary>Edits every entry.</summary>
    public void EditAll(string sharedNotes)
    {
        foreach (Guid[] ids in Vault.List(new EntryQuery()).Select(entry => entry.Id).ToList().Chunk(1000))
        {
            using VaultWriter writer = Vault.BeginWrite();
            foreach (Guid id in ids)
                writer.Edit(id, new EntryEdit { SharedNotes = sharedNotes });
            writer.Commit();
        }
    }

    /// <summary>The platform's own cipher under the key of one purpose.</summary>
    public System.Security.Cryptography.AesGcm Cipher(string purpose)
    {
        using SecretBytes vaultKey = KeyDerivation.Subkey(_accountKey, "passpack/7/vault key/1", _vaultId.ToByteArray(bigEndian: true));
        using SecretBytes key = KeyDerivation.Subkey(vaultKey, $"passpack/7/{purpose}");
        return new System.Security.Cryptography.AesGcm(key.Span, 16);
    }

    /// <summary>The vault file by plain Microsoft.Data.Sqlite, with the product's settings.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Home.Account(UserId).VaultFile};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA foreign_keys = ON";
        command.ExecuteNonQuery();
        return connection;
    }

    public void Dispose()
    {
        Vault.Dispose();
        _accountKey.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
