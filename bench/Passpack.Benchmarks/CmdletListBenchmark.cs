using System.Globalization;

namespace Passpack.Benchmarks;

/// <summary>Get-PasspackEntry beside SecretStore's Get-SecretInfo, in one PowerShell process.</summary>
internal sealed class CmdletListBenchmark : Benchmark
{
    private const int Many = 100_000;

    private BenchAccount? _many;

    private static PowerShellSession Shell => SecretStoreSession.Shared.Shell;

    public override string Name => "cmdlet-list";

    public override string What => $"Get-PasspackEntry of {SecretStoreSession.Entries:N0} entries, over SecretStore's Get-SecretInfo of as many, in one PowerShell";

    public override double Limit => 1;

    public override int Rounds => 21;

    public override string? Missing => SecretStoreSession.Missing;

    public override void Prepare() => Shell.Use(SecretStoreSession.Shared.Account);

    public override void Floor() => Require(Shell.Run("@(Get-SecretInfo -Vault Store).Count"));

    public override void Product() => Require(Shell.Run("@(Get-PasspackEntry).Count"));

    public override IEnumerable<string> Notes()
    {
        double changed = Shell.Measure("(1..20 | ForEach-Object { $null = New-PasspackEntry one | Remove-PasspackEntry; $watch = [Diagnostics.Stopwatch]::StartNew(); $null = Get-PasspackEntry; $watch.Elapsed.TotalMilliseconds } | Sort-Object)[10]");
        yield return string.Create(CultureInfo.InvariantCulture, $"the first listing after a change, which opens every entry: {changed:F0} ms, median of 20");
        (double first, double heap) few = Stream();
        _many = new BenchAccount();
        _many.Add(Many);
        Shell.Unlock(_many);
        (double first, double heap) many = Stream();
        yield return string.Create(CultureInfo.InvariantCulture,
            $"first object, warm, median of 20: {few.first:F1} ms of {SecretStoreSession.Entries:N0} entries, {many.first:F1} ms of {Many:N0} (at most 10{(Math.Max(few.first, many.first) <= 10 ? "" : ", MISSED")})");
        yield return string.Create(CultureInfo.InvariantCulture,
            $"live managed heap between the first entries and the last: {few.heap / 1024:F0} KiB more of {SecretStoreSession.Entries:N0}, {many.heap / 1024:F0} KiB more of {Many:N0}");
    }

    public override void Dispose() => _many?.Dispose();

    private static void Require(string count)
    {
        if (count != SecretStoreSession.Entries.ToString(CultureInfo.InvariantCulture))
            throw new InvalidOperationException($"{count} entries.");
    }

    private static (double First, double Heap) Stream() =>
        (Shell.Measure("(1..20 | ForEach-Object { $watch = [Diagnostics.Stopwatch]::StartNew(); $null = Get-PasspackEntry | Select-Object -First 1; $watch.Elapsed.TotalMilliseconds } | Sort-Object)[10]"),
        Shell.Measure("& { $n = $first = $most = 0; Get-PasspackEntry | ForEach-Object { if (++$n % 1000 -eq 0) { $live = [GC]::GetTotalMemory($true); if (-not $first) { $first = $live }; $most = [Math]::Max($most, $live - $first) } }; $most }"));
}
