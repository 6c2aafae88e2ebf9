using System.Diagnostics;
using System.Text;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Transfer.Importing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>One account in two processes, two machines at once, and who reads or imports meanwhile.</summary>
public sealed class TwoAtATimeTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Fact]
    public async Task A_second_sync_of_one_account_gives_up_after_a_while()
    {
        string before = Victim.DumpVault();
        using (FileStream? held = VaultLocks.TryLock(Victim.Vault.Folder.SyncLockFile, FileShare.None))
        {
            Assert.NotNull(held);
            PasspackException refused = await Assert.ThrowsAsync<PasspackException>(
                () => Victim.SyncAsync(new SyncOptions { Timeouts = SyncTimeouts.Default with { Lock = TimeSpan.FromMilliseconds(300) } }));
            Assert.Equal(ErrorCodes.SyncInProgress, refused.ErrorId);
            Assert.Equal(before, Victim.DumpVault());
        }
        await HonestAgainAsync();
    }

    [Fact]
    public async Task A_second_process_waits_until_the_first_is_done()
    {
        var goOn = new TaskCompletionSource();
        Task arrived = HoldFirst(Routes.Changes, goOn);
        Hostile.Requests = 0;
        Task<SyncResult> first = Victim.SyncAsync();
        await arrived;
        using Process second = Worker.Start("sync", Account, Victim);
        Assert.Equal("started", await second.StandardOutput.ReadLineAsync());
        await Task.Delay(300);
        Assert.False(second.HasExited);
        Assert.Equal(1, Hostile.Requests);

        goOn.SetResult();
        await first;
        Assert.Contains(Worker.Finished, await second.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        await HonestAgainAsync();
    }

    [Fact]
    public async Task What_another_process_sets_during_a_sync_stays_set()
    {
        Lie busy = Busy();
        Hostile.Requests = 0;
        Hostile.Lie = async exchange =>
        {
            Assert.False(await Worker.RunUntilAsync($"configure {100 + exchange.Number}", Account, Victim, 0));
            return await busy(exchange);
        };
        int requests = (await Victim.SyncAsync()).Requests;
        Assert.InRange(requests, 5, 10);
        LocalAccountInfo info = AccountInspector.Describe(Victim.Vault.Folder);
        Assert.Equal((100 + requests, 70, 7), (info.HistoryVersions, info.HistoryDays, info.LockAfterMinutes));
        await HonestAgainAsync();
    }

    [Fact]
    public async Task A_connection_that_is_renewed_during_a_sync_stays_the_newer_one()
    {
        Guid? before = Device();
        Lie busy = Busy();
        Hostile.Lie = async exchange =>
        {
            Answer? answer = await busy(exchange);
            await Account.ConnectAgainAsync(Victim);
            return answer;
        };
        await Victim.SyncAsync();
        Hostile.Lie = null;
        Assert.NotEqual(before, Device());
        Assert.Equal(Server.Address, AccountInspector.Describe(Victim.Vault.Folder).Server);
        Assert.Contains(await Devices.ListAsync(Victim.Vault), device => device.Current && device.Id == Device());
        Victim.Edit(Own, new EntryEdit { Email = "renewed@victim.example" });
        await HonestAgainAsync();

        Guid? Device()
        {
            using VaultUse use = Victim.Vault.Use();
            return AccountRow.Load(use.Connection).DeviceId;
        }
    }

    [Fact]
    public async Task Two_processes_and_another_machine_sync_at_once_again_and_again()
    {
        for (int round = 0; round < 3; round++)
        {
            Victim.Edit(Own, new EntryEdit { Email = $"round{round}@victim.example" });
            Friend.Edit(Added, new EntryEdit { Email = $"round{round}@friend.example" });
            await Task.WhenAll(Worker.RunUntilAsync("sync", Account, Victim, 0), Victim.SyncAsync(), Friend.SyncAsync());
        }
        await HonestAgainAsync();
        Assert.Equal("round2@victim.example", Friend.Get(Own).Summary.Email);
        Assert.Equal("round2@friend.example", Victim.Get(Added).Summary.Email);
    }

    [Fact]
    public async Task Two_machines_edit_and_sync_at_once_again_and_again()
    {
        await Victim.SyncAsync();
        await Task.WhenAll(Task.Run(() => WorkAsync(Victim, Own, "victim")), Task.Run(() => WorkAsync(Friend, Added, "friend")));
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Assert.Equal(Friend.Dump(), Victim.Dump());
        Assert.Equal(4 + 16, Victim.Vault.List(new EntryQuery()).Count());
        Assert.Equal("notes 7 of victim", Friend.Get(Own).Secret.Notes);
        Assert.Equal("notes 7 of friend", Victim.Get(Added).Secret.Notes);
        AssertNothingLeaked();

        static async Task WorkAsync(Machine machine, Guid own, string name)
        {
            for (int i = 0; i < 8; i++)
            {
                machine.Edit(own, new EntryEdit { Notes = $"notes {i} of {name}" });
                machine.Add($"entry {i} of {name}", Values(name));
                await machine.SyncAsync();
            }
        }
    }

    [Fact]
    public async Task Who_reads_during_a_sync_sees_one_state_and_is_not_in_the_way()
    {
        using IEnumerator<EntrySummary> reading = Victim.Vault.List(new EntryQuery()).GetEnumerator();
        Assert.True(reading.MoveNext());
        await Victim.SyncAsync();
        var seen = new List<string> { reading.Current.Name };
        while (reading.MoveNext())
            seen.Add(reading.Current.Name);
        Assert.Equal(["entry added by victim", "entry changed by friend", "entry changed by victim", "entry deleted online"], seen.Order());
        await HonestAgainAsync();
    }

    [Fact]
    public async Task An_import_and_an_edit_while_a_push_is_under_way()
    {
        var goOn = new TaskCompletionSource();
        Task arrived = HoldFirst(Routes.Pushes, goOn);
        Task<SyncResult> syncing = Victim.SyncAsync();
        await arrived;
        using (var rows = new MemoryStream(Encoding.UTF8.GetBytes(Worker.Rows)))
            Assert.Equal(2, new EntryImporter(Victim.Vault).Import(rows, "rows.csv").Count());
        Victim.Edit(Own, new EntryEdit { Email = "edited@while.under.way" });
        goOn.SetResult();
        await syncing;
        Assert.DoesNotContain((await Victim.SyncAsync()).Changes, change => change.Action is SyncAction.Conflict);
        await Friend.SyncAsync();

        Assert.Equal(Friend.Dump(), Victim.Dump());
        Assert.Equal("edited@while.under.way", Friend.Get(Own).Summary.Email);
        Assert.Equal("notes of the victim", Friend.Get(Own).Secret.Notes);
        Assert.Single(Friend.Vault.List(new EntryQuery { Name = "imported two" }));
        AssertNothingLeaked();
    }

    /// <summary>Holds the first honest answer back; done when that request has come.</summary>
    private Task HoldFirst(string part, TaskCompletionSource goOn)
    {
        var arrived = new TaskCompletionSource();
        Hostile.Lie = Lies.About(part, async exchange =>
        {
            Answer answer = await exchange.HonestAsync();
            if (arrived.TrySetResult())
                await goOn.Task;
            return answer;
        });
        return arrived.Task;
    }
}
