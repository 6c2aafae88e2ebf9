using System.Globalization;

namespace Passpack.Benchmarks;

/// <summary>One password by its exact name, twenty times over, each time another.</summary>
/// <param name="many">Whether it is found among 100,000, over 3,000; else among 3,000, over SecretStore's Get-Secret.</param>
internal sealed class CmdletFindBenchmark(bool many) : Benchmark
{
    private const int Many = 100_000;

    private BenchAccount? _few;
    private BenchAccount? _account;
    private PowerShellSession? _shell;
    private int _next;

    public override string Name => many ? "cmdlet-find-many" : "cmdlet-find";

    public override string What => many
        ? "twenty passwords by exact name among 100,000 entries, over among 3,000"
        : "twenty passwords by exact name among 3,000 entries, over SecretStore's Get-Secret, in one PowerShell";

    public override double Limit => many ? 2 : 1.0 / 3;

    public override int Rounds => 21;

    public override string? Missing => many ? null : SecretStoreSession.Missing;

    public override void Prepare()
    {
        if (!many)
        {
            (_shell, _account) = (SecretStoreSession.Shared.Shell, SecretStoreSession.Shared.Account);
            return;
        }
        (_few, _account, _shell) = (new BenchAccount(), new BenchAccount(), new PowerShellSession());
        _few.Add(SecretStoreSession.Entries);
        _account.Add(Many);
        _shell.Unlock(_few);
        _shell.Unlock(_account);
    }

    public override void Floor()
    {
        if (many)
            Passpack(_few!);
        else
            Twenty("(Get-Secret $name -Vault Store).Password");
    }

    public override void Product() => Passpack(_account!);

    public override void Dispose()
    {
        if (!many)
            return;
        _shell?.Dispose();
        _few?.Dispose();
        _account?.Dispose();
    }

    private void Passpack(BenchAccount account)
    {
        _shell!.Use(account);
        Twenty("(Get-PasspackEntry -LiteralName $name).GetPassword()");
    }

    private void Twenty(string one)
    {
        int first = (_next += 20) % (SecretStoreSession.Entries - 20);
        double length = _shell!.Measure(string.Create(CultureInfo.InvariantCulture,
            $"({first}..{first + 19} | ForEach-Object {{ $name = \"Entry number $_ of many\"; {one}.Length }} | Measure-Object -Minimum).Minimum"));
        if (length < 20)
            throw new InvalidOperationException($"A password of {length} characters.");
    }
}
