using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

/// <summary>
/// 200 machines of 50 accounts, all at once, each adding an entry and syncing, ten times over; against bare commits of one row in
/// SQLite, as many as there were pushes. Every machine's vault commits to the same disk as the server.
/// </summary>
internal sealed class FleetBenchmark : Benchmark
{
    private const int Accounts = 50;
    private const int MachinesEach = 4;
    private const int Syncs = 10;

    private readonly BenchServer _server = new();
    private readonly List<List<LocalVault>> _accounts = [];
    private readonly ConcurrentBag<(long Requests, double Milliseconds)> _syncs = [];
    private double _seconds;
    private double _commits;
    private int _added;

    public override string Name => "fleet";

    public override string What => "200 machines of 50 accounts add an entry and sync, 10 times each, over as many bare commits to SQLite (told, not bounded: the bound is no error and no loss)";

    public override double Limit => 1000;

    public override int Rounds => 1;

    public override void Prepare()
    {
        for (int i = 0; i < Accounts; i++)
        {
            var account = new BenchOnline(_server);
            account.RegisterAsync().GetAwaiter().GetResult();
            _accounts.Add([.. Enumerable.Range(0, MachinesEach).Select(_ => account.MachineAsync().GetAwaiter().GetResult())]);
        }
    }

    public override void Floor()
    {
        string file = _server.NewFile($"{Guid.NewGuid():N}.db");
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE record (id INTEGER PRIMARY KEY, body BLOB NOT NULL)";
        command.ExecuteNonQuery();
        command.CommandText = "INSERT INTO record (body) VALUES (randomblob(700))";
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Accounts * MachinesEach * Syncs; i++)
            command.ExecuteNonQuery();
        _commits = Accounts * MachinesEach * Syncs / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public override void Product()
    {
        _syncs.Clear();
        _added += MachinesEach * Syncs;
        long start = Stopwatch.GetTimestamp();
        // An error ends the run.
        Task.WhenAll(_accounts.SelectMany(machines => machines).Select(vault => Task.Run(() => WorkAsync(vault)))).GetAwaiter().GetResult();
        _seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        CheckNothingLost();
    }

    public override IEnumerable<string> Notes()
    {
        double[] all = Latencies(0, long.MaxValue), straight = Latencies(0, 2);
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{all.Length / _seconds:F0} syncs a second, each with a push; median {all[all.Length / 2]:F0} ms, p99 {all[all.Length * 99 / 100]:F0} ms; bare commits: {_commits:F0} a second");
        yield return string.Create(CultureInfo.InvariantCulture,
            $"the {straight.Length} that met no other: p99 {straight[straight.Length * 99 / 100]:F0} ms; the {Latencies(3, 6).Length} that lost once or twice: {Latencies(3, 6).DefaultIfEmpty().Max():F0} ms at the most; "
            + $"the {Latencies(7, long.MaxValue).Length} that lost more often: {Latencies(7, long.MaxValue).DefaultIfEmpty().Max():F0} ms");
        yield return $"no error; every machine of every account has all of its {_added} entries";
    }

    public override void Dispose()
    {
        foreach (LocalVault vault in _accounts.SelectMany(machines => machines))
            vault.Dispose();
        _server.Dispose();
    }

    private async Task WorkAsync(LocalVault vault)
    {
        for (int i = 0; i < Syncs; i++)
        {
            BenchAccount.Add(vault, 1);
            long start = Stopwatch.GetTimestamp();
            Passpack.Sync.Session.SyncResult result = await Passpack.Sync.VaultSync.RunAsync(vault, new Passpack.Sync.Session.SyncOptions());
            _syncs.Add((result.Requests, Stopwatch.GetElapsedTime(start).TotalMilliseconds));
        }
    }

    // A sync takes two requests, a pull and a push, and two more each time that another machine of the account was first.
    private double[] Latencies(long least, long most) => [.. _syncs.Where(sync => sync.Requests >= least && sync.Requests <= most).Select(sync => sync.Milliseconds).Order()];

    private void CheckNothingLost()
    {
        foreach (LocalVault vault in _accounts.SelectMany(machines => machines))
        {
            BenchOnline.Sync(vault);
            int entries = vault.List(new EntryQuery()).Count();
            if (entries != _added)
                throw new InvalidOperationException($"{entries} of {_added} entries.");
        }
    }
}
