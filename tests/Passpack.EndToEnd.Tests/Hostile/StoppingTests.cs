using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>
/// Ctrl+C in the middle of 100,000 entries: it ends by cancellation, at most what was under way is still done, and the next sync goes on
/// from there. Not by the clock: by the requests and records that came after the token fired.
/// </summary>
public sealed class StoppingTests(RealServer server) : IClassFixture<RealServer>
{
    private const int Entries = 100_000;
    private const int Batch = 1000;

    [Fact]
    public async Task A_stopped_push_and_a_stopped_first_sync_leave_what_the_next_one_goes_on_from()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        await using HostileServer door = await HostileServer.StartAsync(server.Address);
        Machine a = await account.MachineAsync("a", server: door.Address), b = await account.MachineAsync("b", server: door.Address);
        using (VaultWriter writer = a.Vault.BeginWrite())
        {
            for (int i = 0; i < Entries; i++)
                writer.Add(new EntryEdit { Name = $"entry {i}", Password = $"password {i}" });
            writer.Commit();
        }

        await StopAsync(door, a, "Sending changes", 20_000);
        long pending = a.Vault.Describe().PendingChanges;
        Assert.InRange(Entries - pending, 20_000, 20_000 + (2 * Batch));
        Assert.Equal(pending, (await a.SyncAsync()).Changes.Count);

        // While it comes, and while it is applied: what is staged is not asked for again.
        await StopAsync(door, b, "Receiving changes", 30_000);
        Assert.Equal(0, b.Vault.Describe().Entries);
        await StopAsync(door, b, "Applying changes", 50_000);
        Assert.Equal(0, b.Vault.Describe().Entries);
        SyncResult rest = await b.SyncAsync();
        Assert.Equal(Entries, rest.Changes.Count);
        Assert.Equal(Entries, b.Vault.Describe().Entries);
        Assert.Equal(0, (await a.SyncAsync()).Changes.Count + (await b.SyncAsync()).Changes.Count);
    }

    private static async Task StopAsync(HostileServer door, Machine machine, string activity, long at)
    {
        using var stop = new CancellationTokenSource();
        int requests = 0, more = 0;
        var progress = new Told(told =>
        {
            if (stop.IsCancellationRequested)
            {
                more++;
            }
            else if (told.Activity == activity && told.Done >= at)
            {
                requests = door.Requests;
                stop.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => VaultSync.RunAsync(machine.Vault, new SyncOptions(), progress, stop.Token));
        Assert.True(stop.IsCancellationRequested);
        Assert.InRange(door.Requests - requests, 0, 1);
        // A thousand records a report while they are applied, a page or batch otherwise.
        Assert.InRange(more, 0, 1);
        using VaultUse use = machine.Vault.Use();
        Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA quick_check"));
    }

    private sealed class Told(Action<SyncProgress> tell) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => tell(value);
    }
}
