using System.Text;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Devices, disconnecting, and removing an online account; whatever the way out, the local account keeps what it shows.</summary>
public sealed class LeavingTests(RealServer server) : TwoMachineTests(server)
{
    [Fact]
    public async Task Devices_are_listed_and_revoked()
    {
        IReadOnlyList<OnlineDevice> devices = await Devices.ListAsync(A.Vault);
        Assert.Equal(["a", "b", "registrar"], devices.Select(device => device.Name).Order());
        Assert.Equal("a", Assert.Single(devices, device => device.Current).Name);

        Assert.True(await Devices.RevokeAsync(A.Vault, devices.Single(device => device.Name == "b").Id));
        await RequireAsync(ErrorCodes.DeviceRevoked, () => B.SyncAsync());
        Assert.False(await Devices.RevokeAsync(A.Vault, Guid.NewGuid()));
        Assert.Equal(2, (await Devices.ListAsync(A.Vault)).Count);
    }

    [Fact]
    public async Task A_disconnected_machine_is_offline_with_all_that_it_had()
    {
        Guid synced = A.Add("synced").Id;
        await A.SyncAsync();
        Guid local = A.Add("local").Id;
        await Disconnecting.DisconnectAsync(A.Vault);

        Assert.True(A.Has(synced) && A.Has(local));
        Assert.Null(A.Vault.Describe().Server);
        Assert.DoesNotContain(await Devices.ListAsync(B.Vault), device => device.Name == "a");
        PasspackException told = await RequireAsync(ErrorCodes.NotConnected, () => A.SyncAsync());
        Assert.Equal($"The account {Account.UserId} is offline only. Connect-PasspackAccount connects it to an online account that is there already; New-PasspackAccount registers one.", told.Message);
        await RequireAsync(ErrorCodes.NotConnected, () => Disconnecting.DisconnectAsync(A.Vault, force: true));
    }

    [Fact]
    public async Task Connected_again_it_goes_on_where_it_was()
    {
        Guid merged = A.Add("merged", new EntryEdit { Notes = "n", Url = "u" }).Id, deleted = A.Add("deleted").Id;
        await A.SyncAsync();
        await B.SyncAsync();
        await Disconnecting.DisconnectAsync(A.Vault);
        A.Edit(merged, new EntryEdit { Notes = "offline" });
        B.Edit(merged, new EntryEdit { Url = "online" });
        await B.SyncAsync();
        await B.OnlineAsync(new OnlineEdit { Id = deleted, Delete = true });

        await Account.ConnectAgainAsync(A);
        Assert.Equal([SyncAction.Merged, SyncAction.Deleted], (await A.SyncAsync()).Changes.Select(change => change.Action).Order());
        await B.SyncAsync();
        Assert.Equal(A.Dump(), B.Dump());
        Assert.Equal(("offline", "online"), (B.Get(merged).Secret.Notes, B.Get(merged).Summary.Url));
    }

    [Fact]
    public async Task A_token_that_is_revoked_already_is_no_obstacle()
    {
        Guid own = (await Devices.ListAsync(A.Vault)).Single(device => device.Current).Id;
        Assert.True(await Devices.RevokeAsync(B.Vault, own));
        await Disconnecting.DisconnectAsync(A.Vault);
        Assert.Null(A.Vault.Describe().Server);
    }

    [Fact]
    public async Task Without_the_server_only_force_disconnects()
    {
        Machine c = await Account.MachineAsync("c", server: new Uri("http://127.0.0.1:1/"));
        using (VaultUse use = c.Vault.Use())
            use.Connection.Execute("INSERT INTO outbox (push_id, request) VALUES ($1, $2)", Guid.NewGuid(), Encoding.UTF8.GetBytes("{}"));
        Assert.Contains("-Force", (await RequireAsync(ErrorCodes.ServerUnreachable, () => Disconnecting.DisconnectAsync(c.Vault))).Message, StringComparison.Ordinal);
        Assert.NotNull(c.Vault.Describe().Server);

        await Disconnecting.DisconnectAsync(c.Vault, force: true);
        Assert.Null(c.Vault.Describe().Server);
        using (VaultUse use = c.Vault.Use())
            Assert.Equal(0, use.Connection.Scalar<long>("SELECT count(*) FROM outbox"));
        Assert.Contains(await Devices.ListAsync(A.Vault), device => device.Name == "c");
    }

