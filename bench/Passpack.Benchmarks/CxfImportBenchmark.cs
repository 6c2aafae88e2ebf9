using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Writing;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

internal sealed class CxfImportBenchmark : SourceImportBenchmark
{
    public override string Name => "import-cxf";

    public override string What => "import 100,000 items of the exchange format CXF, over System.Text.Json parsing the file, sealing, and the same inserts";

    protected override void Write(IEnumerable<int> entries) => EntryExporter.WriteFile(entries.Select(Entry), File, EntryFileFormat.Cxf, overwrite: true);

    protected override Func<bool> Parse()
    {
        JsonElement.ArrayEnumerator each = JsonElement.Parse(System.IO.File.ReadAllBytes(File)).GetProperty("accounts")[0].GetProperty("items").EnumerateArray();
        return () =>
        {
            if (!each.MoveNext())
                return false;
            _ = each.Current.GetProperty("title").GetString();
            _ = each.Current.GetProperty("scope").GetProperty("urls")[0].GetString();
            foreach (JsonElement credential in each.Current.GetProperty("credentials").EnumerateArray())
            {
                foreach (JsonProperty field in credential.EnumerateObject())
                {
                    if (field.Value.ValueKind == JsonValueKind.Object)
                        _ = field.Value.GetProperty("value").GetString();
                }
            }
            return true;
        };
    }

    private static FullEntry Entry(int i)
    {
        EntryEdit values = BenchAccount.Entry(i);
        return new FullEntry(
            new EntrySummary { Id = Guid.NewGuid(), Name = values.Name!, UserId = values.UserId!, Url = values.Url!, Email = values.Email!, Tags = values.Tags! },
            new EntrySecret { Password = values.Password!, Notes = values.Notes! });
    }
}
