using System.Globalization;

namespace Passpack.Benchmarks;

/// <summary>
/// Import-Module of the built module, over that of an empty binary module (an assembly of this project without cmdlets), each in
/// fresh PowerShell processes that time the import alone.
/// </summary>
internal sealed class ModuleImportBenchmark : Benchmark
{
    private const int Imports = 9;

    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;
    private double _empty;
    private double _module;

    public override string Name => "module";

    public override string What => "Import-Module Passpack, over an empty binary module (processes and all; the bound is on the imports alone, below)";

    public override double Limit => 2;

    public override int Rounds => 1;

    public override void Prepare() => File.Copy(typeof(Protocol.Limits).Assembly.Location, Path.Combine(_folder, "Empty.dll"));

    public override void Floor() => _empty = Median(Path.Combine(_folder, "Empty.dll"));

    public override void Product() => _module = Median(Pwsh.Module);

    public override IEnumerable<string> Notes()
    {
        double more = _module - _empty;
        yield return string.Create(CultureInfo.InvariantCulture,
            $"the import alone: {_module:F0} ms, of an empty module {_empty:F0} ms: {more:F0} ms more (at most 100{(more <= 100 ? "" : ", MISSED")}), medians of {Imports}");
    }

    public override void Dispose() => Directory.Delete(_folder, recursive: true);

    private static double Median(string module)
    {
        double[] times = [.. Enumerable.Range(0, Imports).Select(_ => Import(module)).Order()];
        return times[times.Length / 2];
    }

    private static double Import(string module) => double.Parse(
        Pwsh.Run($"$w = [Diagnostics.Stopwatch]::StartNew(); Import-Module '{module}'; $w.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)"),
        CultureInfo.InvariantCulture);
}
