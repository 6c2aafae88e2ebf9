using Passpack.Health.Checks;

namespace Passpack.Benchmarks;

internal static class HealthRun
{
    /// <summary>Takes all findings.</summary>
    /// <returns>How many.</returns>
    public static int ToEnd(HealthScan scan, int entries)
    {
        int found = Task.Run(async () =>
        {
            int count = 0;
            await foreach (HealthFinding _ in scan.RunAsync(error => throw error))
                count++;
            return count;
        }).GetAwaiter().GetResult();
        return scan.Totals.Entries == entries ? found : throw new InvalidOperationException($"{scan.Totals.Entries} entries.");
    }
}
