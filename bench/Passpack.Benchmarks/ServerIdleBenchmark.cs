using System.Globalization;
using Passpack.Packing.Records;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.Benchmarks;

/// <summary>What a sync with nothing changed costs the server, over a request that only asks whether it is ready; and what an account takes of its disk.</summary>
internal sealed class ServerIdleBenchmark : Benchmark
{
    private const int Times = 300;
    private const int Entries = 300;

    private readonly List<double> _bare = [];
    private readonly List<double> _idle = [];
    private readonly HttpClient _http = new();
    private BenchProcess? _server;
    private LocalVault? _vault;
    private long _bytes;

    public override string Name => "server-idle";

    public override string What =>
        $"{Times} syncs of {Entries} entries with nothing changed, each by a connection of its own, over as many GETs of /readyz (told, not bounded: what counts is the server's processor time)";

    public override double Limit => 1000;

    public override void Prepare()
    {
        _server = new BenchProcess(null);
        using SecretBytes password = SecretBytes.FromChars("the password of this figure"), packingKey = BenchAccount.PackingKey();
        _vault = Registration.RegisterAsync(new(new DataFolder(_server.Of("home")), _server.Address, BenchAccount.UserId, password, packingKey)).GetAwaiter().GetResult();
        long before = DatabaseBytes();
        BenchAccount.Add(_vault, Entries);
        BenchOnline.Sync(_vault);
        _bytes = DatabaseBytes() - before;
        _http.BaseAddress = _server.Address;
    }

    public override void Floor() => Measure(_bare, () => _http.GetAsync("/readyz").GetAwaiter().GetResult().Dispose());

    public override void Product() => Measure(_idle, () =>
    {
        SyncResult result = VaultSync.RunAsync(_vault!, new SyncOptions()).GetAwaiter().GetResult();
        if (result is not { Requests: 1, Changes.Count: 0 })
            throw new InvalidOperationException("A sync with nothing changed was more than one request.");
    });

    public override IEnumerable<string> Notes()
    {
        double bare = Median(_bare), idle = Median(_idle);
        yield return string.Create(CultureInfo.InvariantCulture,
            $"the server's processors: {idle:F2} ms for an idle sync with its connection, {bare:F2} ms for a bare request; medians of {_idle.Count} times {Times}");
        yield return string.Create(CultureInfo.InvariantCulture, $"its disk: {_bytes / Entries} bytes for an entry, of {Entries}, in one push");
    }

    public override void Dispose()
    {
        _vault?.Dispose();
        _http.Dispose();
        _server?.Dispose();
    }

    private void Measure(List<double> to, Action ask)
    {
        TimeSpan before = _server!.ProcessorTime;
        for (int i = 0; i < Times; i++)
            ask();
        to.Add((_server.ProcessorTime - before).TotalMilliseconds / Times);
    }

    // The log beside it included: what is in both counts twice for a while, so this is what a disk has to have.
    private long DatabaseBytes() => Directory.GetFiles(_server!.Of("server"), "*.db*").Sum(file => new FileInfo(file).Length);

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
