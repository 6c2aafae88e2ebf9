using System.Globalization;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Benchmarks;

/// <summary>One-time codes of twenty entries by their exact names, each time others.</summary>
internal sealed class CmdletTotpBenchmark : Benchmark
{
    private const int Few = 3000, Many = 100_000;

    private BenchAccount? _few, _many;
    private PowerShellSession? _shell;
    private int _next;

    public override string Name => "cmdlet-totp-many";

    public override string What => "Get-PasspackTotp of twenty entries by name among 100,000, each with a one-time code, over among 3,000";

    public override double Limit => 2;

    public override int Rounds => 21;

    public override void Prepare()
    {
        _shell = new PowerShellSession();
        Fill(_few = new BenchAccount(), Few);
        Fill(_many = new BenchAccount(), Many);
    }

    public override void Floor() => Twenty(_few!);

    public override void Product() => Twenty(_many!);

    public override void Dispose()
    {
        _shell?.Dispose();
        _few?.Dispose();
        _many?.Dispose();
    }

    private void Fill(BenchAccount account, int entries)
    {
        ExtraField[] code = [new("Code", FieldTypes.Totp, "otpauth://totp/bench?secret=JBSWY3DPEHPK3PXP")];
        foreach (int[] some in Enumerable.Range(0, entries).Chunk(1000))
        {
            using VaultWriter writer = account.Vault.BeginWrite();
            foreach (int i in some)
                writer.Add(BenchAccount.Entry(i) with { ExtraFields = code });
            writer.Commit();
        }
        _shell!.Unlock(account);
    }

    private void Twenty(BenchAccount account)
    {
        _shell!.Use(account);
        int first = (_next += 20) % (Few - 20);
        double codes = _shell.Measure(string.Create(CultureInfo.InvariantCulture,
            $"@({first}..{first + 19} | ForEach-Object {{ Get-PasspackTotp \"Entry number $_ of many\" }}).Count"));
        if (codes != 20)
            throw new InvalidOperationException($"{codes} codes.");
    }
}
