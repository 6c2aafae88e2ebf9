using Passpack.Packing;
using Passpack.Vault;

namespace Passpack.Core.Tests.Vault;

/// <summary>A data folder of its own with one unlocked account, behind the key derivation; gone when disposed.</summary>
internal sealed class TestVault : IDisposable
{
    public const string UserId = "alice@example.com";

    public TestVault(TimeProvider? clock = null)
    {
        Home = new DataFolder(Path.Combine(Path.GetTempPath(), $"passpack-{Guid.NewGuid():N}"));
        var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        using SecretBytes packingKey = SecretBytes.FromChars("a packing key for tests");
        using WrappingKey wrapping = WrappingKey.Create(packingKey, KdfParameters.Floor);
        Vault = LocalVault.Create(Home.Account(UserId), keys, keys.WrapAccountKey(wrapping), row => row, clock);
    }

    public DataFolder Home { get; }

    public LocalVault Vault { get; private set; }

    public LocalVault Reopen()
    {
        Vault.Dispose();
        using SecretBytes packingKey = SecretBytes.FromChars("a packing key for tests");
        return Vault = LocalVault.Unlock(Home, UserId, packingKey);
    }

    public EntrySummary Add(EntryEdit values) => Write(writer => writer.Add(values));

    public T Write<T>(Func<VaultWriter, T> change)
    {
        using VaultWriter writer = Vault.BeginWrite();
        T result = change(writer);
        writer.Commit();
        return result;
    }

    public void Dispose()
    {
        Vault.Dispose();
        if (Directory.Exists(Home.Path))
            Directory.Delete(Home.Path, recursive: true);
    }
}
