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
    public void Machines_do_what_the_model_says_converge_and_lose_nothing() => Run(server, usual: 200);

    /// <summary>Tries histories over a server: as many as usual, or what the environment says.</summary>
    internal static void Run(ModelServer server, int usual)
    {
        int histories = int.TryParse(Environment.GetEnvironmentVariable("PASSPACK_MODEL_HISTORIES"), out int chosen) ? chosen : usual;
        if (!double.TryParse(Environment.GetEnvironmentVariable("PASSPACK_MODEL_MINUTES"), CultureInfo.InvariantCulture, out double minutes))
        {
            Try(server, histories);
            return;
        }
        var time = Stopwatch.StartNew();
        int done = 0;
        while (time.Elapsed < TimeSpan.FromMinutes(minutes))
        {
            Try(server, HistoriesARun);
            done += HistoriesARun;
            Console.WriteLine($"{done} histories in {time.Elapsed.TotalSeconds:F0} s, no failure.");
        }
    }

    private static void Try(ModelServer server, int histories)
    {
        Config config = Config.QuickThrowOnFailure.WithMaxTest(histories).WithEndSize(60).WithQuietOnSuccess(true);
        if (Environment.GetEnvironmentVariable("PASSPACK_MODEL_SEED")?.Split(',') is [{ } seed, { } gamma])
            config = config.WithReplay(ulong.Parse(seed, CultureInfo.InvariantCulture), ulong.Parse(gamma, CultureInfo.InvariantCulture));
        Prop.ForAll(Generator.Scripts, script => RunAsync(server, script).GetAwaiter().GetResult()).Check(config);
    }

    private static async Task RunAsync(ModelServer server, Script script)
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address, server.Connections);
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
