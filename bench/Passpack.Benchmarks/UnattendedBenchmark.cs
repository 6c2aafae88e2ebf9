using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Vault.Entries;
using Passpack.Vault.Unlocking;

namespace Passpack.Benchmarks;

internal sealed class UnattendedBenchmark : Benchmark
{
    private readonly BenchAccount _account = new();
    private readonly SecretBytes _packingKey = BenchAccount.PackingKey();
    private string _name = "";

    public override string Name => "unattended";

    public override string What => "from pwsh start to the first password printed, unattended, 3,000 entries, over an empty pwsh and one key derivation";

    public override double Limit => 1.3;

    public override void Prepare()
    {
        _account.Add(3_000);
        _name = _account.Vault.List(new EntryQuery()).First().Name;
        UnattendedUnlock.Enable(_account.Vault.Folder, _packingKey);
        _account.Vault.Dispose();
    }

    public override void Floor()
    {
        Pwsh.Run("exit 0");
        KeyDerivation.Scrypt(_packingKey, RandomNumberGenerator.GetBytes(KeyDerivation.SaltBytes), KdfParameters.Current, 2 * KeyDerivation.KeyBytes).Dispose();
    }

    public override void Product()
    {
        string printed = Pwsh.Run(
            $"Import-Module '{Pwsh.Module}'; Unlock-PasspackVault -Unattended; (Get-PasspackEntry -LiteralName '{_name}').GetPassword() | ConvertFrom-SecureString -AsPlainText",
            _account.Home.Path);
        if (printed.Trim().Length == 0)
            throw new InvalidOperationException("No password was printed.");
    }

    public override void Dispose()
    {
        _packingKey.Dispose();
        _account.Dispose();
    }
}
