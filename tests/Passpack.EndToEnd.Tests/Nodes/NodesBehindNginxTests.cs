using System.Globalization;
using System.Text.RegularExpressions;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Tests.Postgres;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Nodes;

/// <summary>
/// Nodes behind a real nginx, configured as deploy/ has it but for TLS, that are killed and stopped in turn while machines sync. PASSPACK_NODES_MINUTES: four
/// nodes for so long, and the database crashes, too.
/// </summary>
[Trait("Pace", "Slow")]
public sealed class NodesBehindNginxTests
{
    private const int Accounts = 3, MachinesEach = 2;

    [Fact]
    public async Task Nodes_that_are_killed_in_turn_lose_nothing_and_machines_go_on_by_themselves()
    {
        Assert.SkipWhen(PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        bool isLong = double.TryParse(Environment.GetEnvironmentVariable("PASSPACK_NODES_MINUTES"), CultureInfo.InvariantCulture, out double minutes);
        PostgresCluster? own = isLong ? await PostgresCluster.StartOwnAsync() : null;
        if (own is not null)
            await own.RunAsync("CREATE DATABASE passpack TEMPLATE template0");
        string database = own?.StringOf("passpack") ?? await PostgresCluster.NewDatabaseAsync();
        NodeProcess[] nodes = [.. Enumerable.Range(0, isLong ? 4 : 2).Select(_ => new NodeProcess(database))];
        try
        {
            await using ProxyProgram nginx = await ProxyProgram.StartNginxAsync(proxy => Site(proxy.Port, nodes));
            await Task.WhenAll(nodes.Select(node => node.StartAsync()));
            await RunAsync(
                new Uri($"http://127.0.0.1:{nginx.Port}/"),
                stop => isLong ? UpsetForAsync(nodes, own!, TimeSpan.FromMinutes(minutes), stop) : UpsetAsync(nodes, database, stop),
                nginx);
        }
        finally
        {
            foreach (NodeProcess node in nodes)
                node.Dispose();
            if (own is null)
                await PostgresCluster.DropAsync(database);
            else
                await own.DisposeAsync();
        }
    }

    private static async Task RunAsync(Uri address, Func<CancellationToken, Task> upset, ProxyProgram nginx)
    {
        TestAccount[] accounts = await Task.WhenAll(Enumerable.Range(0, Accounts).Select(_ => TestAccount.RegisterAsync(address)));
        var machines = new Machine[Accounts][];
        for (int i = 0; i < Accounts; i++)
        {
            machines[i] = new Machine[MachinesEach];
            for (int j = 0; j < MachinesEach; j++)
                machines[i][j] = await accounts[i].MachineAsync($"machine {j}");
        }

        using var over = new CancellationTokenSource();
        Task<int>[] working = [.. machines.SelectMany(of => of).Select(machine => Task.Run(() => WorkAsync(machine, over.Token)))];
        Task upsetting = Task.Run(() => upset(over.Token));
        // An error that a sync tells ends the test: machines go on by themselves.
        await Task.WhenAny([upsetting, .. working]);
        await over.CancelAsync();
        await upsetting;
        int[] added = await Task.WhenAll(working);
        for (int i = 0; i < Accounts; i++)
        {
            foreach (Machine machine in machines[i].Concat(machines[i]))
                await machine.SyncAsync(Patient);
            Assert.All(machines[i], machine => Assert.Equal(machines[i][0].Dump(), machine.Dump()));
            string[] names = [.. machines[i][0].Vault.List(new EntryQuery()).Select(entry => entry.Name).Order(StringComparer.Ordinal)];
            // Each once.
            Assert.Equal(Enumerable.Range(0, MachinesEach).SelectMany(j => Enumerable.Range(0, added[(i * MachinesEach) + j]).Select(n => $"machine {j} adds {n}")).Order(StringComparer.Ordinal), names);
        }

        // It was no walk in the park: nginx met nodes that were not there, or went away in the middle of an answer.
        Assert.Matches(@"failed .* while (connecting to|reading response header from|sending request to) upstream", await File.ReadAllTextAsync(nginx.Of("error.log")));
        foreach (TestAccount account in accounts)
            await account.DisposeAsync();
    }

    private static async Task<int> WorkAsync(Machine machine, CancellationToken over)
    {
        int added = 0;
        while (!over.IsCancellationRequested)
        {
            machine.Add($"{machine.Name} adds {added++}");
            await machine.SyncAsync(Patient, CancellationToken.None);
        }

        return added;
    }

    private static async Task UpsetAsync(NodeProcess[] nodes, string database, CancellationToken stop)
    {
        for (int i = 0; i < 4 && !stop.IsCancellationRequested; i++)
            await UpsetAsync(nodes[i / 2], kill: i % 2 == 0, database);
    }

    private static async Task UpsetForAsync(NodeProcess[] nodes, PostgresCluster cluster, TimeSpan time, CancellationToken stop)
    {
        long start = TimeProvider.System.GetTimestamp();
        for (int i = 0; TimeProvider.System.GetElapsedTime(start) < time && !stop.IsCancellationRequested; i++)
        {
            await UpsetAsync(nodes[Random.Shared.Next(nodes.Length)], kill: Random.Shared.Next(2) == 0, cluster.StringOf("passpack"));
            if (i % 10 == 9)
                await cluster.CrashAsync(TimeSpan.FromSeconds(Random.Shared.Next(5)));
        }
    }

    private static async Task UpsetAsync(NodeProcess node, bool kill, string database)
    {
        await Task.Delay(Random.Shared.Next(300));
        await PostgresCluster.RunAsync(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.3");
        await node.EndAsync(kill);
        await Task.Delay(Random.Shared.Next(300));
        await node.StartAsync();
    }

    /// <summary>What is shipped, without TLS.</summary>
    private static string Site(int port, NodeProcess[] nodes)
    {
        string shipped = File.ReadAllText(RepositoryFiles.PathOf("deploy/nginx.conf"));
        string site = Regex.Replace(shipped, @"^\s*ssl_.*$", "", RegexOptions.Multiline)
            .Replace("listen 443 ssl", $"listen 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("server 127.0.0.1:8780;", string.Concat(nodes.Select(node => $"server {node.Address.Authority};")), StringComparison.Ordinal);
        Assert.DoesNotContain("8780", Regex.Replace(site, "#.*", ""), StringComparison.Ordinal);
        Assert.DoesNotContain("ssl", Regex.Replace(site, "#.*", ""), StringComparison.Ordinal);
        return site;
    }

    // Longer than anything here takes.
    private static SyncOptions Patient => new() { Timeouts = SyncTimeouts.Default with { Return = TimeSpan.FromMinutes(10) } };
}
