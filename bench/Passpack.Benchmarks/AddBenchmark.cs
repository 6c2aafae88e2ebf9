namespace Passpack.Benchmarks;

internal sealed class AddBenchmark : Benchmark
{
    private const int Entries = 100_000;

    private readonly InsertFloor _floor = new();
    private BenchAccount? _account;

    public override string Name => "add";

    public override string What => "add 100,000 entries with a tag each in batches of 1,000, over sealing the same plaintexts and the same inserts";

    public override double Limit => 2;

    public override int Rounds => 3;

    public override void Prepare()
    {
    }

    public override void BeforeRound()
    {
        _account?.Dispose();
        _account = new BenchAccount();
    }

    public override void Floor()
    {
        int left = Entries;
        _floor.Run(_account!, () => left-- > 0);
    }

    public override void Product() => _account!.Add(Entries);

    public override void Dispose() => _account?.Dispose();
}
