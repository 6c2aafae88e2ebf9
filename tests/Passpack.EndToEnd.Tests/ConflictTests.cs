using Passpack.EndToEnd.Tests.Model;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Rows 4, 5 and 11 of the table in docs/sync.md under every policy, between two machines over the real server.</summary>
[Trait("Pace", "Quick")]
public sealed class ConflictTests(RealServer server) : TwoMachineTests(server)
{
    private Guid _id;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _id = await SharedAsync("n", new EntryEdit
        {
            UserId = "u",
            Password = "p",
            Notes = "base",
            ExtraFields = [new("one", "text", "1"), new("two", "text", "2")],
        });
    }

    [Fact]
    public async Task Row_04_different_fields_are_merged()
    {
        A.Edit(_id, new EntryEdit { Notes = "from a", ExtraFields = [new("one", "text", "1a"), new("two", "text", "2")] });
        B.Edit(_id, new EntryEdit { Url = "https://b.example/", ExtraFields = [new("one", "text", "1"), new("three", "text", "3")] });
        await A.SyncAsync();

        SyncChange merged = Assert.Single((await B.SyncAsync()).Changes);
        Assert.Equal(SyncAction.Merged, merged.Action);
        await A.SyncAsync();

        FullEntry entry = A.Get(_id);
        Assert.Equal(("from a", "https://b.example/"), (entry.Secret.Notes, entry.Summary.Url));
        Assert.Equal([new("one", "text", "1a"), new("three", "text", "3")], entry.Secret.ExtraFields);
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task Row_04_type_expiry_and_the_source_of_an_import_are_merged()
    {
        DateTimeOffset expires = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
        A.Edit(_id, new EntryEdit { Type = "card", Imported = Imported("a") });
        Clock.Pass();
        B.Edit(_id, new EntryEdit { Expires = expires, ExtraFields = [new("code", "totp", "otpauth://totp/x?secret=JBSWY3DP")], Imported = Imported("b") });
        await A.SyncAsync();
        Assert.Equal(SyncAction.Merged, Assert.Single((await B.SyncAsync()).Changes).Action);
        await A.SyncAsync();

        FullEntry entry = A.Get(_id);
        Assert.Equal(("card", expires, EntryFlags.Totp), (entry.Summary.Type, entry.Summary.Expires, entry.Summary.Flags));
        Assert.Equal(Imported("b"), entry.Secret.Imported);
        await AssertConvergedAsync();

        static ImportTrace Imported(string hash) => new("Kdbx", "id", hash, new Dictionary<string, string>());
    }

    [Fact]
    public async Task Row_05_user_id_and_password_are_one_field()
    {
        A.Edit(_id, new EntryEdit { UserId = "other", Password = "other's" });
        Clock.Pass();
        B.Edit(_id, new EntryEdit { Password = "new" });
        await A.SyncAsync();
        await B.SyncAsync();
        await AssertConvergedAsync();
        Assert.Equal(("u", "new"), (A.Get(_id).Summary.UserId, A.Get(_id).Secret.Password));
    }

    [Theory]
    [InlineData(ConflictPolicy.Newest, "from b")]
    [InlineData(ConflictPolicy.PreferLocal, "from b")]
    [InlineData(ConflictPolicy.PreferOnline, "from a")]
    [InlineData(ConflictPolicy.KeepBoth, "from b")]
    public async Task Row_05_the_same_field_goes_by_policy_and_the_others_are_merged(ConflictPolicy policy, string winner)
    {
        await ConflictAsync();

        SyncResult result = await B.SyncAsync(policy);

        SyncChange conflict = Assert.Single(result.Changes, change => change.Action == SyncAction.Conflict);
        Assert.Equal(["Notes"], conflict.Fields);
        await AssertConvergedAsync();
        FullEntry entry = A.Get(_id);
        Assert.Equal((winner, "a@example.com", "https://b.example/"), (entry.Secret.Notes, entry.Summary.Email, entry.Summary.Url));
        Assert.Equal(policy == ConflictPolicy.KeepBoth ? 2 : 1, A.Vault.List(new EntryQuery()).Count());
    }

    [Fact]
    public async Task KeepBoth_makes_the_loser_an_entry_of_its_own_the_same_on_both_machines()
    {
        await ConflictAsync();
        await B.SyncAsync(ConflictPolicy.KeepBoth);
        await AssertConvergedAsync();
        FullEntry copy = Assert.Single(A.Vault.ListFull(new EntryQuery()), entry => entry.Summary.Id != _id);
        Assert.StartsWith("n (conflict ", copy.Summary.Name, StringComparison.Ordinal);
        Assert.Equal("from a", copy.Secret.Notes);
    }

    [Fact]
    public async Task The_copy_of_KeepBoth_has_the_tags_that_this_machine_shows_and_they_stay_here()
    {
        await ConflictAsync();
        B.Edit(_id, new EntryEdit { Tags = ["work", "x, y"] });
        SyncResult result = await B.SyncAsync(ConflictPolicy.KeepBoth);
        Guid copy = Assert.Single(result.Changes, change => change.Action == SyncAction.Conflict).CopyId!.Value;
        Assert.Equal(["work", "x, y"], B.Get(copy).Summary.Tags);
        Assert.Equal(["work", "x, y"], B.Get(_id).Summary.Tags);
        await A.SyncAsync();
        Assert.Empty(A.Get(copy).Summary.Tags);
    }

    [Theory]
    [InlineData(ConflictPolicy.PreferOnline)]
    [InlineData(ConflictPolicy.Newest)]
    public async Task A_losing_local_edit_goes_up_as_an_earlier_version(ConflictPolicy policy)
    {
        B.Edit(_id, new EntryEdit { Notes = "from b" });
        Clock.Pass();
        A.Edit(_id, new EntryEdit { Notes = "from a" });
        await A.SyncAsync();
        long before = A.Get(_id).Summary.Version;

        await B.SyncAsync(policy);
        Assert.Empty((await A.SyncAsync()).Changes);

        Assert.Equal("from a", A.Get(_id).Secret.Notes);
        Assert.Equal(before + 2, A.Get(_id).Summary.Version);
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task Stop_writes_nothing_on_either_side_and_Resolve_settles_it()
    {
        await ConflictAsync();
        Guid other = B.Add("other").Id;
        string before = B.Dump();

        SyncResult plan = await B.SyncAsync(new SyncOptions { Policy = ConflictPolicy.Stop, WhatIf = true });
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(() => B.SyncAsync(ConflictPolicy.Stop));

        Assert.Equal(ErrorCodes.SyncConflict, error.ErrorId);
        Assert.Equal(_id, Assert.Single(((SyncResult)error.Target!).Changes).Id);
        Assert.StartsWith($"One entry of {Account.UserId} was changed on both sides: \"{B.Get(_id).Summary.Name}\" ({_id}). ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($" Settle it with Sync-PasspackVault -Resolve @{{ '{_id}' = 'Local' }} (or 'Online'), or choose another -ConflictPolicy.", error.Message, StringComparison.Ordinal);
        Assert.Contains(plan.Changes, change => change.Id == _id && change.Action == SyncAction.Conflict);
        Assert.Equal(before, B.Dump());
        Assert.Equal(2, B.Vault.Describe().PendingChanges);
        Assert.DoesNotContain((await A.SyncAsync()).Changes, change => change.Id == other);

        await B.SyncAsync(new SyncOptions { Policy = ConflictPolicy.Stop, Resolve = new Dictionary<Guid, ConflictPolicy> { [_id] = ConflictPolicy.PreferOnline } });
        await AssertConvergedAsync();
        Assert.Equal("from a", B.Get(_id).Secret.Notes);
    }

    [Theory]
    [InlineData(ConflictPolicy.PreferLocal, true)]
    [InlineData(ConflictPolicy.KeepBoth, true)]
    [InlineData(ConflictPolicy.PreferOnline, false)]
    public async Task Row_11_by_policy(ConflictPolicy policy, bool editWins)
    {
        B.Edit(_id, new EntryEdit { Notes = "edited" });
        await A.OnlineAsync(new OnlineEdit { Id = _id, Delete = true });

        Assert.Equal(SyncAction.Conflict, Assert.Single((await B.SyncAsync(policy)).Changes).Action);
        await A.SyncAsync();

        Assert.Equal(editWins, A.Has(_id));
        Assert.Equal(!editWins, B.HasInTrash(_id));
        Assert.Equal("edited", B.Vault.ReadSecret(_id).Notes);
    }

    [Fact]
    public async Task An_edit_time_far_ahead_of_the_clock_does_not_win()
    {
        var ahead = new Clock { Off = (long)TimeSpan.FromHours(1).TotalMilliseconds };
        Machine c = await Account.MachineAsync("c", ahead);
        await c.SyncAsync();
        c.Edit(_id, new EntryEdit { Notes = "from a wrong clock" });
        A.Edit(_id, new EntryEdit { Notes = "from a" });
        await c.SyncAsync();

        await A.SyncAsync();
        await AssertConvergedAsync();
        Assert.Equal("from a", A.Get(_id).Secret.Notes);
    }

    /// <summary>Both edit the notes, b later, and another field each; a has synced.</summary>
    private async Task ConflictAsync()
    {
        A.Edit(_id, new EntryEdit { Notes = "from a", Email = "a@example.com" });
        Clock.Pass();
        B.Edit(_id, new EntryEdit { Notes = "from b", Url = "https://b.example/" });
        await A.SyncAsync();
    }
}