    [Fact]
    public async Task Removing_the_online_account_leaves_all_here_and_it_goes_up_anew()
    {
        (Dictionary<int, Guid> all, Guid late, Guid local) = await DivergeAsync();
        string before = Show(A);
        await TestAccount.RemoveAsync(A);
        await AssertAllHereAsync(all, late, before);
        A.Restore(all[4]);
        before = Show(A);
        await Account.RegisterAnewAsync(A);
        await AssertGoesUpAsync(before);
        Machine c = await Account.MachineAsync("c");
        await c.SyncAsync();
        Assert.Equal(A.Dump(), c.Dump());
        Assert.True(c.Has(local) && c.Has(all[4]) && c.Has(late));
        Assert.False(c.Has(all[3]) || c.Has(all[6]));
    }

    /// <summary>Every state that an entry can be in on the one machine and not on the other, or online.</summary>
    private async Task<(Dictionary<int, Guid> All, Guid Late, Guid Local)> DivergeAsync()
    {
        var all = Enumerable.Range(0, 9).ToDictionary(i => i, i => A.Add($"entry {i}", new EntryEdit { Notes = "base", Password = $"p{i}" }).Id);
        await A.SyncAsync();
        await B.SyncAsync();
        foreach (int i in new[] { 0, 7, 8 })
        {
            await A.SyncAsync();
            await B.OnlineAsync(new OnlineEdit { Id = all[i], Values = new EntryEdit { Tags = [$"online {i}"], Favorite = true } });
        }
        A.Edit(all[7], new EntryEdit { Tags = ["own"] });
        await A.SyncAsync(excludeTags: true); // Row 14, held back; of entry 8 too, which has none here.
        await B.OnlineAsync(new OnlineEdit { Id = all[4], Delete = true });
        await A.SyncAsync(excludeTags: true);
        B.Edit(all[2], new EntryEdit { Notes = "from b" });
        Guid late = B.Add("late").Id;
        await B.SyncAsync();
        await B.OnlineAsync(new OnlineEdit { Id = late, Values = new EntryEdit { Tags = ["late"] } });
        A.Edit(all[1], new EntryEdit { Notes = "from a" });
        A.Edit(all[2], new EntryEdit { Notes = "from a" });
        A.Trash(all[3]);
        A.Edit(all[5], new EntryEdit { Notes = "edited, then trashed" });
        A.Trash(all[5]);
        Guid local = A.Add("local", new EntryEdit { Tags = ["local"], Favorite = true }).Id;
        A.Trash(all[6]);
        A.Purge(all[6]);
        using (VaultUse use = A.Vault.Use()) // As an interrupted conflict leaves it.
            Assert.True(use.Connection.Execute("UPDATE local_data SET loser = base WHERE base IS NOT NULL AND trashed IS NULL") > 0);
        return (all, late, local);
    }

    private async Task AssertAllHereAsync(Dictionary<int, Guid> all, Guid late, string before)
    {
        LocalAccountInfo info = A.Vault.Describe();
        Assert.Equal((null, null, null), (info.Server, info.Checkpoint, info.LastSync));
        Assert.Equal(info.Entries, info.PendingChanges);
        Assert.NotEmpty(info.Backups);
        Assert.Equal(["late"], A.Get(late).Summary.Tags);
        Assert.Equal(["online 8"], A.Get(all[8]).Summary.Tags);
        Assert.Equal(Except(before, all[8]), Except(Show(A), late, all[8]));
        // What was seen nowhere on this machine but had been pulled is in the history.
        Assert.Contains(A.Vault.History(all[2]), version => version.Reason == HistoryReason.Sync && version.Fields.Contains("Notes"));
        Assert.Contains(A.Vault.History(all[7]), version => version is { Stream: RecordStream.Tags, Reason: HistoryReason.Sync });
        await RequireAsync(ErrorCodes.DeviceRevoked, () => B.SyncAsync());

        static IEnumerable<string> Except(string shown, params Guid[] ids) =>
            shown.Split('\n').Where(line => !ids.Any(id => line.Contains(id.ToString(), StringComparison.Ordinal)));
    }

    private async Task AssertGoesUpAsync(string before)
    {
        Assert.All((await A.SyncAsync()).Changes, change => Assert.Equal(SyncAction.Pushed, change.Action));
        Assert.Equal(before, Show(A));
        Assert.Empty((await A.SyncAsync()).Changes);
    }

    /// <summary>Everything that a machine shows: entries, tags, favorites and trash.</summary>
    internal static string Show(Machine machine) => string.Join('\n', machine.Vault.ListFull(new EntryQuery())
        .Concat(machine.Vault.ListFull(new EntryQuery { Trashed = true }))
        .OrderBy(entry => entry.Summary.Id)
        .Select(entry => $"{entry.Summary.Id}|{entry.Summary.Name}|{entry.Secret.Password}|{entry.Secret.Notes}|" +
            $"{string.Join(',', entry.Summary.Tags)}|{entry.Summary.Favorite}|{entry.Summary.Trashed}"));
}
