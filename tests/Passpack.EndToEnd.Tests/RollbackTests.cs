using Passpack.EndToEnd.Tests.Model;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Manifests;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>
/// A real server that is stopped, set back to a copy of its files, and started again, on both sides of which entries are edited, made,
/// deleted and tagged: refused, until the user accepts it; then nothing is lost and all machines agree.
/// </summary>
public sealed class RollbackTests : IAsyncLifetime
{
    private static readonly SyncOptions s_accept = new() { AcceptRollback = true };

    private readonly RealServer _server = new();
    private readonly Clock _clock = new();
    private readonly List<string> _copies = [];
    private TestAccount _account = null!;
    private Machine _a = null!;
    private Machine _b = null!;
    private Machine _c = null!;

    public async ValueTask InitializeAsync()
    {
        await _server.InitializeAsync();
        _account = await TestAccount.RegisterAsync(_server);
        _a = await _account.MachineAsync("a", _clock);
        _b = await _account.MachineAsync("b", _clock);
        _c = await _account.MachineAsync("c", _clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _account.DisposeAsync();
        await _server.DisposeAsync();
        foreach (string copy in _copies)
            Directory.Delete(copy, recursive: true);
    }

    [Fact]
    public async Task Refused_until_it_is_accepted_and_the_error_names_the_way_on()
    {
        await LostEditAsync();
        string before = _a.DumpVault();

        PasspackException refused = await RefusedAsync(_a, new SyncOptions());

        Assert.Equal(ErrorCodes.ServerRolledBack, refused.ErrorId);
        Assert.Contains("-AcceptRollback", refused.Message, StringComparison.Ordinal);
        Assert.Contains("only if", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, _a.DumpVault());
    }

    [Fact]
    public async Task What_was_lost_goes_up_again_and_both_machines_agree()
    {
        Guid edited = await SharedAsync("edited", new EntryEdit { Password = "old", Notes = "kept" });
        Guid tagged = await SharedAsync("tagged");
        Guid retagged = await SharedAsync("retagged");
        await _a.OnlineAsync(new OnlineEdit { Id = retagged, Values = new EntryEdit { Tags = ["before"], Favorite = true } });
        await SyncAllAsync();
        string copy = await CopyAsync();
        _a.Edit(edited, new EntryEdit { Password = "new" });
        Guid made = _b.Add("made", new EntryEdit { Notes = "after the copy" }).Id;
        await SyncAllAsync();
        await _a.OnlineAsync(new OnlineEdit { Id = tagged, Values = new EntryEdit { Tags = ["online"], Favorite = true } });
        await _a.OnlineAsync(new OnlineEdit { Id = retagged, Values = new EntryEdit { Tags = ["after"], Favorite = false } });
        await SyncAllAsync();
        string before = _a.Dump();
        Checkpoint left = _a.Vault.Describe().Checkpoint!;
        await _server.RestoreAsync(copy);

        SyncResult accepted = await _a.SyncAsync(s_accept);

        Assert.Equal(new[] { edited, tagged, retagged, made }.Order(), accepted.Changes.Select(change => change.Id).Order());
        Assert.All(accepted.Changes, change => Assert.Equal(SyncAction.Pushed, change.Action));
        Assert.Equal(["User ID/Password"], accepted.Changes.Single(change => change.Id == edited).Fields);
        Assert.Equal(["Tags", "Favorite"], accepted.Changes.Single(change => change.Id == tagged).Fields);
        Assert.Equal(before, _a.Dump());
        Assert.Equal($"{left}", $"{await NamedAsync(_a)}");
        Assert.Contains((await RefusedAsync(_b, new SyncOptions())).ErrorId, new[] { ErrorCodes.ServerRolledBack, ErrorCodes.ServerTampered });
        Assert.Empty((await _b.SyncAsync(s_accept)).Changes);
        await AssertConvergedAsync(before);
        EntrySummary online = (await OnlineVault.ListAsync(_c.Vault, new EntryQuery { Id = retagged })).Single();
        Assert.Equal(("after", false), (Assert.Single(online.Tags), online.Favorite));
        Assert.Equal("online", Assert.Single(_c.Get(tagged).Summary.Tags));
        Assert.Contains("-before-rollback", Assert.Single(_a.Vault.Describe().Backups), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_was_not_ahead_simply_syncs_on_whichever_comes_first()
    {
        Guid kept = await SharedAsync("kept", new EntryEdit { Notes = "kept" });
        string copy = await CopyAsync();
        Guid lost = _a.Add("lost", new EntryEdit { Notes = "lost" }).Id;
        await _a.SyncAsync();
        await _server.RestoreAsync(copy);
        // It has not seen what was lost, and goes on: the account is as far as the first machine knows it, by another way.
        _c.Edit(kept, new EntryEdit { Notes = "edited after the restore" });
        await _c.SyncAsync();

        PasspackException refused = await RefusedAsync(_a, new SyncOptions());
        Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
        Assert.Contains("-AcceptRollback", refused.Message, StringComparison.Ordinal);
        SyncResult accepted = await _a.SyncAsync(s_accept);

        Assert.Equal([(kept, SyncAction.Pulled), (lost, SyncAction.Pushed)], accepted.Changes.Select(change => (change.Id, change.Action)));
        Assert.Equal(lost, Assert.Single((await _c.SyncAsync()).Changes).Id);
        await AssertConvergedAsync();
        Assert.Equal("edited after the restore", _a.Get(kept).Secret.Notes);
    }

    [Fact]
    public async Task Edits_on_both_sides_of_the_restore_are_merged_or_settled_by_policy()
    {
        Guid other = await SharedAsync("other fields", new EntryEdit { Notes = "n", Url = "u" });
        Guid same = await SharedAsync("same field", new EntryEdit { Notes = "n" });
        string copy = await CopyAsync();
        _a.Edit(other, new EntryEdit { Notes = "lost edit" });
        _a.Edit(same, new EntryEdit { Notes = "lost edit" });
        await _a.SyncAsync();
        await _server.RestoreAsync(copy);
        _clock.Pass();
        _c.Edit(other, new EntryEdit { Url = "edit after the restore" });
        _c.Edit(same, new EntryEdit { Notes = "edit after the restore" });
        await _c.SyncAsync();

        SyncResult accepted = await _a.SyncAsync(s_accept);

        Assert.Equal([SyncAction.Conflict, SyncAction.Conflict], accepted.Changes.Where(change => change.Action == SyncAction.Conflict).Select(change => change.Action));
        await AssertConvergedAsync();
        Assert.Equal(("lost edit", "edit after the restore"), (_c.Get(other).Secret.Notes, _c.Get(other).Summary.Url));
        Assert.Equal("edit after the restore", _c.Get(same).Secret.Notes);
        // The loser can be restored on every machine.
        Assert.Contains(await OnlineVault.HistoryAsync(_c.Vault, same), version => version.ReadSecret().Notes == "lost edit");
    }

    [Fact]
    public async Task A_deletion_that_the_server_lost_is_not_repeated_and_a_later_one_holds()
    {
        Guid lostDeletion = await SharedAsync("lost deletion", new EntryEdit { Notes = "1" });
        Guid newDeletion = await SharedAsync("new deletion", new EntryEdit { Notes = "2" });
        Guid localTrash = await SharedAsync("in the local trash");
        string copy = await CopyAsync();
        Guid lostEntry = _a.Add("lost, then in the local trash", new EntryEdit { Notes = "3" }).Id;
        await _a.OnlineAsync(new OnlineEdit { Id = lostDeletion, Delete = true });
        await _a.SyncAsync();
        _a.Trash(localTrash);
        _a.Trash(lostEntry);
        await _server.RestoreAsync(copy);
        await _c.OnlineAsync(new OnlineEdit { Id = newDeletion, Delete = true });

        SyncResult accepted = await _a.SyncAsync(s_accept);

        Assert.Equal(SyncAction.Restored, accepted.Changes.Single(change => change.Id == lostDeletion).Action);
        Assert.Equal(SyncAction.Deleted, accepted.Changes.Single(change => change.Id == newDeletion).Action);
        Assert.Equal(SyncAction.Restored, accepted.Changes.Single(change => change.Id == localTrash).Action);
        Assert.Equal(SyncAction.Pushed, accepted.Changes.Single(change => change.Id == lostEntry).Action);
        await AssertConvergedAsync();
        Assert.True(_c.Has(lostDeletion) && _c.Has(lostEntry) && _c.Has(localTrash));
        Assert.True(_a.HasInTrash(newDeletion) && _c.HasInTrash(newDeletion));
        // Deleted again, it stays deleted.
        await _a.OnlineAsync(new OnlineEdit { Id = lostDeletion, Delete = true });
        await AssertConvergedAsync();
        Assert.True(_c.HasInTrash(lostDeletion));
    }

    [Fact]
    public async Task An_entry_that_came_back_after_a_deletion_comes_back_again()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "kept" });
        await _a.OnlineAsync(new OnlineEdit { Id = id, Delete = true });
        await SyncAllAsync();
        string copy = await CopyAsync();
        _a.Restore(id);
        await _a.SyncAsync();
        await _server.RestoreAsync(copy);

        Assert.Equal((id, SyncAction.Pushed), Assert.Single((await _a.SyncAsync(s_accept)).Changes.Select(change => (change.Id, change.Action))));
        await AssertConvergedAsync();
        Assert.Equal("kept", _c.Get(id).Secret.Notes);
    }

