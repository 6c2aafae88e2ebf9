using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync;
using Passpack.Vault;

namespace Passpack.EndToEnd.Tests;

/// <summary>What is reported for each row of the table in docs/sync.md: which entry, what, which fields, why; of a conflict who won, and where the loser is.</summary>
public sealed class SyncReportTests(RealServer server) : IClassFixture<RealServer>, IAsyncLifetime
{
    private TestAccount _account = null!;
    private Machine _a = null!;
    private Machine _b = null!;
    private Guid _id;

    public async ValueTask InitializeAsync()
    {
        _account = await TestAccount.RegisterAsync(server);
        _a = await _account.MachineAsync("a");
        _b = await _account.MachineAsync("b");
        _id = _a.Add("n", new EntryEdit { Notes = "base" }).Id;
        await _a.SyncAsync();
        await _b.SyncAsync();
    }

    public ValueTask DisposeAsync() => _account.DisposeAsync();

    [Fact]
    public async Task Row_01_nothing() => Assert.Empty((await _a.SyncAsync()).Changes);

    [Fact]
    public async Task Row_02_pushed_and_row_03_pulled()
    {
        _a.Edit(_id, new EntryEdit { Notes = "new", Url = "u" });
        AssertReport(await _a.SyncAsync(), SyncAction.Pushed, "changed on this machine", "URL", "Notes");
        AssertReport(await _b.SyncAsync(), SyncAction.Pulled, "changed online", "URL", "Notes");
    }

    [Fact]
    public async Task Row_04_merged()
    {
        _a.Edit(_id, new EntryEdit { Notes = "a" });
        await _a.SyncAsync();
        _b.Edit(_id, new EntryEdit { Url = "b" });
        AssertReport(await _b.SyncAsync(), SyncAction.Merged, "different fields", "URL");
    }

    [Theory]
    [InlineData(ConflictPolicy.Newest, SyncSide.Local, LoserPlace.History)]
    [InlineData(ConflictPolicy.PreferLocal, SyncSide.Local, LoserPlace.History)]
    [InlineData(ConflictPolicy.PreferOnline, SyncSide.Online, LoserPlace.History)]
    [InlineData(ConflictPolicy.KeepBoth, SyncSide.Local, LoserPlace.Entry)]
    public async Task Row_05_conflict(ConflictPolicy policy, SyncSide winner, LoserPlace loser)
    {
        _a.Edit(_id, new EntryEdit { Notes = "a" });
        await _a.SyncAsync();
        await Task.Delay(20);
        _b.Edit(_id, new EntryEdit { Notes = "b" });

        SyncResult result = await _b.SyncAsync(policy);

        SyncChange conflict = AssertReport(result, SyncAction.Conflict, "changed on both sides", "Notes");
        Assert.Equal((winner, loser), (conflict.Winner, conflict.Loser));
        string lost = winner == SyncSide.Local ? "a" : "b";
        if (loser == LoserPlace.Entry)
            Assert.Equal(lost, _b.Get(conflict.CopyId!.Value).Secret.Notes);
        else
            Assert.Contains(_b.Vault.History(_id), version => _b.Vault.ReadSecret(version).Notes == lost);
    }

    [Fact]
    public async Task Row_05_conflict_that_is_settled_by_its_id()
    {
        _a.Edit(_id, new EntryEdit { Notes = "a" });
        await _a.SyncAsync();
        _b.Edit(_id, new EntryEdit { Notes = "b" });
        var resolve = new SyncOptions { Policy = ConflictPolicy.Stop, Resolve = new Dictionary<Guid, ConflictPolicy> { [_id] = ConflictPolicy.PreferOnline } };
        SyncChange conflict = AssertReport(await _b.SyncAsync(resolve), SyncAction.Conflict, "changed on both sides", "Notes");
        Assert.Equal((SyncSide.Online, LoserPlace.History), (conflict.Winner, conflict.Loser));
    }

