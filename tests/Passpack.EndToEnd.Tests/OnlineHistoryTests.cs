using Microsoft.Data.Sqlite;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Server;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Earlier versions of entries, as the real server keeps them, and entries that were deleted online.</summary>
public sealed class OnlineHistoryTests(RealServer server) : TwoMachineTests(server)
{
    private Guid _id;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _id = A.Add("name", new EntryEdit { UserId = "user", Password = "first", Notes = "notes" }).Id;
        await A.SyncAsync();
        await EditAsync(new EntryEdit { Password = "second", Url = "https://example.com/" });
        await EditAsync(new EntryEdit { Name = "renamed" });
        await B.SyncAsync();
    }

    [Fact]
    public async Task Versions_come_newest_first_with_the_fields_that_the_next_one_changed()
    {
        string before = B.Dump();
        IReadOnlyList<OnlineVersion> versions = await OnlineVault.HistoryAsync(B.Vault, _id);

        Assert.Equal([2, 1], versions.Select(version => version.Version));
        Assert.Equal([["Entry Name"], ["User ID/Password", "URL"]], versions.Select(version => version.Fields));
        Assert.Equal(["second", "first"], versions.Select(version => version.ReadSecret().Password));
        Assert.All(versions, version => Assert.Equal(("name", "user", false), (version.Entry!.Name, version.Entry.UserId, version.IsDamaged)));
        Assert.Equal(versions[0].Stored, versions[1].Replaced);
        Assert.Equal(before, B.Dump());
        Assert.Empty((await B.SyncAsync()).Changes);
    }

    [Fact]
    public async Task The_history_is_of_now_and_changes_nothing_on_this_machine()
    {
        await EditAsync(new EntryEdit { Notes = "newer" });
        Assert.Equal([3, 2, 1], (await OnlineVault.HistoryAsync(B.Vault, _id)).Select(version => version.Version));
        Assert.Equal("notes", B.Get(_id).Secret.Notes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_an_online_edit_replaces_stays_readable_where_it_lay_in_the_trash(bool thenDeleted)
    {
        await B.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Notes = "seen by b alone" } });
        B.Trash(_id);
        await B.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Notes = "newest" } });
        if (thenDeleted)
            await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        await B.SyncAsync();
        Assert.Contains("seen by b alone", B.Vault.History(_id).Where(version => version.IsData).Select(version => B.Vault.ReadSecret(version).Notes));
    }

    [Fact]
    public async Task Content_that_came_and_went_while_the_trash_had_another_stays_readable()
    {
        await B.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        await OnlineVault.RestoreAsync(A.Vault, _id);
        await B.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Notes = "came and went" } });
        await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        await B.SyncAsync();
        Assert.True(B.HasInTrash(_id));
        Assert.Contains("came and went", B.Vault.History(_id).Where(version => version.IsData).Select(version => B.Vault.ReadSecret(version).Notes)
            .Append(B.Vault.ListFull(new EntryQuery { Id = _id, Trashed = true }).Single().Secret.Notes));
    }

    [Fact]
    public async Task A_losing_edit_is_in_the_history_of_every_machine()
    {
        A.Edit(_id, new EntryEdit { Notes = "loses" });
        B.Edit(_id, new EntryEdit { Notes = "wins" });
        await B.SyncAsync();
        await A.SyncAsync(ConflictPolicy.PreferOnline);

        IReadOnlyList<OnlineVersion> versions = await OnlineVault.HistoryAsync(B.Vault, _id);
        Assert.Contains(versions, version => version.ReadSecret().Notes == "loses");
    }

    [Fact]
    public async Task An_earlier_version_becomes_the_newest_on_all_machines()
    {
        await A.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Tags = ["kept"], Favorite = true } });
        EntrySummary restored = await OnlineVault.RestoreAsync(A.Vault, _id, 1);

        Assert.Equal(("name", 4, true), (restored.Name, restored.Version, restored.Favorite));
        Assert.Equal(["kept"], restored.Tags);
        Assert.Equal("first", A.Get(_id).Secret.Password);
        Assert.Equal(["Entry Name", "User ID/Password", "URL"], Assert.Single((await B.SyncAsync()).Changes, change => change.Action == SyncAction.Pulled).Fields);
        await AssertConvergedAsync();
        Assert.Equal([3, 2, 1], (await OnlineVault.HistoryAsync(B.Vault, _id)).Select(version => version.Version));
    }

    [Fact]
    public async Task A_restored_version_is_an_edit_of_now_which_wins_over_older_ones()
    {
        B.Edit(_id, new EntryEdit { Password = "older" });
        Clock.Pass();
        await OnlineVault.RestoreAsync(A.Vault, _id, 1);

        await B.SyncAsync();
        await AssertConvergedAsync();
        Assert.Equal("first", A.Get(_id).Secret.Password);
    }

    [Fact]
    public async Task What_was_deleted_online_comes_back_everywhere_with_its_tags_and_favorite()
    {
        await A.OnlineAsync(new OnlineEdit { Id = _id, Values = new EntryEdit { Tags = ["one", "two"], Favorite = true } });
        await A.SyncAsync();
        await B.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        await A.SyncAsync();
        Assert.True(A.HasInTrash(_id));

        OnlineVersion last = (await OnlineVault.HistoryAsync(A.Vault, _id))[0];
        Assert.Equal((3, "renamed"), (last.Version, last.Entry!.Name));
        EntrySummary restored = await OnlineVault.RestoreAsync(A.Vault, _id);

        Assert.Equal(5, restored.Version);
        Assert.False(A.HasInTrash(_id));
        Assert.Equal("second", A.Get(_id).Secret.Password);
        await AssertConvergedAsync();
        EntrySummary entry = B.Get(_id).Summary;
        Assert.Equal(["one", "two"], entry.Tags);
        Assert.True(entry.Favorite);
        Assert.Equal([true, false, false, false], (await OnlineVault.HistoryAsync(B.Vault, _id)).Select(version => version.IsDeletion));
    }

    [Fact]
    public async Task What_was_deleted_online_comes_back_in_a_version_that_is_named_too()
    {
        await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        await OnlineVault.RestoreAsync(A.Vault, _id, 1);
        await AssertConvergedAsync();
        Assert.Equal("first", B.Get(_id).Secret.Password);
    }

    [Fact]
    public async Task What_this_machine_has_in_its_trash_is_not_lost_when_online_comes_back()
    {
        await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });
        B.Edit(_id, new EntryEdit { Notes = "only here" });
        await B.SyncAsync(ConflictPolicy.PreferOnline);
        await OnlineVault.RestoreAsync(B.Vault, _id);

        Assert.Equal("notes", B.Get(_id).Secret.Notes);
        Assert.Contains(B.Vault.History(_id), version => version.Fields.Contains("Notes"));
    }

    [Fact]
    public async Task Unpushed_changes_are_not_overwritten()
    {
        A.Edit(_id, new EntryEdit { Notes = "unpushed" });
        await RequireAsync(ErrorCodes.SyncConflict, () => OnlineVault.RestoreAsync(A.Vault, _id, 1));
        Assert.Equal("unpushed", A.Get(_id).Secret.Notes);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-1L)]
    [InlineData(3L)]
    [InlineData(4L)]
    [InlineData(long.MaxValue)]
    public async Task What_is_not_there_cannot_be_restored(long? version) =>
        await RequireAsync(ErrorCodes.EntryNotFound, () => OnlineVault.RestoreAsync(A.Vault, _id, version));

    [Fact]
    public async Task An_entry_that_online_does_not_know_has_no_history_there()
    {
        Guid local = A.Add("local").Id;
        await RequireAsync(ErrorCodes.EntryNotFound, () => OnlineVault.HistoryAsync(A.Vault, local));
        await RequireAsync(ErrorCodes.EntryNotFound, () => OnlineVault.RestoreAsync(A.Vault, Guid.NewGuid()));
    }

    [Fact]
    public async Task A_version_that_does_not_open_is_reported_and_the_others_are_not_affected()
    {
        using (var database = new SqliteConnection($"Data Source={Path.Combine(Server.Folder, PasspackServer.DatabaseName)};Pooling=False"))
        {
            database.Open();
            using SqliteCommand swap = database.CreateCommand();
            swap.CommandText = """
                UPDATE earlier_version SET body = (SELECT body FROM earlier_version e WHERE e.record_id = $id AND e.version = 1)
                WHERE record_id = $id AND version = 2
                """;
            swap.Parameters.AddWithValue("$id", _id.ToByteArray(bigEndian: true));
            Assert.Equal(1, swap.ExecuteNonQuery());
        }

        IReadOnlyList<OnlineVersion> versions = await OnlineVault.HistoryAsync(A.Vault, _id);
        Assert.Equal([(2, true), (1, false)], versions.Select(version => ((int)version.Version, version.IsDamaged)));
        Assert.Null(versions[0].Entry);
        Assert.Equal(ErrorCodes.RecordDamaged, Assert.Throws<PasspackException>(versions[0].ReadSecret).ErrorId);
        await RequireAsync(ErrorCodes.RecordDamaged, () => OnlineVault.RestoreAsync(A.Vault, _id, 2));
        Assert.Equal("first", (await OnlineVault.RestoreAsync(A.Vault, _id, 1), A.Get(_id).Secret.Password).Password);
    }

    private async Task EditAsync(EntryEdit values)
    {
        A.Edit(_id, values);
        await A.SyncAsync();
    }
}
