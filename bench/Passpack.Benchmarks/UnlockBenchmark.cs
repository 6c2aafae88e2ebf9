using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Vault.Account;

namespace Passpack.Benchmarks;

/// <summary>Unlocking, over the key derivation: what the vault holds is looked through meanwhile.</summary>
/// <param name="many">Of 100,000 entries that were edited twice each; else of 10,000.</param>
internal sealed class UnlockBenchmark(bool many) : Benchmark
{
    private readonly BenchAccount _account = new();
    private readonly SecretBytes _packingKey = BenchAccount.PackingKey();

    public override string Name => many ? "unlock-many" : "unlock";

    public override string What => $"unlock a vault of {(many ? "100,000 entries with two earlier versions each" : "10,000 entries")}, over the scrypt derivation alone";

    public override double Limit => 1.15;

    public override int Rounds => 21;

    public override void Prepare()
    {
        _account.Add(many ? 100_000 : 10_000);
        for (int edit = 0; many && edit < 2; edit++)
            _account.EditAll($"edit {edit}");
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
