using System.Diagnostics;
using System.Globalization;
using Passpack.Testing;

namespace Passpack.Benchmarks;

/// <summary>One PowerShell process with the built module loaded, which runs a line after the other and keeps its variables. Its HOME is its own.</summary>
internal sealed class PowerShellSession : IDisposable
{
    // One line in, one line out: "=" and what came of it, or "!" and why not.
    private const string Loop =
        "while ($null -ne ($line = [Console]::In.ReadLine())) { try { [Console]::Out.WriteLine('=' + ((. ([scriptblock]::Create($line))) -join ' ')) } catch { [Console]::Out.WriteLine('!' + $_) } }";

    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;
    private readonly Process _process;

    public PowerShellSession()
    {
        ProcessStartInfo start = RealShell.Start(["-NoProfile", "-NonInteractive", "-Command", Loop]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.Environment["HOME"] = _folder;
        start.Environment["NO_COLOR"] = "1";
        _process = Process.Start(start)!;
        Run($"$ErrorActionPreference = 'Stop'; Import-Module '{Pwsh.Module}'");
    }

    /// <summary>Whether PowerShell has a module.</summary>
    public bool Has(string module) => Run($"[bool] (Get-Module {module} -ListAvailable)") == "True";

    /// <summary>Runs one line and gives back its output, items separated by spaces.</summary>
    public string Run(string line)
    {
        _process.StandardInput.WriteLine(line);
        string answer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"pwsh ended at: {line}");
        return answer.StartsWith('=') ? answer[1..] : throw new InvalidOperationException($"{line}: {answer[1..]}");
    }

    /// <summary>As <see cref="Run"/>, of a number.</summary>
    public double Measure(string line) => double.Parse(Run($"({line}).ToString([cultureinfo]::InvariantCulture)"), CultureInfo.InvariantCulture);

    /// <summary>Makes the accounts of a data folder those of the lines that follow, and unlocks them.</summary>
    public void Unlock(BenchAccount account)
    {
        Use(account);
        Run($"Unlock-PasspackVault -PackingKey '{BenchAccount.PackingKeyText}'");
    }

    /// <summary>Makes the accounts of a data folder those of the lines that follow.</summary>
    public void Use(BenchAccount account) => Run($"$env:PASSPACK_HOME = '{account.Home.Path}'");

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
