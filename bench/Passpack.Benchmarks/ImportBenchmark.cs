using CsvHelper;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

internal sealed class ImportBenchmark : Benchmark
{
    private const int Rows = 100_000;

    private readonly InsertFloor _floor = new();
    private readonly string _file = Path.GetTempFileName();
    private BenchAccount? _account;

    public override string Name => "import";

    public override string What => "import 100,000 rows of CSV, over CsvHelper reading the file, sealing, and the same inserts";

    public override double Limit => 3;

    public override int Rounds => 3;

    public override void Prepare() => EntryExporter.WriteFile(Enumerable.Range(0, Rows).Select(Entry), _file, EntryFileFormat.Csv, overwrite: true);

    public override void BeforeRound()
    {
        _account?.Dispose();
        _account = new BenchAccount();
    }

    public override void Floor()
    {
        using FileStream file = File.OpenRead(_file);
        using CsvReader csv = CsvReader.Create(file, CsvReaderOptions.Default with { HasHeader = true });
        _floor.Run(_account!, () =>
        {
            if (!csv.Read())
                return false;
            for (int i = 0; i < ModernLayout.Columns.Count; i++)
                _ = csv.GetString(i);
            return true;
        });
    }

    public override void Product()
    {
        long added = new EntryImporter(_account!.Vault).Import(_file).LongCount(result => result.Action == ImportAction.Added);
        if (added != Rows)
            throw new InvalidOperationException($"{added} rows were added.");
    }

    public override void Dispose()
    {
        _account?.Dispose();
        File.Delete(_file);
    }

    private static FullEntry Entry(int i)
    {
        EntryEdit values = BenchAccount.Entry(i);
        return new FullEntry(
            new EntrySummary { Id = Guid.NewGuid(), Name = values.Name!, UserId = values.UserId!, Url = values.Url!, Email = values.Email!, Tags = values.Tags! },
            new EntrySecret { Password = values.Password!, Notes = values.Notes! });
    }
}
