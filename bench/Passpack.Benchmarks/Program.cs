using System.Diagnostics;
using System.Globalization;
using Passpack.Benchmarks;

// One line a figure. Sides take turns, so that a busy machine slows both; the ratio is that of the medians.
Func<Benchmark>[] figures = [() => new UnlockBenchmark(many: false), () => new UnlockBenchmark(many: true), () => new ListBenchmark(synced: false), () => new ListBenchmark(synced: true), () => new AddBenchmark(),
    () => new ImportBenchmark(), () => new BitwardenImportBenchmark(), () => new LastPassImportBenchmark(), () => new CxfImportBenchmark(), () => new BackupBenchmark(restore: false), () => new BackupBenchmark(restore: true), () => new CompletionBenchmark(), () => new IdleSyncBenchmark(), () => new FirstSyncBenchmark(),
    () => new PushBenchmark(), () => new NewKeysBenchmark(), () => new MergeBenchmark(), () => new FleetBenchmark(), () => new AttackBenchmark(), () => new ServerIdleBenchmark(), () => new AttackBenchmark(signInsOnly: true), () => new PushBenchmark(1_000_000), () => new PushPostgresBenchmark(), () => new ModuleImportBenchmark(),
    () => new CmdletListBenchmark(), () => new CmdletFindBenchmark(many: false), () => new CmdletFindBenchmark(many: true), () => new CmdletAddBenchmark(), () => new CmdletExportBenchmark(),
    () => new UnattendedBenchmark(), () => new MaskBenchmark(), () => new VaultLogBenchmark(), () => new HealthBenchmark(), () => new HealthBreachBenchmark(), () => new CommandBenchmark(), () => new AttachmentBenchmark(), () => new KdbxBenchmark(export: false), () => new KdbxBenchmark(export: true),
    () => new KdbxBenchmark(export: false, overKeePassXc: true), () => new KdbxBenchmark(export: true, overKeePassXc: true), () => new CmdletTotpBenchmark()];

bool all = args.Length == 0, met = true, known = false;
foreach (Func<Benchmark> make in figures)
{
    using Benchmark figure = make();
    if (all ? figure.IsLong : !args.Contains(figure.Name, StringComparer.OrdinalIgnoreCase))
        continue;
    known = true;
    if (figure.Missing is { } missing)
    {
        Console.WriteLine($"{figure.Name,-16} NOT measured: {missing}");
        continue;
    }
    figure.Prepare();
    var floor = new List<double>();
    var product = new List<double>();
    for (int round = -figure.WarmUps; round < figure.Rounds; round++)
    {
        double floorTime = Time(figure, figure.Floor);
        long overhead = Stopwatch.GetTimestamp();
        figure.FloorOverhead();
        floorTime -= Stopwatch.GetElapsedTime(overhead).TotalMilliseconds;
        double productTime = Time(figure, figure.Product);
        if (round < 0)
            continue;
        floor.Add(floorTime);
        product.Add(productTime);
    }
    double ratio = Median(product) / Median(floor);
    met &= ratio <= figure.Limit;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{figure.Name,-16} {ratio,5:F2} x (at most {figure.Limit:F2}{(ratio <= figure.Limit ? "" : ", MISSED")})  {Median(product):F0} ms over {Median(floor):F0} ms, {figure.Rounds} rounds: {figure.What}"));
    foreach (string note in figure.Notes())
        Console.WriteLine($"{"",-16} {note}");
}
SecretStoreSession.End();
if (!known)
    Console.Error.WriteLine("There is no such figure. Without a name, all are measured.");
return known && met ? 0 : 1;

static double Time(Benchmark figure, Action side)
{
    figure.BeforeRound();
    GC.Collect();
    GC.WaitForPendingFinalizers();
    long start = Stopwatch.GetTimestamp();
    side();
    return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
}

static double Median(List<double> times)
{
    List<double> sorted = [.. times.Order()];
    return (sorted[sorted.Count / 2] + sorted[(sorted.Count - 1) / 2]) / 2;
}
