using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>What is reported for each row of the table in docs/sync.md: which entry, what, which fields, why; of a conflict who won, and where the loser is.</summary>
[Trait("Pace", "Quick")]
public sealed class SyncReportTests(RealServer server) : TwoMachineTests(server)
{
    private Guid _id;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _id = await SharedAsync("n", new EntryEdit { Notes = "base" });
    }

    [Fact]
    public async Task Row_01_nothing() => Assert.Empty((await A.SyncAsync()).Changes);

    [Fact]
    public async Task Row_02_pushed_and_row_03_pulled()
    {
        A.Edit(_id, new EntryEdit { Notes = "new", Url = "u" });
        AssertReport(await A.SyncAsync(), SyncAction.Pushed, "changed on this machine", "URL", "Notes");
        AssertReport(await B.SyncAsync(), SyncAction.Pulled, "changed online", "URL", "Notes");
    }

    [Fact]
    public async Task Row_04_merged()
    {
        A.Edit(_id, new EntryEdit { Notes = "a" });
        await A.SyncAsync();
        B.Edit(_id, new EntryEdit { Url = "b" });
        AssertReport(await B.SyncAsync(), SyncAction.Merged, "different fields", "URL");
    }

    [Theory]
    [InlineData(ConflictPolicy.Newest, SyncSide.Local, LoserPlace.History)]
    [InlineData(ConflictPolicy.PreferLocal, SyncSide.Local, LoserPlace.History)]
    [InlineData(ConflictPolicy.PreferOnline, SyncSide.Online, LoserPlace.History)]
    [InlineData(ConflictPolicy.KeepBoth, SyncSide.Local, LoserPlace.Entry)]
    public async Task Row_05_conflict(ConflictPolicy policy, SyncSide winner, LoserPlace loser)
    {
        A.Edit(_id, new EntryEdit { Notes = "a" });
        await A.SyncAsync();
        Clock.Pass();
        B.Edit(_id, new EntryEdit { Notes = "b" });

        SyncResult result = await B.SyncAsync(policy);

        SyncChange conflict = AssertReport(result, SyncAction.Conflict, "changed on both sides", "Notes");
        Assert.Equal((winner, loser), (conflict.Winner, conflict.Loser));
        string lost = winner == SyncSide.Local ? "a" : "b";
        if (loser == LoserPlace.Entry)
            Assert.Equal(lost, B.Get(conflict.CopyId!.Value).Secret.Notes);
        else
            Assert.Contains(B.Vault.History(_id), version => B.Vault.ReadSecret(version).Notes == lost);
    }

    [Fact]
    public async Task Row_05_conflict_that_is_settled_by_its_id()
    {
        A.Edit(_id, new EntryEdit { Notes = "a" });
        await A.SyncAsync();
        B.Edit(_id, new EntryEdit { Notes = "b" });
        var resolve = new SyncOptions { Policy = ConflictPolicy.Stop, Resolve = new Dictionary<Guid, ConflictPolicy> { [_id] = ConflictPolicy.PreferOnline } };
        SyncChange conflict = AssertReport(await B.SyncAsync(resolve), SyncAction.Conflict, "changed on both sides", "Notes");
        Assert.Equal((SyncSide.Online, LoserPlace.History), (conflict.Winner, conflict.Loser));
    }

    [Fact]
    public async Task Row_05_conflict_that_each_side_won_in_a_field()
    {
        B.Edit(_id, new EntryEdit { Notes = "b" });
        Clock.Pass();
        A.Edit(_id, new EntryEdit { Notes = "a", Url = "a" });
        await A.SyncAsync();
        Clock.Pass();
        B.Edit(_id, new EntryEdit { Url = "b" });
        SyncChange conflict = AssertReport(await B.SyncAsync(), SyncAction.Conflict, "each side won a field", "URL", "Notes");
        Assert.Equal((SyncSide.Each, LoserPlace.History), (conflict.Winner, conflict.Loser));
    }

    [Fact]
    public async Task Row_05_and_11_conflicts_that_stop()
    {
        Guid other = A.Add("other").Id;
        await A.SyncAsync();
        await B.SyncAsync();
        A.Edit(_id, new EntryEdit { Notes = "a" });
        await A.SyncAsync();
        await A.OnlineAsync(new OnlineEdit { Id = other, Delete = true });
        B.Edit(_id, new EntryEdit { Notes = "b" });
        B.Edit(other, new EntryEdit { Notes = "b" });

        PasspackException stopped = await Assert.ThrowsAsync<PasspackException>(() => B.SyncAsync(ConflictPolicy.Stop));

        IReadOnlyList<SyncChange> conflicts = ((SyncResult)stopped.Target!).Changes;
        Assert.Equal(new[] { _id, other }.Order(), conflicts.Select(change => change.Id).Order());
        Assert.All(conflicts, change => Assert.Equal((SyncAction.Conflict, SyncSide.None, LoserPlace.None), (change.Action, change.Winner, change.Loser)));
    }

    [Fact]
    public async Task Row_06_pushed_and_row_07_pulled()
    {
        _id = A.Add("new", new EntryEdit { Tags = ["mine"] }).Id;
        AssertReport(await A.SyncAsync(), SyncAction.Pushed, "new on this machine");
        AssertReport(await B.SyncAsync(), SyncAction.Pulled, "new online");
    }

    [Fact]
    public async Task Row_08_restored()
    {
        A.Trash(_id);
        AssertReport(await A.SyncAsync(), SyncAction.Restored, "deleted only on this machine");
    }

    [Fact]
    public async Task Row_09_restored_in_the_online_version()
    {
        B.Edit(_id, new EntryEdit { Notes = "b" });
        await B.SyncAsync();
        A.Trash(_id);
        AssertReport(await A.SyncAsync(), SyncAction.Restored, "in the online version");
    }

    [Fact]
    public async Task Row_10_deleted_and_row_19_pushed_again()
    {
        await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        AssertReport(await B.SyncAsync(), SyncAction.Deleted, "trash");
        B.Restore(_id);
        AssertReport(await B.SyncAsync(), SyncAction.Pushed, "created again online");
    }

    [Theory]
    [InlineData(ConflictPolicy.Newest, SyncSide.Local, LoserPlace.None)]
    [InlineData(ConflictPolicy.PreferLocal, SyncSide.Local, LoserPlace.None)]
    [InlineData(ConflictPolicy.KeepBoth, SyncSide.Local, LoserPlace.None)]
    [InlineData(ConflictPolicy.PreferOnline, SyncSide.Online, LoserPlace.Trash)]
    public async Task Row_11_conflict_with_a_deletion(ConflictPolicy policy, SyncSide winner, LoserPlace loser)
    {
        B.Edit(_id, new EntryEdit { Notes = "edited" });
        await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });

        SyncChange conflict = AssertReport(await B.SyncAsync(policy), SyncAction.Conflict, "deleted online");

        Assert.Equal((winner, loser), (conflict.Winner, conflict.Loser));
        Assert.Equal(loser == LoserPlace.Trash, B.HasInTrash(_id));
        Assert.Empty((await B.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_11_an_edit_that_lost_against_a_deletion_can_be_restored_on_every_machine()
    {
        B.Edit(_id, new EntryEdit { Notes = "edited" });
        await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        SyncResult plan = await B.SyncAsync(new SyncOptions { Policy = ConflictPolicy.PreferOnline, WhatIf = true });
        SyncResult run = await B.SyncAsync(ConflictPolicy.PreferOnline);
        Assert.Equal(Assert.Single(plan.Changes).Reason, Assert.Single(run.Changes).Reason);

        Assert.Empty((await A.SyncAsync()).Changes);
        OnlineVersion lost = (await OnlineVault.HistoryAsync(A.Vault, _id)).First(version => version is { IsDeletion: false } && version.ReadSecret().Notes == "edited");
        await OnlineVault.RestoreAsync(A.Vault, _id, lost.Version);
        await B.SyncAsync();
        Assert.Equal("edited", B.Get(_id).Secret.Notes);
        Assert.Equal(A.Dump(), B.Dump());
    }

    [Fact]
    public async Task Row_12_deleted()
    {
        B.Trash(_id);
        await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        AssertReport(await B.SyncAsync(), SyncAction.Deleted, "stays in this machine's trash");
    }

    [Fact]
    public async Task Row_13_nothing()
    {
        A.Trash(A.Add("new").Id);
        Assert.Empty((await A.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_14_tags_pulled()
    {
        B.Edit(_id, new EntryEdit { Tags = ["own"] });
        await A.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Tags = ["online"] } });
        AssertReport(await B.SyncAsync(), SyncAction.TagsPulled, "online tags replaced", "Tags");
        Assert.Contains(B.Vault.History(_id), version => version.Stream == Protocol.RecordStream.Tags);
    }

    [Fact]
    public async Task Row_15_nothing()
    {
        B.Edit(_id, new EntryEdit { Tags = ["own"], Favorite = true });
        Assert.Empty((await B.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_16_favorite_pulled_held_back_and_left_where_online_has_none()
    {
        B.Edit(_id, new EntryEdit { Favorite = true });
        Assert.Empty((await B.SyncAsync()).Changes);
        await A.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Favorite = false } });
        // None online, and set to none: as with tags, clearing writes a record.
        Assert.Empty((await B.SyncAsync(excludeFavorites: true)).Changes);
        Assert.True(B.Get(_id).Summary.Favorite);
        AssertReport(await B.SyncAsync(), SyncAction.FavoritesPulled, "favorite online", "Favorite");
        Assert.False(B.Get(_id).Summary.Favorite);
    }

    [Fact]
    public async Task Row_17_both_are_new()
    {
        A.Add("same");
        B.Add("same");
        await A.SyncAsync();
        Assert.Equal([SyncAction.Pulled, SyncAction.Pushed], (await B.SyncAsync()).Changes.Select(change => change.Action));
    }

    [Fact]
    public async Task Row_18_is_agreed_without_a_conflict()
    {
        A.Edit(_id, new EntryEdit { Notes = "same" });
        B.Edit(_id, new EntryEdit { Notes = "same" });
        await A.SyncAsync();
        Assert.Empty((await B.SyncAsync()).Changes);
    }

    [Theory, InlineData("same", false), InlineData("other", true)]
    public async Task Row_20_the_same_new_id(string notes, bool conflicts)
    {
        _id = Guid.NewGuid();
        Add(A, "same");
        Clock.Pass();
        Add(B, notes);
        await A.SyncAsync();
        SyncResult result = await B.SyncAsync();
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
