using System.Diagnostics;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Passpack.EndToEnd.Tests.Model;
using Passpack.EndToEnd.Tests.Support;

namespace Passpack.EndToEnd.Tests;

/// <summary>
/// Random histories of an account, on real vaults over the real server, beside a model of it in memory (Model/). A failure shrinks to a short list of
/// steps. PASSPACK_MODEL_HISTORIES sets how many are tried; PASSPACK_MODEL_MINUTES for how long instead; PASSPACK_MODEL_SEED repeats (as it is printed: two numbers).
/// </summary>
public sealed class ModelTests(ModelServer server) : IClassFixture<ModelServer>
{
    private const int HistoriesARun = 500;

    [Fact]
    public void Machines_do_what_the_model_says_converge_and_lose_nothing()
    {
        int histories = int.TryParse(Environment.GetEnvironmentVariable("PASSPACK_MODEL_HISTORIES"), out int chosen) ? chosen : 200;
        if (!double.TryParse(Environment.GetEnvironmentVariable("PASSPACK_MODEL_MINUTES"), CultureInfo.InvariantCulture, out double minutes))
        {
            Try(histories);
            return;
        }
        var time = Stopwatch.StartNew();
        int done = 0;
        while (time.Elapsed < TimeSpan.FromMinutes(minutes))
        {
            Try(HistoriesARun);
            done += HistoriesARun;
            Console.WriteLine($"{done} histories in {time.Elapsed.TotalSeconds:F0} s, no failure.");
        }
    }

    private void Try(int histories)
    {
        Config config = Config.QuickThrowOnFailure.WithMaxTest(histories).WithEndSize(60).WithQuietOnSuccess(true);
        if (Environment.GetEnvironmentVariable("PASSPACK_MODEL_SEED")?.Split(',') is [{ } seed, { } gamma])
            config = config.WithReplay(ulong.Parse(seed, CultureInfo.InvariantCulture), ulong.Parse(gamma, CultureInfo.InvariantCulture));
        Prop.ForAll(Generator.Scripts, script => RunAsync(script).GetAwaiter().GetResult()).Check(config);
    }

    private async Task RunAsync(Script script)
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address);
        var world = new World(server, account);
        try
        {
            await world.RunAsync(script);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{world.Log}\n\n{e}");
        }
    }
}
