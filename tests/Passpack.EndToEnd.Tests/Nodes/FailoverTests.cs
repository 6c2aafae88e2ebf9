using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Server;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Tests.Postgres;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Nodes;

/// <summary>A second cluster follows the first, and takes its place when that one crashes: what machines see of it.</summary>
[Trait("Pace", "Slow")]
public sealed class FailoverTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-failover-").FullName;
    private PostgresCluster? _first, _second;
    private WebApplication? _node;
    private Uri _address = null!;

    public async ValueTask InitializeAsync()
    {
        if (PostgresCluster.Missing is not null)
            return;
        _first = await PostgresCluster.StartOwnAsync();
        await _first.RunAsync("CREATE DATABASE passpack TEMPLATE template0");
        _second = await _first.FollowAsync();
        _node = PasspackServer.Create(
            ["--urls", "http://127.0.0.1:0", "--data", _folder, "--registration", "open", "--registration-difficulty", "1", "--database", _first.StringOf("passpack", _second)],
            builder => builder.Logging.ClearProviders());
        await _node.StartAsync();
        _address = new Uri(_node.Urls.Single() + "/");
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        if (_second is not null)
            await _second.DisposeAsync();
        if (_first is not null)
            await _first.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_synchronous_standby_takes_over_under_load_and_machines_only_wait()
    {
        Assert.SkipWhen(PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        await _first!.RunAsync("ALTER SYSTEM SET synchronous_standby_names = '*'");
        await _first.RunAsync("SELECT pg_reload_conf()");
        await using TestAccount one = await TestAccount.RegisterAsync(_address), two = await TestAccount.RegisterAsync(_address);
        Machine[] machines = [await one.MachineAsync("a"), await one.MachineAsync("b"), await two.MachineAsync("a"), await two.MachineAsync("b")];
        using var over = new CancellationTokenSource();
        int[] synced = new int[machines.Length];
        Task[] working = [.. machines.Select((machine, i) => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                machine.Add($"{machine.Name} {synced[i]}");
                await machine.SyncAsync(Patient);
                Interlocked.Increment(ref synced[i]);
            }
        }))];
        await SyncedAsync(2);
        await _first.CrashAsync();
        await _second!.PromoteAsync();
        // All go on with the second.
        await SyncedAsync(synced.Max() + 2);
        await over.CancelAsync();
        // An error that a sync told would be here.
        await Task.WhenAll(working);
        foreach (Machine machine in machines.Concat(machines))
            await machine.SyncAsync(Patient);
        for (int i = 0; i < machines.Length; i += 2)
        {
            Assert.Equal(machines[i].Dump(), machines[i + 1].Dump());
            Assert.Equal(synced[i] + synced[i + 1], machines[i].Vault.List(new EntryQuery()).Count());
        }

        async Task SyncedAsync(int atLeast)
        {
            while (synced.Min() < atLeast && !working.Any(work => work.IsCompleted))
                await Task.Delay(10);
        }
    }

    [Fact]
    public async Task A_standby_that_lacks_the_end_is_a_rollback_after_which_nothing_is_lost()
    {
        Assert.SkipWhen(PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        await using TestAccount account = await TestAccount.RegisterAsync(_address);
        Machine a = await account.MachineAsync("a"), b = await account.MachineAsync("b");
        a.Add("before");
        await a.SyncAsync();
        await b.SyncAsync();
        await FollowedAsync();
        await _second!.CrashAsync();
        a.Add("the end");
        await a.SyncAsync();
        await b.SyncAsync();
        await _first!.CrashAsync();
        await _second.RestartAsync();
        await _second.PromoteAsync();

        foreach (Machine machine in new[] { a, b })
            Assert.Equal(ErrorCodes.ServerRolledBack, (await Assert.ThrowsAsync<PasspackException>(() => machine.SyncAsync(Patient))).ErrorId);
        foreach (Machine machine in new[] { a, b, a })
            await machine.SyncAsync(Patient with { AcceptRollback = true });
        Assert.Equal(a.Dump(), b.Dump());
        Assert.Equal(["before", "the end"], a.Vault.List(new EntryQuery()).Select(entry => entry.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>Waits until the standby has all that the primary has.</summary>
    private async Task FollowedAsync()
    {
        const string Behind = "SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::bigint::text, '') FROM pg_stat_replication";
        while (await _first!.AskAsync(Behind) != "0")
            await Task.Delay(20);
    }

    // Longer than anything here takes.
    private static SyncOptions Patient => new() { Timeouts = SyncTimeouts.Default with { Return = TimeSpan.FromMinutes(10) } };
}
