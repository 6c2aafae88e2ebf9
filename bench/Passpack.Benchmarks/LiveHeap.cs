using System.Globalization;

namespace Passpack.Benchmarks;

/// <summary>What the live managed heap grows by while something runs: looked at from another thread, each time after a full collection.</summary>
internal static class LiveHeap
{
    private const double Most = 64 * 1048576.0;

    public static string Told(Action work)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true), most = 0;
        int looks = 0;
        using var over = new ManualResetEventSlim();
        var observer = new Thread(() =>
        {
            while (!over.Wait(100))
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
                looks++;
            }
        });
        observer.Start();
        try
        {
            work();
        }
        finally
        {
            over.Set();
            observer.Join();
        }
        return string.Create(CultureInfo.InvariantCulture,
            $"live managed heap: at most {most / 1048576.0:F1} MiB more in {looks} looks (at most 64{(most < Most ? "" : ", MISSED")})");
    }
}
