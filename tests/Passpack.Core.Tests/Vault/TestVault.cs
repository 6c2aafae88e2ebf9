using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

/// <summary>A data folder of its own with one unlocked account, behind the key derivation; gone when disposed.</summary>
internal sealed class TestVault : IDisposable
{
    public const string UserId = "alice@example.com";
    public const string PackingKey = "a packing key for tests";

    public TestVault(TimeProvider? clock = null, string? home = null)
    {
        Home = new DataFolder(home ?? Path.Combine(Path.GetTempPath(), $"passpack-{Guid.NewGuid():N}"));
        var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        Vault = LocalVault.Create(Home.Account(UserId), keys, keys.WrapAccountKey(Wrapping), row => row, clock);
    }

    /// <summary>The Packing Key's, at the lowest cost that is accepted, and derived once for all accounts that tests make.</summary>
    public static WrappingKey Wrapping { get; } = Derive();

    public DataFolder Home { get; }

    public LocalVault Vault { get; private set; }

    public AccountFolder Folder => Home.Account(UserId);

    public LocalVault Reopen()
    {
        Vault.Dispose();
        return Vault = Unlock(Home);
    }

    public static LocalVault Unlock(DataFolder home, TimeProvider? clock = null)
    {
        using SecretBytes packingKey = SecretBytes.FromChars(PackingKey);
        return LocalVault.Unlock(home, UserId, packingKey, clock);
    }

    public IReadOnlyList<string> Names() => [.. Vault.List(new EntryQuery()).Select(entry => entry.Name).Order(StringComparer.Ordinal)];

    public EntrySummary Add(EntryEdit values) => Write(writer => writer.Add(values));

    public T Write<T>(Func<VaultWriter, T> change)
    {
        using VaultWriter writer = Vault.BeginWrite();
        T result = change(writer);
        writer.Commit();
        return result;
    }

    private static WrappingKey Derive()
    {
        using SecretBytes packingKey = SecretBytes.FromChars(PackingKey);
        return WrappingKey.Create(packingKey, KdfParameters.Floor);
    }

    public void Dispose()
    {
        Vault.Dispose();
        if (Directory.Exists(Home.Path))
            Directory.Delete(Home.Path, recursive: true);
    }
}
