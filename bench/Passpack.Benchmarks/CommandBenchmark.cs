using System.Runtime.InteropServices;
using Passpack.Packing.Records;
using Passpack.Vault.Entries;
using Passpack.Vault.Unlocking;

namespace Passpack.Benchmarks;

internal sealed class CommandBenchmark : Benchmark
{
    private readonly BenchAccount _account = new();
    private readonly SecretBytes _packingKey = BenchAccount.PackingKey();
    private string _reference = "";

    public override string Name => "command";

    public override string What => "pwsh start, unattended unlock, one reference of 3,000 entries, child started, over pwsh start and child start";

    public override double Limit => 1.4;

    public override string? Missing => RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "its child is a shell of POSIX" : null;

    public override void Prepare()
    {
        _account.Add(3_000);
        _reference = $"passpack:///{_account.Vault.List(new EntryQuery()).First().Id}";
        UnattendedUnlock.Enable(_account.Vault.Folder, _packingKey);
        _account.Vault.Dispose();
    }

    public override void Floor() => Pwsh.Run("sh -c 'echo started'");

    public override void Product()
    {
        string printed = Pwsh.Run($"Import-Module '{Pwsh.Module}'; Unlock-PasspackVault -Unattended; "
            + $"Invoke-PasspackCommand sh -ArgumentList '-c', 'echo \"started: $SECRET\"' -Environment @{{ SECRET = '{_reference}' }}", _account.Home.Path);
        if (printed.Trim() != "started: ***")
            throw new InvalidOperationException($"The child printed: {printed}");
    }

    public override void Dispose()
    {
        _packingKey.Dispose();
        _account.Dispose();
    }
}
