using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Vault;

namespace Passpack.EndToEnd.Tests;

/// <summary>Rows 4, 5 and 11 of the table in docs/sync.md under every policy, between two machines over the real server.</summary>
public sealed class ConflictTests(RealServer server) : IClassFixture<RealServer>, IAsyncLifetime
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
        _id = _a.Add("n", new EntryEdit
        {
            UserId = "u",
            Password = "p",
            Notes = "base",
            ExtraFields = [new("one", "text", "1"), new("two", "text", "2")],
        }).Id;
        await _a.SyncAsync();
        await _b.SyncAsync();
    }

    public ValueTask DisposeAsync() => _account.DisposeAsync();

    [Fact]
    public async Task Row_04_different_fields_are_merged()
    {
        _a.Edit(_id, new EntryEdit { Notes = "from a", ExtraFields = [new("one", "text", "1a"), new("two", "text", "2")] });
        _b.Edit(_id, new EntryEdit { Url = "https://b.example/", ExtraFields = [new("one", "text", "1"), new("three", "text", "3")] });
        await _a.SyncAsync();

        SyncChange merged = Assert.Single((await _b.SyncAsync()).Changes);
        Assert.Equal(SyncAction.Merged, merged.Action);
        await _a.SyncAsync();

        FullEntry entry = _a.Get(_id);
        Assert.Equal(("from a", "https://b.example/"), (entry.Secret.Notes, entry.Summary.Url));
        Assert.Equal([new("one", "text", "1a"), new("three", "text", "3")], entry.Secret.ExtraFields);
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task Row_05_user_id_and_password_are_one_field()
    {
        _a.Edit(_id, new EntryEdit { UserId = "other", Password = "other's" });
        await Task.Delay(20);
        _b.Edit(_id, new EntryEdit { Password = "new" });
        await _a.SyncAsync();
        await _b.SyncAsync();
        await AssertConvergedAsync();
        Assert.Equal(("u", "new"), (_a.Get(_id).Summary.UserId, _a.Get(_id).Secret.Password));
    }

    [Theory]
    [InlineData(ConflictPolicy.Newest, "from b")]
    [InlineData(ConflictPolicy.PreferLocal, "from b")]
    [InlineData(ConflictPolicy.PreferOnline, "from a")]
    [InlineData(ConflictPolicy.KeepBoth, "from b")]
    public async Task Row_05_the_same_field_goes_by_policy_and_the_others_are_merged(ConflictPolicy policy, string winner)
    {
        await ConflictAsync();

        SyncResult result = await _b.SyncAsync(policy);

        SyncChange conflict = Assert.Single(result.Changes, change => change.Action == SyncAction.Conflict);
        Assert.Equal(["Notes"], conflict.Fields);
        await AssertConvergedAsync();
        FullEntry entry = _a.Get(_id);
        Assert.Equal((winner, "a@example.com", "https://b.example/"), (entry.Secret.Notes, entry.Summary.Email, entry.Summary.Url));
        Assert.Equal(policy == ConflictPolicy.KeepBoth ? 2 : 1, _a.Vault.List(new EntryQuery()).Count());
    }

    [Fact]
    public async Task KeepBoth_makes_the_loser_an_entry_of_its_own_the_same_on_both_machines()
    {
        await ConflictAsync();
        await _b.SyncAsync(ConflictPolicy.KeepBoth);
        await AssertConvergedAsync();
        FullEntry copy = Assert.Single(_a.Vault.ListFull(new EntryQuery()), entry => entry.Summary.Id != _id);
        Assert.StartsWith("n (conflict ", copy.Summary.Name, StringComparison.Ordinal);
        Assert.Equal("from a", copy.Secret.Notes);
    }

    [Theory]
    [InlineData(ConflictPolicy.PreferOnline)]
    [InlineData(ConflictPolicy.Newest)]
    public async Task A_losing_local_edit_goes_up_as_an_earlier_version(ConflictPolicy policy)
    {
        _b.Edit(_id, new EntryEdit { Notes = "from b" });
        await Task.Delay(20);
        _a.Edit(_id, new EntryEdit { Notes = "from a" });
        await _a.SyncAsync();
        long before = _a.Get(_id).Summary.Version;

        await _b.SyncAsync(policy);
        Assert.Empty((await _a.SyncAsync()).Changes);

        Assert.Equal("from a", _a.Get(_id).Secret.Notes);
        Assert.Equal(before + 2, _a.Get(_id).Summary.Version);
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task Stop_writes_nothing_on_either_side_and_Resolve_settles_it()
    {
        await ConflictAsync();
        Guid other = _b.Add("other").Id;
        string before = _b.Dump();

        SyncResult plan = await _b.SyncAsync(new SyncOptions { Policy = ConflictPolicy.Stop, WhatIf = true });
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync(ConflictPolicy.Stop));

        Assert.Equal(ErrorCodes.SyncConflict, error.ErrorId);
        Assert.Equal(_id, Assert.Single(((SyncResult)error.Target!).Changes).Id);
        Assert.Contains(plan.Changes, change => change.Id == _id && change.Action == SyncAction.Conflict);
        Assert.Equal(before, _b.Dump());
        Assert.Equal(2, _b.Vault.Describe().PendingChanges);
        Assert.DoesNotContain((await _a.SyncAsync()).Changes, change => change.Id == other);

        await _b.SyncAsync(new SyncOptions { Policy = ConflictPolicy.Stop, Resolve = new Dictionary<Guid, ConflictPolicy> { [_id] = ConflictPolicy.PreferOnline } });
        await AssertConvergedAsync();
        Assert.Equal("from a", _b.Get(_id).Secret.Notes);
    }

    [Theory]
    [InlineData(ConflictPolicy.PreferLocal, true)]
    [InlineData(ConflictPolicy.KeepBoth, true)]
    [InlineData(ConflictPolicy.PreferOnline, false)]
    public async Task Row_11_by_policy(ConflictPolicy policy, bool editWins)
    {
        _b.Edit(_id, new EntryEdit { Notes = "edited" });
        await _a.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });

        Assert.Equal(SyncAction.Conflict, Assert.Single((await _b.SyncAsync(policy)).Changes).Action);
        await _a.SyncAsync();

        Assert.Equal(editWins, _a.Has(_id));
        Assert.Equal(!editWins, _b.HasInTrash(_id));
        Assert.Equal("edited", _b.Vault.ReadSecret(_id).Notes);
    }

    [Fact]
    public async Task An_edit_time_far_ahead_of_the_clock_does_not_win()
    {
        var ahead = new OffsetClock(TimeSpan.FromHours(1));
        Machine c = await _account.MachineAsync("c", ahead);
        await c.SyncAsync();
        c.Edit(_id, new EntryEdit { Notes = "from a wrong clock" });
        _a.Edit(_id, new EntryEdit { Notes = "from a" });
        await c.SyncAsync();

        await _a.SyncAsync();
        await AssertConvergedAsync();
        Assert.Equal("from a", _a.Get(_id).Secret.Notes);
    }

    /// <summary>Both edit the notes, b later, and another field each; a has synced.</summary>
    private async Task ConflictAsync()
    {
        _a.Edit(_id, new EntryEdit { Notes = "from a", Email = "a@example.com" });
        await Task.Delay(20);
        _b.Edit(_id, new EntryEdit { Notes = "from b", Url = "https://b.example/" });
        await _a.SyncAsync();
    }

    private async Task AssertConvergedAsync()
    {
        await _a.SyncAsync();
        await _b.SyncAsync();
        await _a.SyncAsync();
        Assert.Empty((await _a.SyncAsync()).Changes);
        Assert.Empty((await _b.SyncAsync()).Changes);
        Assert.Equal(_a.Dump(), _b.Dump());
    }

    private sealed class OffsetClock(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
    }
}
