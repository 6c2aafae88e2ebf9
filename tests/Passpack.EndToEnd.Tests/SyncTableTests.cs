using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>The rows of the table in docs/sync.md, each by its number, between two machines over the real server.</summary>
[Trait("Pace", "Quick")]
public sealed class SyncTableTests(RealServer server) : TwoMachineTests(server)
{
    [Fact]
    public async Task Row_01_nothing_changed_moves_nothing_and_asks_once()
    {
        await SharedAsync("n");
        SyncResult result = await A.SyncAsync();
        Assert.Empty(result.Changes);
        Assert.Equal(1, result.Requests);
    }

    [Fact]
    public async Task Row_02_and_03_an_edit_goes_up_and_comes_down()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Password = "old" });
        A.Edit(id, new EntryEdit { Password = "new" });

        SyncChange pushed = Assert.Single((await A.SyncAsync()).Changes);
        Assert.Equal((SyncAction.Pushed, "n"), (pushed.Action, pushed.Name));
        Assert.Equal(["User ID/Password"], pushed.Fields);
        SyncChange pulled = Assert.Single((await B.SyncAsync()).Changes);
        Assert.Equal(SyncAction.Pulled, pulled.Action);
        Assert.Equal(["User ID/Password"], pulled.Fields);
        Assert.Equal("new", B.Get(id).Secret.Password);
    }

    [Fact]
    public async Task Row_05_the_newest_edit_wins_on_both_machines()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "base" });
        A.Edit(id, new EntryEdit { Notes = "from a" });
        Clock.Pass();
        B.Edit(id, new EntryEdit { Notes = "from b" });
        await A.SyncAsync();

        SyncChange conflict = Assert.Single((await B.SyncAsync()).Changes);
        Assert.Equal(SyncAction.Conflict, conflict.Action);
        await A.SyncAsync();

        Assert.Equal("from b", A.Get(id).Secret.Notes);
        Assert.Equal(A.Dump(), B.Dump());
    }

    [Fact]
    public async Task Row_06_and_07_a_new_entry_goes_up_without_its_tags_and_favorite()
    {
        Guid id = A.Add("n", new EntryEdit { Tags = ["mine"], Favorite = true }).Id;
        await A.SyncAsync();
        await B.SyncAsync();

        Assert.Equal(["mine"], A.Get(id).Summary.Tags);
        Assert.True(A.Get(id).Summary.Favorite);
        Assert.Empty(B.Get(id).Summary.Tags);
        Assert.False(B.Get(id).Summary.Favorite);
        Assert.Empty(Assert.Single(await OnlineVault.ListAsync(B.Vault, new EntryQuery())).Tags);
    }

    [Fact]
    public async Task Row_08_an_entry_deleted_only_here_comes_back()
    {
        Guid id = await SharedAsync("n");
        A.Trash(id);
        Assert.Equal(SyncAction.Restored, Assert.Single((await A.SyncAsync()).Changes).Action);
        Assert.True(A.Has(id));
        Assert.False(A.HasInTrash(id));
    }

    [Fact]
    public async Task Row_09_and_comes_back_in_the_online_version()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "old" });
        B.Edit(id, new EntryEdit { Notes = "new" });
        await B.SyncAsync();
        A.Edit(id, new EntryEdit { Notes = "mine" });
        A.Trash(id);

        Assert.Equal(SyncAction.Restored, Assert.Single((await A.SyncAsync()).Changes).Action);
        Assert.Equal("new", A.Get(id).Secret.Notes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row_09_what_the_trash_held_stays_in_the_history(bool byAnOnlineEdit)
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "old" });
        A.Trash(id);
        if (byAnOnlineEdit)
        {
            await A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Notes = "new" } });
        }
        else
        {
            B.Edit(id, new EntryEdit { Notes = "new" });
            await B.SyncAsync();
        }
        await A.SyncAsync();
        Assert.Equal("new", A.Get(id).Secret.Notes);
        Assert.Contains(A.Vault.History(id), version => A.Vault.ReadSecret(version).Notes == "old");
    }

    [Fact]
    public async Task Row_10_an_entry_deleted_online_goes_to_the_trash_and_row_19_can_be_pushed_again()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "kept" });
        await A.OnlineAsync(new OnlineEdit { Id = id, Delete = true });
        Assert.True(A.HasInTrash(id));

        Assert.Equal(SyncAction.Deleted, Assert.Single((await B.SyncAsync()).Changes).Action);
        Assert.True(B.HasInTrash(id));
        Assert.Empty((await B.SyncAsync()).Changes);

        B.Restore(id);
        Assert.Equal(SyncAction.Pushed, Assert.Single((await B.SyncAsync()).Changes).Action);
        await A.SyncAsync();
        Assert.Equal("kept", A.Get(id).Secret.Notes);
    }

    [Fact]
    public async Task Row_11_an_edit_wins_over_a_deletion_with_the_tags_that_online_last_had()
    {
        Guid id = await SharedAsync("n");
        await A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = ["online"] } });
        await B.SyncAsync();
        B.Edit(id, new EntryEdit { Notes = "edited" });
        await A.OnlineAsync(new OnlineEdit { Id = id, Delete = true });

        Assert.Equal(SyncAction.Conflict, Assert.Single((await B.SyncAsync()).Changes).Action);
        await A.SyncAsync();

        Assert.Equal("edited", A.Get(id).Secret.Notes);
        Assert.Equal(["online"], Assert.Single(await OnlineVault.ListAsync(A.Vault, new EntryQuery())).Tags);
    }

    [Fact]
    public async Task Row_12_deleted_on_both_sides_stays_in_the_trash()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "kept" });
        B.Trash(id);
        await A.OnlineAsync(new OnlineEdit { Id = id, Delete = true });

        Assert.Equal(SyncAction.Deleted, Assert.Single((await B.SyncAsync()).Changes).Action);
        Assert.True(B.HasInTrash(id));
        Assert.Equal("kept", B.Vault.ReadSecret(id).Notes);
    }

    [Fact]
    public async Task Row_13_new_and_trashed_before_any_sync_stays_here()
    {
        Guid id = A.Add("n").Id;
        A.Trash(id);
        Assert.Empty((await A.SyncAsync()).Changes);
        Assert.True(A.HasInTrash(id));
        await B.SyncAsync();
        Assert.False(B.Has(id));
    }

    [Fact]
    public async Task Row_14_online_tags_and_favorites_overwrite_and_are_held_back_while_excluded()
    {
        Guid id = await SharedAsync("n");
        B.Edit(id, new EntryEdit { Tags = ["b's own"] });
        await A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = ["Online"], Favorite = true } });
        Assert.Equal(["Online"], A.Get(id).Summary.Tags);

        Assert.Empty((await B.SyncAsync(excludeTags: true, excludeFavorites: true)).Changes);
        Assert.Equal(["b's own"], B.Get(id).Summary.Tags);
        Assert.False(B.Get(id).Summary.Favorite);

        SyncResult applied = await B.SyncAsync();
        Assert.Equal([SyncAction.TagsPulled, SyncAction.FavoritesPulled], applied.Changes.Select(change => change.Action));
        Assert.Equal(["Online"], B.Get(id).Summary.Tags);
        Assert.True(B.Get(id).Summary.Favorite);
        Assert.Empty((await B.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_15_without_a_tag_record_online_the_local_tags_stay_and_an_empty_one_clears()
    {
        Guid id = await SharedAsync("n");
        B.Edit(id, new EntryEdit { Tags = ["own"] });
        Assert.Empty((await B.SyncAsync()).Changes);
        Assert.Equal(["own"], B.Get(id).Summary.Tags);

        await A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = [] } });
        Assert.Equal(SyncAction.TagsPulled, Assert.Single((await B.SyncAsync()).Changes).Action);
        Assert.Empty(B.Get(id).Summary.Tags);
    }

    [Fact]
    public async Task Tags_of_an_entry_that_was_deleted_before_the_connection_are_not_counted()
    {
        Guid id = await SharedAsync("n");
        await A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = ["Gone"], Favorite = true } });
        await A.OnlineAsync(new OnlineEdit { Id = id, Delete = true });
        Machine later = await Account.MachineAsync("later");
        Assert.Empty((await later.SyncAsync()).Changes);
    }

    [Theory]
    [InlineData("c", null, "a", "b", "c")]
    [InlineData(null, "b", "a")]
    [InlineData("c", "A", "b", "c")]
    [InlineData("a", null, "a", "b")]
    public async Task Tags_added_and_taken_away_online_start_from_this_machine_s_where_online_has_none(string? add, string? remove, params string[] expected)
    {
        Guid id = await SharedAsync("n", new EntryEdit { Tags = ["a", "b"] });
        await A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { AddTags = add is null ? null : [add], RemoveTags = remove is null ? null : [remove] } });
        await A.SyncAsync();
        await B.SyncAsync();
        Assert.Equal(expected, A.Get(id).Summary.Tags);
        Assert.Equal(expected, B.Get(id).Summary.Tags);
    }

    [Fact]
    public async Task Tags_are_added_to_those_online_and_a_missing_one_is_not_removed()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Tags = ["a"] });
        await A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { RemoveTags = ["z"] } });
        await A.SyncAsync();
        await B.SyncAsync();
        Assert.Empty(B.Get(id).Summary.Tags);

        await B.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Tags = ["o"] } });
        await A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { AddTags = ["c"] } });
        await B.SyncAsync();
        Assert.Equal(["o", "c"], B.Get(id).Summary.Tags);
    }

    [Fact]
    public async Task Row_17_equal_content_on_two_machines_is_two_entries()
    {
        A.Add("same", new EntryEdit { Password = "p" });
        B.Add("same", new EntryEdit { Password = "p" });
        await A.SyncAsync();
        await B.SyncAsync();
        await A.SyncAsync();
        Assert.Equal(2, A.Vault.List(new EntryQuery { Name = "same" }).Count());
        Assert.Equal(A.Dump(), B.Dump());
    }

    [Fact]
    public async Task Row_18_the_same_edit_on_both_sides_is_agreed_silently()
    {
        Guid id = await SharedAsync("n");
        A.Edit(id, new EntryEdit { Notes = "same" });
        B.Edit(id, new EntryEdit { Notes = "same" });
        await A.SyncAsync();
        Assert.DoesNotContain((await B.SyncAsync()).Changes, change => change.Action is SyncAction.Conflict or SyncAction.Pushed);
        Assert.Empty((await B.SyncAsync()).Changes);
    }

    [Fact]
    public async Task Row_20_the_same_id_new_on_both_sides()
    {
        var id = Guid.NewGuid();
        using (VaultWriter writer = A.Vault.BeginWrite())
        {
            writer.Add(new EntryEdit { Name = "n", Notes = "a" }, id);
            writer.Commit();
        }
        Clock.Pass();
        using (VaultWriter writer = B.Vault.BeginWrite())
        {
            writer.Add(new EntryEdit { Name = "n", Notes = "b" }, id);
            writer.Commit();
        }
        await A.SyncAsync();
        Assert.Equal(SyncAction.Conflict, Assert.Single((await B.SyncAsync()).Changes).Action);
        await A.SyncAsync();
        Assert.Equal("b", A.Get(id).Secret.Notes);
    }

    [Fact]
    public async Task A_plan_says_what_the_run_then_does_and_writes_nothing()
    {
        Guid pulled = await SharedAsync("pulled"), edited = await SharedAsync("edited"), trashed = await SharedAsync("trashed");
        B.Edit(pulled, new EntryEdit { Notes = "x" });
        await B.SyncAsync();
        A.Edit(edited, new EntryEdit { Notes = "y" });
        A.Trash(trashed);
        A.Add("new");
        string before = A.Dump();

        SyncResult plan = await A.SyncAsync(whatIf: true);
        Assert.True(plan.IsPlan);
        Assert.Equal(before, A.Dump());
        SyncResult run = await A.SyncAsync();

        Assert.Equal(Texts(plan), Texts(run));
        Assert.Equal(4, run.Changes.Count);

        static IEnumerable<string> Texts(SyncResult result) =>
            result.Changes.Select(change => $"{change.Id} {change.Name} {change.Action} {string.Join(',', change.Fields)} {change.Reason}").Order();
    }

    [Fact]
    public async Task An_online_edit_of_an_entry_with_unpushed_changes_is_refused()
    {
        Guid id = await SharedAsync("n");
        A.Edit(id, new EntryEdit { Notes = "mine" });
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(
            () => A.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { Notes = "online" } }));
        Assert.Equal(ErrorCodes.SyncConflict, error.ErrorId);
        Assert.Equal("mine", A.Get(id).Secret.Notes);
    }

    [Fact]
    public async Task Every_run_is_recorded_without_a_name_in_the_clear()
    {
        await SharedAsync("a name that nobody reads");
        await A.SyncAsync(whatIf: true);
        await A.SyncAsync();

        IReadOnlyList<SyncRecord> records = SyncHistory.List(A.Vault);

        Assert.Equal(2, records.Count);
        Assert.Empty(records[0].Result.Changes);
        SyncChange pushed = Assert.Single(records[1].Result.Changes);
        Assert.Equal((SyncAction.Pushed, "a name that nobody reads"), (pushed.Action, pushed.Name));
        Assert.Equal(1, records[1].Counts[SyncAction.Pushed]);
        foreach (string file in Directory.EnumerateFiles(A.Home.Path, "vault.db*", SearchOption.AllDirectories))
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
        A.Edit(id, new EntryEdit { Notes = "a" });
        B.Edit(id, new EntryEdit { Notes = "b" });
        await A.SyncAsync();
        await Assert.ThrowsAsync<PasspackException>(() => B.SyncAsync(ConflictPolicy.Stop));
        Assert.Equal(ErrorCodes.SyncConflict, SyncHistory.List(B.Vault, 1)[0].ErrorId);
    }

    [Fact]
    public async Task More_than_one_batch_and_page()
    {
        using (VaultWriter writer = A.Vault.BeginWrite())
        {
            for (int i = 0; i < 2500; i++)
                writer.Add(new EntryEdit { Name = $"entry {i}", Password = $"p{i}" });
            writer.Commit();
        }
        Assert.Equal(2500, (await A.SyncAsync()).Changes.Count);
        Assert.Equal(2500, (await B.SyncAsync()).Changes.Count);
        Assert.Equal(A.Dump(), B.Dump());
    }
}
