using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Vault;

namespace Passpack.EndToEnd.Tests;

/// <summary>The rows of the table in docs/sync.md, each by its number, between two machines over the real server.</summary>
public sealed class SyncTableTests(RealServer server) : IClassFixture<RealServer>, IAsyncLifetime
{
    private TestAccount _account = null!;
    private Machine _a = null!;
    private Machine _b = null!;

    public async ValueTask InitializeAsync()
    {
        _account = await TestAccount.RegisterAsync(server);
        _a = await _account.MachineAsync("a");
        _b = await _account.MachineAsync("b");
    }

    public ValueTask DisposeAsync() => _account.DisposeAsync();

    [Fact]
    public async Task Row_01_nothing_changed_moves_nothing_and_asks_once()
    {
        await SharedAsync("n");
        SyncResult result = await _a.SyncAsync();
        Assert.Empty(result.Changes);
        Assert.Equal(1, result.Requests);
    }

    [Fact]
    public async Task Row_02_and_03_an_edit_goes_up_and_comes_down()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Password = "old" });
        _a.Edit(id, new EntryEdit { Password = "new" });

        SyncChange pushed = Assert.Single((await _a.SyncAsync()).Changes);
        Assert.Equal((SyncAction.Pushed, "n"), (pushed.Action, pushed.Name));
        Assert.Equal(["User ID/Password"], pushed.Fields);
        SyncChange pulled = Assert.Single((await _b.SyncAsync()).Changes);
        Assert.Equal(SyncAction.Pulled, pulled.Action);
        Assert.Equal(["User ID/Password"], pulled.Fields);
        Assert.Equal("new", _b.Get(id).Secret.Password);
    }

    [Fact]
    public async Task Row_05_the_newest_edit_wins_on_both_machines()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "base" });
        _a.Edit(id, new EntryEdit { Notes = "from a" });
        await Task.Delay(20);
        _b.Edit(id, new EntryEdit { Notes = "from b" });
        await _a.SyncAsync();

        SyncChange conflict = Assert.Single((await _b.SyncAsync()).Changes);
        Assert.Equal(SyncAction.Conflict, conflict.Action);
        await _a.SyncAsync();

        Assert.Equal("from b", _a.Get(id).Secret.Notes);
        Assert.Equal(_a.Dump(), _b.Dump());
    }

    [Fact]
    public async Task Row_06_and_07_a_new_entry_goes_up_without_its_tags_and_favorite()
    {
        Guid id = _a.Add("n", new EntryEdit { Tags = ["mine"], Favorite = true }).Id;
        await _a.SyncAsync();
        await _b.SyncAsync();

        Assert.Equal(["mine"], _a.Get(id).Summary.Tags);
        Assert.True(_a.Get(id).Summary.Favorite);
        Assert.Empty(_b.Get(id).Summary.Tags);
        Assert.False(_b.Get(id).Summary.Favorite);
        Assert.Empty(Assert.Single(await OnlineVault.ListAsync(_b.Vault, new EntryQuery())).Tags);
    }

    [Fact]
    public async Task Row_08_an_entry_deleted_only_here_comes_back()
    {
        Guid id = await SharedAsync("n");
        _a.Trash(id);
        Assert.Equal(SyncAction.Restored, Assert.Single((await _a.SyncAsync()).Changes).Action);
        Assert.True(_a.Has(id));
        Assert.False(_a.HasInTrash(id));
    }

    [Fact]
    public async Task Row_09_and_comes_back_in_the_online_version()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "old" });
        _b.Edit(id, new EntryEdit { Notes = "new" });
        await _b.SyncAsync();
        _a.Edit(id, new EntryEdit { Notes = "mine" });
        _a.Trash(id);

        Assert.Equal(SyncAction.Restored, Assert.Single((await _a.SyncAsync()).Changes).Action);
        Assert.Equal("new", _a.Get(id).Secret.Notes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row_09_what_the_trash_held_stays_in_the_history(bool byAnOnlineEdit)
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "old" });
        _a.Trash(id);
        if (byAnOnlineEdit)
        {
            await _a.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Notes = "new" } });
        }
        else
        {
            _b.Edit(id, new EntryEdit { Notes = "new" });
            await _b.SyncAsync();
        }
        await _a.SyncAsync();
        Assert.Equal("new", _a.Get(id).Secret.Notes);
        Assert.Contains(_a.Vault.History(id), version => _a.Vault.ReadSecret(version).Notes == "old");
    }

    [Fact]
    public async Task Row_10_an_entry_deleted_online_goes_to_the_trash_and_row_19_can_be_pushed_again()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "kept" });
        await _a.OnlineAsync(new OnlineEdit { Id = id, Delete = true });
        Assert.True(_a.HasInTrash(id));

        Assert.Equal(SyncAction.Deleted, Assert.Single((await _b.SyncAsync()).Changes).Action);
        Assert.True(_b.HasInTrash(id));
        Assert.Empty((await _b.SyncAsync()).Changes);

        _b.Restore(id);
        Assert.Equal(SyncAction.Pushed, Assert.Single((await _b.SyncAsync()).Changes).Action);
        await _a.SyncAsync();
        Assert.Equal("kept", _a.Get(id).Secret.Notes);
    }

    [Fact]
    public async Task Row_11_an_edit_wins_over_a_deletion_with_the_tags_that_online_last_had()
    {
        Guid id = await SharedAsync("n");
        await _a.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = ["online"] } });
        await _b.SyncAsync();
        _b.Edit(id, new EntryEdit { Notes = "edited" });
        await _a.OnlineAsync(new OnlineEdit { Id = id, Delete = true });

        Assert.Equal(SyncAction.Conflict, Assert.Single((await _b.SyncAsync()).Changes).Action);
        await _a.SyncAsync();

        Assert.Equal("edited", _a.Get(id).Secret.Notes);
        Assert.Equal(["online"], Assert.Single(await OnlineVault.ListAsync(_a.Vault, new EntryQuery())).Tags);
    }

    [Fact]
    public async Task Row_12_deleted_on_both_sides_stays_in_the_trash()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "kept" });
        _b.Trash(id);
        await _a.OnlineAsync(new OnlineEdit { Id = id, Delete = true });

        Assert.Equal(SyncAction.Deleted, Assert.Single((await _b.SyncAsync()).Changes).Action);
        Assert.True(_b.HasInTrash(id));
        Assert.Equal("kept", _b.Vault.ReadSecret(id).Notes);
    }

    [Fact]
    public async Task Row_13_new_and_trashed_before_any_sync_stays_here()
    {
        Guid id = _a.Add("n").Id;
        _a.Trash(id);
        Assert.Empty((await _a.SyncAsync()).Changes);
        Assert.True(_a.HasInTrash(id));
        await _b.SyncAsync();
        Assert.False(_b.Has(id));
    }

    [Fact]
    public async Task Row_14_online_tags_and_favorites_overwrite_and_are_held_back_while_excluded()
    {
        Guid id = await SharedAsync("n");
        _b.Edit(id, new EntryEdit { Tags = ["b's own"] });
        await _a.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = ["Online"], Favorite = true } });
        Assert.Equal(["Online"], _a.Get(id).Summary.Tags);

        Assert.Empty((await _b.SyncAsync(excludeTags: true, excludeFavorites: true)).Changes);
        Assert.Equal(["b's own"], _b.Get(id).Summary.Tags);
        Assert.False(_b.Get(id).Summary.Favorite);

        SyncResult applied = await _b.SyncAsync();
        Assert.Equal([SyncAction.TagsPulled, SyncAction.FavoritesPulled], applied.Changes.Select(change => change.Action));
        Assert.Equal(["Online"], _b.Get(id).Summary.Tags);
        Assert.True(_b.Get(id).Summary.Favorite);
        Assert.Empty((await _b.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_15_without_a_tag_record_online_the_local_tags_stay_and_an_empty_one_clears()
    {
        Guid id = await SharedAsync("n");
        _b.Edit(id, new EntryEdit { Tags = ["own"] });
        Assert.Empty((await _b.SyncAsync()).Changes);
        Assert.Equal(["own"], _b.Get(id).Summary.Tags);

        await _a.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = [] } });
        Assert.Equal(SyncAction.TagsPulled, Assert.Single((await _b.SyncAsync()).Changes).Action);
        Assert.Empty(_b.Get(id).Summary.Tags);
    }

    [Fact]
    public async Task Row_17_equal_content_on_two_machines_is_two_entries()
    {
        _a.Add("same", new EntryEdit { Password = "p" });
        _b.Add("same", new EntryEdit { Password = "p" });
        await _a.SyncAsync();
        await _b.SyncAsync();
        await _a.SyncAsync();
        Assert.Equal(2, _a.Vault.List(new EntryQuery { Name = "same" }).Count());
        Assert.Equal(_a.Dump(), _b.Dump());
    }

    [Fact]
    public async Task Row_18_the_same_edit_on_both_sides_is_agreed_silently()
    {
        Guid id = await SharedAsync("n");
        _a.Edit(id, new EntryEdit { Notes = "same" });
        _b.Edit(id, new EntryEdit { Notes = "same" });
        await _a.SyncAsync();
        Assert.DoesNotContain((await _b.SyncAsync()).Changes, change => change.Action is SyncAction.Conflict or SyncAction.Pushed);
        Assert.Empty((await _b.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_20_the_same_id_new_on_both_sides()
    {
        var id = Guid.NewGuid();
        using (VaultWriter writer = _a.Vault.BeginWrite())
        {
            writer.Add(new EntryEdit { Name = "n", Notes = "a" }, id);
            writer.Commit();
        }
        await Task.Delay(20);
        using (VaultWriter writer = _b.Vault.BeginWrite())
        {
            writer.Add(new EntryEdit { Name = "n", Notes = "b" }, id);
            writer.Commit();
        }
        await _a.SyncAsync();
        Assert.Equal(SyncAction.Conflict, Assert.Single((await _b.SyncAsync()).Changes).Action);
        await _a.SyncAsync();
        Assert.Equal("b", _a.Get(id).Secret.Notes);
    }

    [Fact]
    public async Task A_plan_says_what_the_run_then_does_and_writes_nothing()
    {
        Guid pulled = await SharedAsync("pulled"), edited = await SharedAsync("edited"), trashed = await SharedAsync("trashed");
        _b.Edit(pulled, new EntryEdit { Notes = "x" });
        await _b.SyncAsync();
        _a.Edit(edited, new EntryEdit { Notes = "y" });
        _a.Trash(trashed);
        _a.Add("new");
        string before = _a.Dump();

        SyncResult plan = await _a.SyncAsync(whatIf: true);
        Assert.True(plan.IsPlan);
        Assert.Equal(before, _a.Dump());
        SyncResult run = await _a.SyncAsync();

        Assert.Equal(Texts(plan), Texts(run));
        Assert.Equal(4, run.Changes.Count);

        static IEnumerable<string> Texts(SyncResult result) =>
            result.Changes.Select(change => $"{change.Id} {change.Name} {change.Action} {string.Join(',', change.Fields)} {change.Reason}").Order();
    }

    [Fact]
    public async Task An_online_edit_of_an_entry_with_unpushed_changes_is_refused()
    {
        Guid id = await SharedAsync("n");
        _a.Edit(id, new EntryEdit { Notes = "mine" });
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(
            () => _a.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Notes = "online" } }));
        Assert.Equal(ErrorCodes.SyncConflict, error.ErrorId);
        Assert.Equal("mine", _a.Get(id).Secret.Notes);
    }

    [Fact]
    public async Task Every_run_is_recorded_without_a_name_in_the_clear()
    {
        await SharedAsync("a name that nobody reads");
        await _a.SyncAsync(whatIf: true);
        await _a.SyncAsync();

        IReadOnlyList<SyncRecord> records = SyncHistory.List(_a.Vault);

        Assert.Equal(2, records.Count);
        Assert.Empty(records[0].Result.Changes);
        SyncChange pushed = Assert.Single(records[1].Result.Changes);
        Assert.Equal((SyncAction.Pushed, "a name that nobody reads"), (pushed.Action, pushed.Name));
        Assert.Equal(1, records[1].Counts[SyncAction.Pushed]);
        foreach (string file in Directory.EnumerateFiles(_a.Home.Path, "vault.db*", SearchOption.AllDirectories))
        {
            using FileStream shared = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[shared.Length];
            shared.ReadExactly(bytes);
            Assert.Equal(-1, bytes.AsSpan().IndexOf("a name that nobody reads"u8));
        }
    }

    [Fact]
    public async Task A_run_that_fails_is_recorded_with_its_error()
    {
        Guid id = await SharedAsync("n");
        _a.Edit(id, new EntryEdit { Notes = "a" });
        _b.Edit(id, new EntryEdit { Notes = "b" });
        await _a.SyncAsync();
        await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync(ConflictPolicy.Stop));
        Assert.Equal(ErrorCodes.SyncConflict, SyncHistory.List(_b.Vault, 1)[0].ErrorId);
    }

    [Fact]
    public async Task More_than_one_batch_and_page()
    {
        using (VaultWriter writer = _a.Vault.BeginWrite())
        {
            for (int i = 0; i < 2500; i++)
                writer.Add(new EntryEdit { Name = $"entry {i}", Password = $"p{i}" });
            writer.Commit();
        }
        Assert.Equal(2500, (await _a.SyncAsync()).Changes.Count);
        Assert.Equal(2500, (await _b.SyncAsync()).Changes.Count);
        Assert.Equal(_a.Dump(), _b.Dump());
    }

    /// <summary>An entry that both machines and the online account have.</summary>
    private async Task<Guid> SharedAsync(string name, EntryEdit? values = null)
    {
        Guid id = _a.Add(name, values).Id;
        await _a.SyncAsync();
        await _b.SyncAsync();
        return id;
    }
}
