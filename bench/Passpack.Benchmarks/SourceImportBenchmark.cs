using System.Text.Json;
using CsvHelper;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

/// <summary>The import of another program's file, over the same library parsing it, sealing, and the same inserts.</summary>
internal abstract class SourceImportBenchmark : Benchmark
{
    private const int Rows = 100_000;

    private readonly InsertFloor _floor = new();
    private BenchAccount? _account;

    public override double Limit => 3;

    public override int Rounds => 3;

    protected string File { get; } = Path.GetTempFileName();

    public override void Prepare() => Write(Enumerable.Range(0, Rows));

    public override void BeforeRound()
    {
        _account?.Dispose();
        _account = new BenchAccount();
    }

    public override void Floor() => _floor.Run(_account!, Parse());

    public override void Product()
    {
        long added = new EntryImporter(_account!.Vault).Import(File).LongCount(result => result.Action == ImportAction.Added);
        if (added != Rows)
            throw new InvalidOperationException($"{added} items were added.");
    }

    public override IEnumerable<string> Notes()
    {
        BeforeRound();
        yield return LiveHeap.Told(Product);
    }

    public override void Dispose()
    {
        _account?.Dispose();
        System.IO.File.Delete(File);
    }

    protected abstract void Write(IEnumerable<int> entries);

    /// <summary>Parses the file; answers whether there is another item.</summary>
    protected abstract Func<bool> Parse();
}

internal sealed class BitwardenImportBenchmark : SourceImportBenchmark
{
    public override string Name => "import-bitwarden";

    public override string What => "import 100,000 items of Bitwarden's JSON, over System.Text.Json parsing the file, sealing, and the same inserts";

    protected override void Write(IEnumerable<int> entries) => EntryExporter.WriteFile(entries.Select(Entry), File, EntryFileFormat.Bitwarden, overwrite: true);

    protected override Func<bool> Parse()
    {
        using FileStream file = System.IO.File.OpenRead(File);
        JsonElement items = JsonElement.Parse(ReadAll(file)).GetProperty("items");
        int at = 0, count = items.GetArrayLength();
        JsonElement.ArrayEnumerator each = items.EnumerateArray();
        return () =>
        {
            if (at++ == count || !each.MoveNext())
                return false;
            _ = each.Current.GetProperty("name").GetString();
            _ = each.Current.GetProperty("notes").GetString();
            JsonElement login = each.Current.GetProperty("login");
            _ = login.GetProperty("username").GetString();
            _ = login.GetProperty("password").GetString();
            _ = login.GetProperty("uris")[0].GetProperty("uri").GetString();
            return true;
        };
    }

    private static byte[] ReadAll(FileStream file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static FullEntry Entry(int i)
    {
        EntryEdit values = BenchAccount.Entry(i);
        return new FullEntry(
            new EntrySummary { Id = Guid.NewGuid(), Name = values.Name!, UserId = values.UserId!, Url = values.Url!, Email = values.Email!, Tags = values.Tags! },
            new EntrySecret { Password = values.Password!, Notes = values.Notes! });
    }
}

internal sealed class LastPassImportBenchmark : SourceImportBenchmark
{
    private const int Columns = 8;

    public override string Name => "import-lastpass";

    public override string What => "import 100,000 rows of LastPass's CSV, over CsvHelper reading the file, sealing, and the same inserts";

    protected override void Write(IEnumerable<int> entries)
    {
        using FileStream file = System.IO.File.Create(File);
        file.Write("url,username,password,totp,extra,name,grouping,fav\n"u8);
        using CsvWriter csv = CsvWriter.Create(file, CsvWriterOptions.Default, leaveOpen: true);
        foreach (EntryEdit values in entries.Select(BenchAccount.Entry))
        {
            foreach (string field in new[] { values.Url!, values.UserId!, values.Password!, "", values.Notes!, values.Name!, values.Tags![0], "0" })
                csv.WriteField(field);
            csv.EndRecord();
        }
        csv.Flush();
    }

    protected override Func<bool> Parse()
    {
        CsvReader csv = CsvReader.Create(System.IO.File.OpenRead(File), CsvReaderOptions.Default with { HasHeader = true });
        return () =>
        {
            if (!csv.Read())
            {
                csv.Dispose();
                return false;
            }
            for (int i = 0; i < Columns; i++)
                _ = csv.GetString(i);
            return true;
        };
    }
}
