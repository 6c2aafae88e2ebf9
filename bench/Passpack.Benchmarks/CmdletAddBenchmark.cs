using System.Globalization;

namespace Passpack.Benchmarks;

/// <summary>1,000 entries through the pipeline into New-PasspackEntry.</summary>
internal sealed class CmdletAddBenchmark : Benchmark
{
    private const int Entries = InsertFloor.Batch;

    private readonly InsertFloor _floor = new();
    private BenchAccount? _account;
    private BenchAccount? _floorAccount;
    private PowerShellSession? _shell;
    private double _firstRun;

    public override string Name => "cmdlet-add";

    public override string What => "1,000 objects piped into New-PasspackEntry, over sealing as many and the same inserts, in as few commits: the first alone, then the rest";

    public override double Limit => 3;

    public override int Rounds => 15;

    // The runtime compiles in steps what it sees called often, and counts calls meanwhile: here the last step comes after some 40 rounds.
    public override int WarmUps => 50;

    public override void Prepare()
    {
        (_account, _floorAccount, _shell) = (new BenchAccount(), new BenchAccount(), new PowerShellSession());
        _shell.Unlock(_account);
        // From now on somebody has its file open, as in a session: else every round of the floor would end with a checkpoint.
        _floorAccount.Add(1);
        _shell.Run($"$rows = 1..{Entries} | ForEach-Object {{ [pscustomobject] @{{ Name = \"Entry number $_ of many\"; UserId = \"administrator$_@example.com\"; Password = \"correct horse battery staple $_\"; "
            + "Url = \"https://host$_.example.com/login?next=%2Fadmin\"; Email = 'administrator@example.com'; Notes = 'In the second rack from the left, below the switch. Ask before you restart it.'; Tag = \"Rack $($_ % 40)\" } }");
        _firstRun = _shell.Measure("(Measure-Command { $rows | New-PasspackEntry }).TotalMilliseconds");
    }

    public override void Floor()
    {
        int left = Entries;
        _floor.Run(_floorAccount!, () => left-- > 0, first: 1);
    }

    public override void Product()
    {
        if (_shell!.Run("@($rows | New-PasspackEntry).Count") != Entries.ToString(CultureInfo.InvariantCulture))
            throw new InvalidOperationException("Not all were added.");
    }

    public override IEnumerable<string> Notes()
    {
        string commits = _shell!.Run("@($rows | New-PasspackEntry -Verbose 4>&1 | Where-Object { \"$_\" -like 'Committed*' }).Count");
        yield return string.Create(CultureInfo.InvariantCulture, $"the first run of the process: {_firstRun:F0} ms; commits of a run that tells of them: {commits}");
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
