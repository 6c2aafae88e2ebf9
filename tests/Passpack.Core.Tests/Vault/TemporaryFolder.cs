using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("passpack-").FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal static class Accounts
{
    /// <summary>An account of <see cref="TestVault.PackingKey"/>.</summary>
    public static LocalVault Create(DataFolder home, string userId = TestVault.UserId, TimeProvider? clock = null)
    {
        var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
        return LocalVault.Create(home.Account(userId), keys, keys.WrapAccountKey(TestVault.Wrapping), row => row, clock);
    }
}
