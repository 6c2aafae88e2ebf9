using System.Diagnostics;
using Passpack.Packing;

namespace Passpack.Benchmarks;

/// <summary>From the start of pwsh to the first password printed, with nobody there.</summary>
internal sealed class UnattendedFigure : Figure
{
    private BenchAccount? _account;
    private string _home = "";

    public override string Name => "unattended";

    public override string What => "pwsh started, the account unlocked unattended, one password printed; over pwsh started and one key derivation";

    public override double Limit => 1.3;

    public override string? Missing
    {
        get
        {
            using var shell = new PowerShellSession();
            return shell.Run("(Get-Command Unlock-PasspackVault).Parameters.ContainsKey('Unattended')") == "True" ? null : "this build has no Unlock-PasspackVault -Unattended";
        }
    }

    public override void Prepare()
    {
        (_account, _home) = (new BenchAccount(), Directory.CreateTempSubdirectory("passpack-bench-").FullName);
        _account.Add(3000);
        Start($"Import-Module '{PowerShellSession.Module}'; Enable-PasspackUnattendedUnlock -PackingKey '{BenchAccount.PackingKeyText}' -Confirm:$false");
    }

    public override void Floor()
    {
        Start("'correct horse battery staple 7'");
        using SecretBytes key = BenchAccount.PackingKey();
        using WrappingKey derived = WrappingKey.Create(key, KdfParameters.Current);
    }

    public override void Product()
    {
        string printed = Start($"Import-Module '{PowerShellSession.Module}'; Unlock-PasspackVault -Unattended; (Get-PasspackEntry -LiteralName 'Entry number 7 of many').GetPassword() | ConvertFrom-SecureString -AsPlainText");
        if (printed.Trim() != "correct horse battery staple 7")
            throw new InvalidOperationException($"It printed: {printed}");
    }

    public override void Dispose()
    {
        _account?.Dispose();
        if (_home.Length > 0)
            Directory.Delete(_home, recursive: true);
    }

    private string Start(string command)
    {
        var start = new ProcessStartInfo("pwsh", ["-NoProfile", "-NonInteractive", "-Command", command]) { RedirectStandardOutput = true };
        start.Environment["HOME"] = _home;
        start.Environment["PASSPACK_HOME"] = _account!.Home.Path;
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"pwsh ended with {process.ExitCode}: {output}");
    }
}