    [Fact]
    public async Task Three_machines_at_three_points_converge_without_a_made_up_conflict()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "0" });
        Guid unpushed = await SharedAsync("unpushed", new EntryEdit { Notes = "0" });
        string copy = await CopyAsync();
        _a.Edit(id, new EntryEdit { Notes = "1" });
        await _a.SyncAsync();
        await _b.SyncAsync();
        _clock.Pass();
        _a.Edit(id, new EntryEdit { Notes = "2" });
        Guid newest = _a.Add("newest").Id;
        await _a.SyncAsync();
        // Ahead, with an edit that was never online; and one that was not ahead, with another.
        _b.Edit(unpushed, new EntryEdit { Email = "b@example.com" });
        _c.Edit(unpushed, new EntryEdit { Url = "https://c.example/" });
        await _server.RestoreAsync(copy);

        await _a.SyncAsync(s_accept);
        Assert.DoesNotContain((await _c.SyncAsync()).Changes, change => change.Action == SyncAction.Conflict);
        Assert.Equal(ErrorCodes.ServerTampered, (await RefusedAsync(_b, new SyncOptions { Policy = ConflictPolicy.PreferLocal })).ErrorId);
        // What it only had from online must not stand against what is newer there, whoever is preferred.
        SyncResult accepted = await _b.SyncAsync(s_accept with { Policy = ConflictPolicy.PreferLocal });

        Assert.DoesNotContain(accepted.Changes, change => change.Action == SyncAction.Conflict);
        await AssertConvergedAsync();
        Assert.Equal("2", _b.Get(id).Secret.Notes);
        Assert.True(_b.Has(newest));
        Assert.Equal(("b@example.com", "https://c.example/"), (_a.Get(unpushed).Summary.Email, _a.Get(unpushed).Summary.Url));
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public async Task The_machine_that_was_least_ahead_may_come_first(int first)
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "0" });
        string copy = await CopyAsync();
        foreach ((Machine machine, int i) in new[] { (_c, 1), (_b, 2), (_a, 3) })
        {
            await machine.SyncAsync();
            machine.Edit(id, new EntryEdit { Notes = $"{i}" });
            machine.Add($"of {machine.Name}");
            await machine.SyncAsync();
            _clock.Pass();
        }
        await _server.RestoreAsync(copy);
        Machine[] order = [.. new[] { _a, _b, _c }.Skip(first).Concat(new[] { _a, _b, _c }.Take(first))];

        foreach (Machine machine in order)
        {
            Assert.Contains((await RefusedAsync(machine, new SyncOptions())).ErrorId, new[] { ErrorCodes.ServerRolledBack, ErrorCodes.ServerTampered });
            await machine.SyncAsync(s_accept);
        }

        await AssertConvergedAsync();
        Assert.Equal("3", _c.Get(id).Secret.Notes);
        Assert.Equal(4, _c.Vault.Describe().Entries);
    }

    [Fact]
    public async Task The_plan_shows_what_the_run_does_and_writes_nothing()
    {
        Guid edited = await LostEditAsync();
        _a.Add("never pushed");
        string before = _a.DumpVault();

        SyncResult plan = await _a.SyncAsync(s_accept with { WhatIf = true });

        Assert.True(plan.IsPlan);
        Assert.Equal(before, _a.DumpVault());
        Assert.Empty(_a.Vault.Describe().Backups);
        Assert.Contains(plan.Changes, change => change.Id == edited && change.Action == SyncAction.Pushed);
        SyncResult run = await _a.SyncAsync(s_accept);
        Assert.Equal(plan.Details(), run.Details());
    }

    [Fact]
    public async Task Where_the_server_did_not_go_back_the_switch_changes_nothing()
    {
        await SharedAsync("n");
        SyncResult result = await _a.SyncAsync(s_accept);
        Assert.Equal((1, 0), (result.Requests, result.Changes.Count));
        Assert.Empty(_a.Vault.Describe().Backups);
    }

    [Fact]
    public async Task A_conflict_that_stops_the_sync_leaves_everything_as_it_was()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "0" });
        string copy = await CopyAsync();
        _a.Edit(id, new EntryEdit { Notes = "lost" });
        await _a.SyncAsync();
        await _server.RestoreAsync(copy);
        _c.Edit(id, new EntryEdit { Url = "after" });
        await _c.SyncAsync();
        string before = _a.DumpVault();

        Assert.Equal(ErrorCodes.SyncConflict, (await RefusedAsync(_a, s_accept with { Policy = ConflictPolicy.Stop })).ErrorId);
        Assert.Equal(before, _a.DumpVault());
    }

    [Fact]
    public async Task A_record_of_a_stream_that_this_version_does_not_know_goes_up_again_as_it_was()
    {
        const byte unknown = 9;
        await SharedAsync("n");
        string copy = await CopyAsync();
        var id = Guid.NewGuid();
        byte[] body = [.. new byte[RecordHeader.Size], 1, 2, 3, 4];
        using (VaultUse sealing = _b.Vault.Use())
            new RecordHeader(sealing.Keys.VaultId, 1, (RecordStream)unknown, RecordPart.Whole, id, 7).Write(body);
        await PushAsync(_b, new RecordChange(unknown, id, 7, false, RecordBody.Digest(body), body));
        await SyncAllAsync();
        await _server.RestoreAsync(copy);

        await _a.SyncAsync(s_accept);

        await _c.SyncAsync(s_accept);
        using VaultUse use = _c.Vault.Use();
        MirrorRecord found = Mirror.Find(use.Connection, new(unknown, id))!;
        Assert.Equal((7L, false), (found.Version, found.Deleted));
        Assert.Equal(body, found.Head);
    }

    [Fact]
    public async Task Killed_at_every_step_it_is_done_by_the_next()
    {
        int step = 0;
        bool killed;
        do
        {
            Guid edited = await SharedAsync($"edited {step}", new EntryEdit { Notes = "0" });
            string copy = await CopyAsync();
            _a.Edit(edited, new EntryEdit { Notes = "lost" });
            _a.Add($"lost {step}");
            await _a.SyncAsync();
            await _a.OnlineAsync(new OnlineEdit { Id = edited, Values = new EntryEdit { Tags = ["lost"] } });
            string before = _a.Dump();
            Checkpoint left = _a.Vault.Describe().Checkpoint!;
            await _server.RestoreAsync(copy);

            killed = await Worker.RunUntilAsync("accept", _account, _a, ++step);

            using (VaultUse use = _a.Vault.Use())
                Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA integrity_check"));
            Assert.Equal(before, _a.Dump());
            Assert.Equal("lost", Assert.Single(_a.Get(edited).Summary.Tags));
            SyncResult next = await _a.SyncAsync(s_accept);
            Assert.DoesNotContain(next.Changes, change => change.Action is SyncAction.Conflict or SyncAction.Damaged);
            Assert.Equal($"{left}", $"{await NamedAsync(_a)}");
            await AssertConvergedAsync(before);
            Assert.Equal("lost", Assert.Single(_c.Get(edited).Summary.Tags));
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step, 10, 60);
    }

    [Fact]
    public async Task A_push_that_was_never_answered_is_not_taken_for_the_next_of_another_history()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "0" });
        await using HostileServer wire = await HostileServer.StartAsync(_server.Address);
        Machine d = await _account.MachineAsync("d", server: wire.Address);
        string copy = await CopyAsync();
        _a.Edit(id, new EntryEdit { Notes = "lost" });
        await _a.SyncAsync();
        await d.SyncAsync();
        d.Edit(id, new EntryEdit { Email = "d@example.com" });
        // Its push is cut off before it arrives, and waits.
        wire.Lie = async exchange => exchange.Is(Routes.Pushes) ? null : await exchange.HonestAsync();
        Assert.Equal(ErrorCodes.ServerUnreachable, (await RefusedAsync(d, new SyncOptions())).ErrorId);
        await _server.RestoreAsync(copy);
        _c.Edit(id, new EntryEdit { Url = "after" });
        await _c.SyncAsync();
        wire.Lie = null;

        Assert.Equal(ErrorCodes.ServerTampered, (await RefusedAsync(d, new SyncOptions())).ErrorId);
        await d.SyncAsync(s_accept);
        await AssertConvergedAsync();
        FullEntry entry = _c.Get(id);
        Assert.Equal(("lost", "d@example.com", "after"), (entry.Secret.Notes, entry.Summary.Email, entry.Summary.Url));
    }

    [Fact]
    public async Task Still_refused_are_weaker_keys_and_records_that_do_not_add_up()
    {
        await LostEditAsync();
        await using HostileServer wire = await HostileServer.StartAsync(_server.Address);
        using (VaultUse use = _a.Vault.Use())
            (Moved(use, wire.Address.AbsoluteUri) with { KeyGeneration = 2 }).Save(use.Connection, use.Keys);
        string before = _a.DumpVault();
        PasspackException older = await RefusedAsync(_a, s_accept);
        Assert.Equal(ErrorCodes.ServerRolledBack, older.ErrorId);
        Assert.Contains("'Connect-PasspackAccount", older.Message, StringComparison.Ordinal);
        Assert.Equal(before, _a.DumpVault());

        using (VaultUse use = _a.Vault.Use())
            (AccountRow.Load(use.Connection) with { KeyGeneration = 1 }).Save(use.Connection, use.Keys);
        before = _a.DumpVault();
        wire.Lie = Lies.Page(page => page with { Changes = [.. page.Changes.Skip(1)] });
        Assert.Equal(ErrorCodes.ServerTampered, (await RefusedAsync(_a, s_accept)).ErrorId);
        Assert.Equal(before, _a.DumpVault());
        Assert.Empty(_a.Vault.Describe().Backups);
    }

    /// <summary>An edit that the server forgets, and two machines know of.</summary>
    private async Task<Guid> LostEditAsync()
    {
        Guid id = await SharedAsync("n", new EntryEdit { Notes = "0" });
        string copy = await CopyAsync();
        _a.Edit(id, new EntryEdit { Notes = "lost" });
        await _a.SyncAsync();
        await _b.SyncAsync();
        await _server.RestoreAsync(copy);
        return id;
    }

    private async Task<Guid> SharedAsync(string name, EntryEdit? values = null)
    {
        Guid id = _a.Add(name, values).Id;
        await _a.SyncAsync();
        await _b.SyncAsync(s_accept);
        await _c.SyncAsync();
        return id;
    }

    private async Task SyncAllAsync()
    {
        foreach (Machine machine in new[] { _a, _b })
            await machine.SyncAsync();
    }

    private async Task<string> CopyAsync()
    {
        _copies.Add(await _server.BackUpAsync());
        return _copies[^1];
    }

    private async Task AssertConvergedAsync(string? dump = null)
    {
        foreach (Machine machine in new[] { _a, _b, _c, _a, _b, _c })
            await machine.SyncAsync(s_accept);
        foreach (Machine machine in new[] { _a, _b, _c })
        {
            Assert.Empty((await machine.SyncAsync()).Changes);
            Assert.Equal(dump ?? _a.Dump(), machine.Dump());
        }
        // Who comes anew is served the same, and verifies it.
        Machine newcomer = await _account.MachineAsync($"{Guid.NewGuid():N}");
        await newcomer.SyncAsync(new SyncOptions { Checkpoint = _a.Vault.Describe().Checkpoint!.ToString() });
        Assert.Equal(_a.Dump(), newcomer.Dump());
    }

    /// <summary>The account as if it had been connected by that address.</summary>
    private static AccountRow Moved(VaultUse use, string server)
    {
        AccountRow account = AccountRow.Load(use.Connection, use.Keys);
        using SecretBytes token = SealedToken.Open(use.Keys, account)!;
        return account with { Server = server, DeviceToken = SealedToken.Seal(use.Keys, account.DeviceId!.Value, token.Span, server, account.UserId) };
    }

    private static async Task<PasspackException> RefusedAsync(Machine machine, SyncOptions options) =>
        await Assert.ThrowsAsync<PasspackException>(() => machine.SyncAsync(options));

    /// <summary>The newest head that a manifest of the served chain says was left.</summary>
    private static async Task<Checkpoint?> NamedAsync(Machine machine)
    {
        using SyncRun run = await SyncRun.StartAsync(machine.Vault, new SyncOptions(), null, default);
        ManifestPage page = await run.GetAsync(Routes.Manifests, "?after=0&before=1000000", ProtocolJson.Default.ManifestPage, default);
        return page.Manifests.Select(link => Manifest.Open(run.Keys, run.Identity, link)!.Left).LastOrDefault(left => left is not null);
    }

    private static async Task PushAsync(Machine machine, RecordChange record)
    {
        using SyncRun run = await SyncRun.StartAsync(machine.Vault, new SyncOptions(), null, default);
        Assert.Equal(PushResult.Accepted, await new Push(run).PushAsync([record], default));
    }
}
