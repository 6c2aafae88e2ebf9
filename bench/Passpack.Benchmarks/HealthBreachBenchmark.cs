using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Passpack.Health.Breaches;
using Passpack.Health.Checks;

namespace Passpack.Benchmarks;

/// <summary>A list of ten million hashes, of which ten are of passwords of the vault.</summary>
internal sealed class HealthBreachBenchmark : Benchmark
{
    private const int Entries = 100_000, Hashes = 10_000_000, Breached = 10;
    private const double MostMicroseconds = 20;

    private readonly BenchAccount _account = new();
    private readonly List<double> _without = [], _with = [];
    private readonly string _file = Path.GetTempFileName();
    private BreachList? _list;

    public override string Name => "health-breaches";

    public override string What => "the breached passwords of 100,000 entries by a list of 10,000,000 hashes in the page cache, over looking at the same entries without a list";

    // The bound is on the time for an entry, below.
    public override double Limit => 100;

    public override void Prepare()
    {
        _account.Add(Entries);
        Write();
        _list = BreachList.Open(_file);
    }

    public override void Floor() => _without.Add(Scan(null));

    public override void Product() => _with.Add(Scan(_list));

    public override IEnumerable<string> Notes()
    {
        double each = (Median(_with) - Median(_without)) / Entries;
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{each:F1} us more an entry (at most {MostMicroseconds}{(each <= MostMicroseconds ? "" : ", MISSED")}), medians of {_with.Count}; {new FileInfo(_file).Length / 1048576} MiB of list");
    }

    public override void Dispose()
    {
        _list?.Dispose();
        _account.Dispose();
        File.Delete(_file);
    }

    private double Scan(BreachList? list)
    {
        long start = Stopwatch.GetTimestamp();
        int found = HealthRun.ToEnd(new HealthScan(_account.Vault, new HealthOptions { Kinds = [HealthKind.Breached] }, list), Entries);
        if (found != (list is null ? 0 : Breached))
            throw new InvalidOperationException($"{found} findings.");
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    // Spread as evenly as hashes are, so that they need not be sorted.
    private void Write()
    {
        var known = new SortedSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < Breached; i++)
            known.Add(Sha1(BenchAccount.Entry(i * 9_999).Password!));
        byte[] hash = new byte[20];
        using var writer = new StreamWriter(_file, append: false, Encoding.ASCII, 1 << 20) { NewLine = "\n" };
        for (int i = 0; i < Hashes; i++)
        {
            RandomNumberGenerator.Fill(hash);
            ulong step = ulong.MaxValue / Hashes;
            BinaryPrimitives.WriteUInt64BigEndian(hash, (ulong)i * step + BinaryPrimitives.ReadUInt64BigEndian(hash) % step);
            string text = Convert.ToHexString(hash);
            while (known.Count > 0 && string.CompareOrdinal(known.Min, text) < 0)
            {
                writer.WriteLine($"{known.Min}:1");
                known.Remove(known.Min!);
            }
            writer.WriteLine($"{text}:{i % 1000 + 1}");
        }
        foreach (string rest in known)
            writer.WriteLine($"{rest}:1");
    }

    private static string Sha1(string password) => Encoding.ASCII.GetString(BreachDigits.Of(BreachHash.Sha1, password));

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
