using System.Security.Cryptography;
using Passpack.Packing;
using Passpack.Vault;

namespace Passpack.Benchmarks;

internal sealed class UnlockFigure : Figure
{
    private readonly BenchAccount _account = new();
    private readonly SecretBytes _packingKey = BenchAccount.PackingKey();

    public override string Name => "unlock";

    public override string What => "unlock a vault of 10,000 entries, over the scrypt derivation alone";

    public override double Limit => 1.15;

    public override void Prepare()
    {
        _account.Add(10_000);
        _account.Vault.Dispose();
    }

    public override void Floor() =>
        KeyDerivation.Scrypt(_packingKey, RandomNumberGenerator.GetBytes(KeyDerivation.SaltBytes), KdfParameters.Current, 2 * KeyDerivation.KeyBytes).Dispose();

    public override void Product() => LocalVault.Unlock(_account.Home, BenchAccount.UserId, _packingKey).Dispose();

    public override void Dispose()
    {
        _packingKey.Dispose();
        _account.Dispose();
    }
}