    [Fact]
    public async Task Row_05_conflict_that_each_side_won_in_a_field()
    {
        _b.Edit(_id, new EntryEdit { Notes = "b" });
        await Task.Delay(20);
        _a.Edit(_id, new EntryEdit { Notes = "a", Url = "a" });
        await _a.SyncAsync();
        await Task.Delay(20);
        _b.Edit(_id, new EntryEdit { Url = "b" });
        SyncChange conflict = AssertReport(await _b.SyncAsync(), SyncAction.Conflict, "each side won a field", "URL", "Notes");
        Assert.Equal((SyncSide.Each, LoserPlace.History), (conflict.Winner, conflict.Loser));
    }

    [Fact]
    public async Task Row_05_and_11_conflicts_that_stop()
    {
        Guid other = _a.Add("other").Id;
        await _a.SyncAsync();
        await _b.SyncAsync();
        _a.Edit(_id, new EntryEdit { Notes = "a" });
        await _a.SyncAsync();
        await _a.OnlineAsync(new OnlineEdit { Id = other, Delete = true });
        _b.Edit(_id, new EntryEdit { Notes = "b" });
        _b.Edit(other, new EntryEdit { Notes = "b" });

        PasspackException stopped = await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync(ConflictPolicy.Stop));

        IReadOnlyList<SyncChange> conflicts = ((SyncResult)stopped.Target!).Changes;
        Assert.Equal(new[] { _id, other }.Order(), conflicts.Select(change => change.Id).Order());
        Assert.All(conflicts, change => Assert.Equal((SyncAction.Conflict, SyncSide.None, LoserPlace.None), (change.Action, change.Winner, change.Loser)));
    }

    [Fact]
    public async Task Row_06_pushed_and_row_07_pulled()
    {
        _id = _a.Add("new", new EntryEdit { Tags = ["mine"] }).Id;
        AssertReport(await _a.SyncAsync(), SyncAction.Pushed, "new on this machine");
        AssertReport(await _b.SyncAsync(), SyncAction.Pulled, "new online");
    }

    [Fact]
    public async Task Row_08_restored()
    {
        _a.Trash(_id);
        AssertReport(await _a.SyncAsync(), SyncAction.Restored, "deleted only on this machine");
    }

    [Fact]
    public async Task Row_09_restored_in_the_online_version()
    {
        _b.Edit(_id, new EntryEdit { Notes = "b" });
        await _b.SyncAsync();
        _a.Trash(_id);
        AssertReport(await _a.SyncAsync(), SyncAction.Restored, "in the online version");
    }

    [Fact]
    public async Task Row_10_deleted_and_row_19_pushed_again()
    {
        await _a.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        AssertReport(await _b.SyncAsync(), SyncAction.Deleted, "trash");
        _b.Restore(_id);
        AssertReport(await _b.SyncAsync(), SyncAction.Pushed, "created again online");
    }

    [Theory]
    [InlineData(ConflictPolicy.Newest, SyncSide.Local, LoserPlace.None)]
    [InlineData(ConflictPolicy.PreferLocal, SyncSide.Local, LoserPlace.None)]
    [InlineData(ConflictPolicy.KeepBoth, SyncSide.Local, LoserPlace.None)]
    [InlineData(ConflictPolicy.PreferOnline, SyncSide.Online, LoserPlace.Trash)]
    public async Task Row_11_conflict_with_a_deletion(ConflictPolicy policy, SyncSide winner, LoserPlace loser)
    {
        _b.Edit(_id, new EntryEdit { Notes = "edited" });
        await _a.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });

        SyncChange conflict = AssertReport(await _b.SyncAsync(policy), SyncAction.Conflict, "deleted online");

        Assert.Equal((winner, loser), (conflict.Winner, conflict.Loser));
        Assert.Equal(loser == LoserPlace.Trash, _b.HasInTrash(_id));
        Assert.Empty((await _b.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_11_an_edit_that_lost_against_a_deletion_can_be_restored_on_every_machine()
    {
        _b.Edit(_id, new EntryEdit { Notes = "edited" });
        await _a.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        SyncResult plan = await _b.SyncAsync(new SyncOptions { Policy = ConflictPolicy.PreferOnline, WhatIf = true });
        SyncResult run = await _b.SyncAsync(ConflictPolicy.PreferOnline);
        Assert.Equal(Assert.Single(plan.Changes).Reason, Assert.Single(run.Changes).Reason);

        Assert.Empty((await _a.SyncAsync()).Changes);
        OnlineVersion lost = (await OnlineVault.HistoryAsync(_a.Vault, _id)).First(version => version is { IsDeletion: false } && version.ReadSecret().Notes == "edited");
        await OnlineVault.RestoreAsync(_a.Vault, _id, lost.Version);
        await _b.SyncAsync();
        Assert.Equal("edited", _b.Get(_id).Secret.Notes);
        Assert.Equal(_a.Dump(), _b.Dump());
    }

    [Fact]
    public async Task Row_12_deleted()
    {
        _b.Trash(_id);
        await _a.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        AssertReport(await _b.SyncAsync(), SyncAction.Deleted, "stays in this machine's trash");
    }

    [Fact]
    public async Task Row_13_nothing()
    {
        _a.Trash(_a.Add("new").Id);
        Assert.Empty((await _a.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_14_tags_pulled()
    {
        _b.Edit(_id, new EntryEdit { Tags = ["own"] });
        await _a.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Tags = ["online"] } });
        AssertReport(await _b.SyncAsync(), SyncAction.TagsPulled, "online tags replaced", "Tags");
        Assert.Contains(_b.Vault.History(_id), version => version.Stream == Protocol.RecordStream.Tags);
    }

    [Fact]
    public async Task Row_15_nothing()
    {
        _b.Edit(_id, new EntryEdit { Tags = ["own"], Favorite = true });
        Assert.Empty((await _b.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_16_favorite_pulled_held_back_and_left_where_online_has_none()
    {
        _b.Edit(_id, new EntryEdit { Favorite = true });
        Assert.Empty((await _b.SyncAsync()).Changes);
        await _a.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Favorite = false } });
        // None online, and set to none: as with tags, clearing writes a record.
        Assert.Empty((await _b.SyncAsync(excludeFavorites: true)).Changes);
        Assert.True(_b.Get(_id).Summary.Favorite);
        AssertReport(await _b.SyncAsync(), SyncAction.FavoritesPulled, "favorite online", "Favorite");
        Assert.False(_b.Get(_id).Summary.Favorite);
    }

    [Fact]
    public async Task Row_17_both_are_new()
    {
        _a.Add("same");
        _b.Add("same");
        await _a.SyncAsync();
        Assert.Equal([SyncAction.Pulled, SyncAction.Pushed], (await _b.SyncAsync()).Changes.Select(change => change.Action));
    }

    [Fact]
    public async Task Row_18_is_agreed_without_a_conflict()
    {
        _a.Edit(_id, new EntryEdit { Notes = "same" });
        _b.Edit(_id, new EntryEdit { Notes = "same" });
        await _a.SyncAsync();
        Assert.Empty((await _b.SyncAsync()).Changes);
    }

    [Theory, InlineData("same", false), InlineData("other", true)]
    public async Task Row_20_the_same_new_id(string notes, bool conflicts)
    {
        _id = Guid.NewGuid();
        Add(_a, "same");
        await Task.Delay(20);
        Add(_b, notes);
        await _a.SyncAsync();
        SyncResult result = await _b.SyncAsync();
        if (conflicts)
            Assert.Equal(SyncSide.Local, AssertReport(result, SyncAction.Conflict, "changed on both sides", "Notes").Winner);
        else
            Assert.Empty(result.Changes);

        void Add(Machine machine, string text)
        {
            using VaultWriter writer = machine.Vault.BeginWrite();
            writer.Add(new EntryEdit { Name = "n", Notes = text }, _id);
            writer.Commit();
        }
    }

    private SyncChange AssertReport(SyncResult result, SyncAction action, string reason, params string[] fields)
    {
        SyncChange change = Assert.Single(result.Changes, change => change.Id == _id);
        Assert.Equal((action, _id == change.Id && change.Name.StartsWith('n')), (change.Action, true));
        Assert.Equal(fields, change.Fields);
        Assert.Contains(reason, change.Reason, StringComparison.Ordinal);
        Assert.Equal(action == SyncAction.Conflict, change.Winner is not null && change.Loser is not null);
        return change;
    }
}
