using System.Globalization;

namespace Passpack.Benchmarks;

/// <summary>1,000 entries through the pipeline into New-PasspackEntry.</summary>
internal sealed class CmdletAddFigure : Figure
{
    private const int Entries = InsertFloor.Batch;

    private readonly InsertFloor _floor = new();
    private BenchAccount? _account;
    private BenchAccount? _floorAccount;
    private PowerShellSession? _shell;

    public override string Name => "cmdlet-add";

    public override string What => "1,000 objects piped into New-PasspackEntry, over sealing as many and the same inserts in one batch";

    public override double Limit => 3;

    public override int Rounds => 9;

    public override void Prepare()
    {
        (_account, _floorAccount, _shell) = (new BenchAccount(), new BenchAccount(), new PowerShellSession());
        _shell.Unlock(_account);
        _shell.Run($"$rows = 1..{Entries} | ForEach-Object {{ [pscustomobject] @{{ Name = \"Entry number $_ of many\"; UserId = \"administrator$_@example.com\"; Password = \"correct horse battery staple $_\"; "
            + "Url = \"https://host$_.example.com/login?next=%2Fadmin\"; Email = 'administrator@example.com'; Notes = 'In the second rack from the left, below the switch. Ask before you restart it.'; Tag = \"Rack $($_ % 40)\" } }");
    }

    public override void Floor()
    {
        int left = Entries;
        _floor.Run(_floorAccount!, () => left-- > 0);
    }

    public override void Product()
    {
        if (_shell!.Run("@($rows | New-PasspackEntry).Count") != Entries.ToString(CultureInfo.InvariantCulture))
            throw new InvalidOperationException("Not all were added.");
    }

    public override IEnumerable<string> Notes()
    {
        if (SecretStoreSession.Missing is { } missing)
        {
            yield return $"Set-Secret NOT measured: {missing}";
            yield break;
        }
        using var shell = new PowerShellSession();
        SecretStoreSession.Register(shell);
        double theirs = shell.Measure($"(Measure-Command {{ 1..{Entries} | ForEach-Object {{ Set-Secret \"Entry number $_\" \"correct horse battery staple $_\" -Vault Store }} }}).TotalMilliseconds");
        double ours = _shell!.Measure("(Measure-Command { $rows | New-PasspackEntry }).TotalMilliseconds");
        yield return string.Create(CultureInfo.InvariantCulture, $"1,000 times SecretStore's Set-Secret: {theirs:F0} ms, {theirs / ours:F0} x as long (once each)");
    }

    public override void Dispose()
    {
        _shell?.Dispose();
        _account?.Dispose();
        _floorAccount?.Dispose();
    }
}
