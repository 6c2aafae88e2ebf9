using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Keys of an account that has more records than go into one push.</summary>
public sealed class NewKeysBatchesTests(RealServer server) : IClassFixture<RealServer>
{
    private const int Entries = (2 * Limits.RecordsPerBatch) + 50;

    [Fact]
    public async Task Sealing_anew_goes_on_wherever_it_stopped_and_edits_made_meanwhile_stay()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: Worker.PackingKey);
        Machine machine = await account.MachineAsync("machine"), other = await account.MachineAsync("other");
        List<Guid> ids = Add(machine);
        await machine.SyncAsync();
        await other.SyncAsync();
        await ReplaceAsync(account, machine);

        // Each run is stopped as soon as the server has taken a push: then its records are not in the mirror yet.
        var expected = new Dictionary<Guid, string>();
        int stopped = 0;
        for (bool ended = false; !ended;)
        {
            using var stop = new CancellationTokenSource();
            var told = new Told(progress =>
            {
                if (progress.Activity != "Sealing records under the new keys" || stop.IsCancellationRequested)
                    return;
                // One of the records that were just sent, and one that comes later or was sent before.
                foreach (Guid id in new[] { ids[stopped * Limits.RecordsPerBatch], ids[^(stopped + 1)] })
                {
                    machine.Edit(id, new EntryEdit { Password = $"edit {stopped}" });
                    expected[id] = $"edit {stopped}";
                }
                stopped++;
                stop.Cancel();
            });
            try
            {
                await VaultSync.RunAsync(machine.Vault, new SyncOptions(), told, stop.Token);
                ended = true;
            }
            catch (OperationCanceledException)
            {
                Assert.True(IsWaiting(machine));
            }
        }

        // The edits after the last push go up by the next sync.
        Assert.Equal((3, false), (stopped, IsWaiting(machine)));
        Assert.Equal(2, (await machine.SyncAsync()).Changes.Count);
        Assert.Empty((await machine.SyncAsync()).Changes);
        Assert.Equal([2], await EpochsOnlineAsync(machine));
        Assert.Single(await RealAccount.UpdateAsync(other.Vault, Worker.NewPackingKey));
        SyncResult result = await other.SyncAsync();
        Assert.Equal(expected.Keys.Order(), result.Changes.Select(change => change.Id).Order());
        Assert.All(expected, edit => Assert.Equal(edit.Value, other.Get(edit.Key).Secret.Password));
        Assert.Equal(machine.Dump(), other.Dump());
        // Names are found by the index of the new epoch.
        Assert.Equal(ids[7], Assert.Single(machine.Vault.List(new EntryQuery { Name = "entry 7" })).Id);
    }

    private static List<Guid> Add(Machine machine)
    {
        using VaultWriter writer = machine.Vault.BeginWrite();
        List<Guid> ids = [.. Enumerable.Range(0, Entries).Select(i => writer.Add(new EntryEdit { Name = $"entry {i}", Password = "first" }).Id)];
        writer.Commit();
        return ids;
    }

    private static async Task ReplaceAsync(TestAccount account, Machine machine)
    {
        using SecretBytes packingKey = RealAccount.Secret(Worker.NewPackingKey);
        using SyncRun run = await SyncRun.StartAsync(machine.Vault, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, null, CancellationToken.None);
        await OnlineKeys.ReplaceAsync(run, () => Task.FromResult(TestAccount.ProofOf(account.KeysAsText())), packingKey, CancellationToken.None);
    }

    private static bool IsWaiting(Machine machine)
    {
        using VaultUse use = machine.Vault.Use();
        return Outbox.IsWaiting(use.Connection);
    }

    private static async Task<IReadOnlyList<int>> EpochsOnlineAsync(Machine machine)
    {
        using SyncRun run = SyncRun.OpenReadOnly(machine.Vault);
        var epochs = new HashSet<int>();
        string? page = null;
        do
        {
            ChangePage answer = await run.GetAsync(Routes.Changes, page is null ? "?after=0" : $"?after=0&page={page}", ChangePage.ReadAsync, CancellationToken.None);
            epochs.UnionWith(answer.Changes.Select(record => ResealedRecord.EpochOf(record.Stream, record.Deleted, record.Body)));
            page = answer.NextPage;
        }
        while (page is not null);
        return [.. epochs];
    }

    private sealed class Told(Action<SyncProgress> action) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => action(value);
    }
}
