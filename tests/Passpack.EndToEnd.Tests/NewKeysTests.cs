using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>The keys of an account are replaced, on the real server, with the real key derivation at its lowest cost.</summary>
public sealed class NewKeysTests : IAsyncLifetime
{
    private const string Old = RealAccount.PackingKey, New = Worker.NewPackingKey;

    private readonly RealAccount _account = new();
    private Machine _a = null!;
    private Machine _b = null!;

    public async ValueTask InitializeAsync()
    {
        await _account.InitializeAsync();
        _a = await MachineAsync("a");
        _b = await MachineAsync("b");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Machine machine in new[] { _a, _b })
            machine.Vault.Dispose();
        await _account.DisposeAsync();
    }

    [Fact]
    public async Task All_that_is_online_is_sealed_anew_and_nothing_changes_for_anybody()
    {
        Guid kept = _a.Add("kept", new EntryEdit { Password = "one", Tags = ["tag"], Favorite = true }).Id, deleted = _a.Add("deleted").Id;
        await _a.SyncAsync();
        await _a.OnlineAsync(new OnlineEdit { Id = kept, Values = new EntryEdit { Tags = ["online"], Favorite = true } });
        await OnlineVault.ApplyAsync(_a.Vault, [new OnlineEdit { Id = deleted, Delete = true }]);
        await _a.SyncAsync();
        await _b.SyncAsync();
        string shown = _a.Dump();
        string? before = await Changes(_b);

        IReadOnlyList<string> done = await ReplaceAsync(_a);

        Assert.Contains(done, sentence => sentence.Contains("epoch 2", StringComparison.Ordinal));
        Assert.Equal(shown, _a.Dump());
        Assert.All(await OnlineAsync(_a), record => Assert.Equal(2, Epoch(record)));
        // What came down before opens here still, and so does what is sealed anew.
        Assert.Equal("one", _a.Get(kept).Secret.Password);
        Assert.Equal(("tag", true), (Assert.Single(_a.Get(kept).Summary.Tags) is "online" or "tag" ? "tag" : "", _a.Get(kept).Summary.Favorite));
        Assert.Empty((await _a.SyncAsync()).Changes);

        // The other machine is told, takes the keys over with the new Packing Key, and sees no change.
        PasspackException told = await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync());
        Assert.Equal(ErrorCodes.KeysReplacedOnline, told.ErrorId);
        Assert.Contains("were replaced online", told.Message, StringComparison.Ordinal);
        Assert.Equal(Alignment.KeysReplaced, _b.Vault.Describe().Alignment);
        string vault = _b.DumpVault();
        Assert.Single(await RealAccount.UpdateAsync(_b.Vault, New, whatIf: true));
        Assert.Equal(vault, _b.DumpVault());
        Assert.Single(await RealAccount.UpdateAsync(_b.Vault, New));
        SyncResult result = await _b.SyncAsync();
        Assert.Empty(result.Changes);
        Assert.Equal(shown, _b.Dump());
        Assert.Equal(before, await Changes(_b));
        Assert.Equal(Alignment.Aligned, _b.Vault.Describe().Alignment);
        _account.AssertNothingLeaked(New);
    }

    [Fact]
    public async Task A_thief_of_old_folder_Packing_Key_and_server_reads_nothing_that_is_newer()
    {
        _a.Add("before", new EntryEdit { Password = "old secret" });
        await _a.SyncAsync();
        await _b.SyncAsync();
        string stolen = Path.Combine(_b.Home.Path, "..", "stolen");
        CopyFolder(_b.Home.Path, stolen);

        await ReplaceAsync(_a);
        Guid after = _a.Add("after", new EntryEdit { Password = "new secret" }).Id;
        await _a.SyncAsync();

        var home = new DataFolder(stolen);
        using SecretBytes old = RealAccount.Secret(Old);
        using LocalVault vault = LocalVault.Unlock(home, _account.UserId, old);
        // The token that lies in the folder sleeps for ever: what could wake it are the new keys.
        Assert.Equal(ErrorCodes.KeysReplacedOnline, (await Assert.ThrowsAsync<PasspackException>(() => VaultSync.RunAsync(vault, new SyncOptions()))).ErrorId);
        Assert.Equal(ErrorCodes.PackingKeyMismatch, (await Assert.ThrowsAsync<PasspackException>(() => RealAccount.UpdateAsync(vault, Old))).ErrorId);
        using VaultUse use = vault.Use();
        // All bytes that the server has, under all keys that the thief has.
        foreach (RecordChange record in await OnlineAsync(_a))
        {
            bool opens = RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> summary, out _)
                && use.Keys.TryOpen(RecordStream.Data, RecordPart.Summary, record.Id, record.Version, summary, out _);
            Assert.False(opens);
            Assert.False(use.Keys.TryOpen((RecordStream)record.Stream, record.Deleted ? RecordPart.Tombstone : RecordPart.Whole, record.Id, record.Version, record.Body, out _));
        }
        Assert.Equal("new secret", _a.Get(after).Secret.Password);
        // With the Password, too, he does not get in: the new keys are under the new Packing Key.
        Assert.Equal(ErrorCodes.PackingKeyMismatch, (await Assert.ThrowsAsync<PasspackException>(() => _account.ConnectAsync(home))).ErrorId);
    }

    [Fact]
    public async Task A_machine_that_was_offline_brings_its_edits_tags_and_trash_over()
    {
        Guid edited = _a.Add("edited", new EntryEdit { Password = "one" }).Id, trashed = _a.Add("trashed").Id, tagged = _a.Add("tagged").Id;
        await _a.SyncAsync();
        await _b.SyncAsync();
        _b.Edit(edited, new EntryEdit { Password = "two" });
        _b.Trash(trashed);
        _b.Edit(tagged, new EntryEdit { Tags = ["own"], Favorite = true });
        Guid added = _b.Add("added", new EntryEdit { Password = "new here" }).Id;

        await ReplaceAsync(_a);
        await RealAccount.UpdateAsync(_b.Vault, New);
        SyncResult result = await _b.SyncAsync();

        Assert.Equal(["added", "edited"], result.Changes.Where(change => change.Action == SyncAction.Pushed).Select(change => change.Name).Order());
        Assert.Equal("two", _b.Get(edited).Secret.Password);
        Assert.Equal(["own"], _b.Get(tagged).Summary.Tags);
        Assert.True(_b.Get(tagged).Summary.Favorite);
        await _a.SyncAsync();
        Assert.Equal("two", _a.Get(edited).Secret.Password);
        Assert.Equal("new here", _a.Get(added).Secret.Password);
        Assert.Equal(_a.Has(trashed), _b.Has(trashed));
        Assert.All(await OnlineAsync(_a), record => Assert.Equal(2, Epoch(record)));
    }

    [Fact]
    public async Task A_conflict_across_the_replacement_makes_the_same_copy()
    {
        Guid id = _a.Add("n", new EntryEdit { Password = "one" }).Id;
        await _a.SyncAsync();
        await _b.SyncAsync();
        _b.Edit(id, new EntryEdit { Password = "of b" });
        await ReplaceAsync(_a);
        _a.Edit(id, new EntryEdit { Password = "of a" });
        await _a.SyncAsync();
        await RealAccount.UpdateAsync(_b.Vault, New);
        await _b.SyncAsync(ConflictPolicy.KeepBoth);
        await _a.SyncAsync();
        Assert.Equal(_b.Dump(), _a.Dump());
        Assert.Equal(["of a", "of b"], _a.Vault.ListFull(new EntryQuery()).Select(entry => entry.Secret.Password).Order());
    }

    [Fact]
    public async Task Of_two_machines_that_replace_at_once_one_wins()
    {
        _a.Add("n");
        await _a.SyncAsync();
        await _b.SyncAsync();
        Exception?[] outcomes = await Task.WhenAll(Outcome(_a, New), Outcome(_b, "the Packing Key of the other machine"));
        Assert.Single(outcomes, outcome => outcome is null);
        PasspackException lost = Assert.IsType<PasspackException>(Assert.Single(outcomes, outcome => outcome is not null));
        Assert.Contains(lost.ErrorId, new[] { ErrorCodes.KeysReplacedOnline, ErrorCodes.PackingKeyChangedOnline, ErrorCodes.DeviceRevoked });
        bool isA = outcomes[0] is null;
        (Machine winner, Machine loser) = isA ? (_a, _b) : (_b, _a);
        await RealAccount.UpdateAsync(loser.Vault, isA ? New : "the Packing Key of the other machine");
        await loser.SyncAsync();
        Assert.Equal(winner.Dump(), loser.Dump());

        async Task<Exception?> Outcome(Machine machine, string to) => await Record.ExceptionAsync(() => ReplaceAsync(machine, to));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_is_lost_is_asked_for(bool reached)
    {
        Guid id = _a.Add("n", new EntryEdit { Password = "one" }).Id;
        await _a.SyncAsync();
        bool silent = false;
        _account.Hostile.Lie = async exchange =>
        {
            if (exchange.Is(Routes.KeyRecord) && exchange.Method == "PUT")
                silent = !reached || (await exchange.HonestAsync()).Status == 204;
            return silent ? null : await exchange.HonestAsync();
        };
        await Assert.ThrowsAsync<PasspackException>(() => ReplaceAsync(_a));
        _account.Hostile.Lie = null;
        // Until another attempt finds out, either Packing Key unlocks.
        Assert.Equal((true, true), (_account.Unlocks(_a.Home, Old), _account.Unlocks(_a.Home, New)));

        await ReplaceAsync(_a);

        Assert.Equal((false, true), (_account.Unlocks(_a.Home, Old), _account.Unlocks(_a.Home, New)));
        Assert.Equal("one", _a.Get(id).Secret.Password);
        Assert.All(await OnlineAsync(_a), record => Assert.Equal(2, Epoch(record)));
    }

    [Fact]
    public async Task A_waiting_push_of_before_is_not_lost()
    {
        _a.Add("first");
        await _a.SyncAsync();
        await _b.SyncAsync();
        Guid id = _b.Add("waiting", new EntryEdit { Password = "waits" }).Id;
        _account.Hostile.Lie = async exchange => exchange.Is(Routes.Pushes) ? null : await exchange.HonestAsync();
        await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync());
        _account.Hostile.Lie = null;

        await ReplaceAsync(_a);
        Assert.Equal(ErrorCodes.KeysReplacedOnline, (await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync())).ErrorId);
        await RealAccount.UpdateAsync(_b.Vault, New);
        await _b.SyncAsync();
        await _a.SyncAsync();
        Assert.Equal("waits", _a.Get(id).Secret.Password);
        Assert.All(await OnlineAsync(_a), record => Assert.Equal(2, Epoch(record)));
    }

    [Fact]
    public async Task Keys_are_replaced_again_and_a_new_machine_comes_in()
    {
        Guid id = _a.Add("n", new EntryEdit { Password = "one" }).Id;
        await _a.SyncAsync();
        _a.Edit(id, new EntryEdit { Password = "two" });
        await _a.SyncAsync();
        await ReplaceAsync(_a);
        await ReplaceAsync(_a, "the third Packing Key of all", New);
        _a.Edit(id, new EntryEdit { Password = "three" });
        await _a.SyncAsync();
        Assert.All(await OnlineAsync(_a), record => Assert.Equal(3, Epoch(record)));
        // Two epochs behind, the server alone can say so.
        Assert.Contains("says that", (await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync())).Message, StringComparison.Ordinal);
        await RealAccount.UpdateAsync(_b.Vault, "the third Packing Key of all");
        await _b.SyncAsync();
        Assert.Equal("three", _b.Get(id).Secret.Password);

        using LocalVault vault = await _account.ConnectAsync(_account.NewHome(), packingKeyText: "the third Packing Key of all");
        await VaultSync.RunAsync(vault, new SyncOptions());
        Assert.Equal("three", vault.ListFull(new EntryQuery { Id = id }).Single().Secret.Password);
        // What the server keeps of before is readable, until it is purged.
        Assert.Equal(["two", "one"], (await OnlineVault.HistoryAsync(vault, id)).Select(version => version.ReadSecret().Password));
        Assert.Contains(" 1 earlier", await OnlineKeys.PurgeAsync(vault), StringComparison.Ordinal);
        Assert.Equal(["two"], (await OnlineVault.HistoryAsync(vault, id)).Select(version => version.ReadSecret().Password));
    }

    [Fact]
    public async Task The_same_Packing_Key_is_taken_over_only_with_a_checkpoint()
    {
        _a.Add("n");
        await _a.SyncAsync();
        await _b.SyncAsync();
        await ReplaceAsync(_a, Old);
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => RealAccount.UpdateAsync(_b.Vault, Old));
        Assert.Equal(ErrorCodes.KeysReplacedOnline, refused.ErrorId);
        Assert.Contains("-Checkpoint", refused.Message, StringComparison.Ordinal);
        using SecretBytes key = RealAccount.Secret(Old);
        string checkpoint = _a.Vault.Describe().Checkpoint!.ToString()!, another = $"{new Checkpoint(1, new byte[32])}";
        Assert.Equal(ErrorCodes.ServerTampered,
            (await Assert.ThrowsAsync<PasspackException>(() => OnlineKeys.UpdateAsync(_b.Vault, key, checkpoint: another))).ErrorId);
        Assert.Single(await OnlineKeys.UpdateAsync(_b.Vault, key, checkpoint: checkpoint));
        await _b.SyncAsync();
        Assert.Equal(_a.Dump(), _b.Dump());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_across_an_epoch_needs_a_checkpoint_of_it(bool isOfTheEpochBefore)
    {
        Guid id = _b.Add("not sent", new EntryEdit { Password = "waits" }).Id;
        await _a.SyncAsync();
        await _b.SyncAsync(whatIf: true);
        string before = _a.Vault.Describe().Checkpoint!.ToString()!, invented = $"{new Checkpoint(2, new byte[32])}";
        await ReplaceAsync(_a, Old);
        _b.Vault.Dispose();
        Assert.Equal(ErrorCodes.KeysReplacedOnline, (await Assert.ThrowsAsync<PasspackException>(() => _account.ConnectAsync(_b.Home))).ErrorId);
        Assert.Equal(ErrorCodes.ServerTampered,
            (await Assert.ThrowsAsync<PasspackException>(() => _account.ConnectAsync(_b.Home, isOfTheEpochBefore ? before : invented))).ErrorId);

        // Nothing was changed by either: the vault is of its epoch still, and opens.
        using (SecretBytes old = RealAccount.Secret(Old))
        using (LocalVault vault = LocalVault.Unlock(_b.Home, _account.UserId, old))
        {
            Assert.Equal("waits", vault.ReadSecret(id).Password);
            using VaultUse use = vault.Use();
            Assert.Equal(1, AccountRow.Load(use.Connection, use.Keys).Epoch);
        }
        using LocalVault after = await _account.ConnectAsync(_b.Home, _a.Vault.Describe().Checkpoint!.ToString());
        await VaultSync.RunAsync(after, new SyncOptions());
        await _a.SyncAsync();
        Assert.Equal("waits", _a.Get(id).Secret.Password);
        Assert.All(await OnlineAsync(_a), record => Assert.Equal(2, Epoch(record)));
    }

    [Fact]
    public async Task The_loser_of_a_conflict_that_waits_follows_what_was_sealed_anew()
    {
        Guid id = _a.Add("n", new EntryEdit { Password = "one" }).Id;
        await _a.SyncAsync();
        await _b.SyncAsync();
        _a.Edit(id, new EntryEdit { Password = "of a" });
        await _a.SyncAsync();
        _b.Edit(id, new EntryEdit { Password = "of b" });
        // Settled here, and the push that tells so never arrives.
        _account.Hostile.Lie = async exchange => exchange.Is(Routes.Pushes) ? null : await exchange.HonestAsync();
        await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync(ConflictPolicy.PreferLocal));
        _account.Hostile.Lie = null;
        await ReplaceAsync(_a);
        await _a.SyncAsync();
        await RealAccount.UpdateAsync(_b.Vault, New);
        await _b.SyncAsync(ConflictPolicy.PreferLocal);
        await _a.SyncAsync();
        Assert.Equal((_b.Dump(), "of b"), (_a.Dump(), _a.Get(id).Secret.Password));
        Assert.All(await OnlineAsync(_a), record => Assert.Equal(2, Epoch(record)));
    }

    [Fact]
    public async Task A_machine_that_comes_later_finishes_what_was_begun()
    {
        _a.Add("n");
        await _a.SyncAsync();
        int pushes = 0;
        _account.Hostile.Lie = async exchange => exchange.Is(Routes.Pushes) && ++pushes > 0 ? null : await exchange.HonestAsync();
        await Assert.ThrowsAsync<PasspackException>(() => ReplaceAsync(_a));
        _account.Hostile.Lie = null;
        Assert.Contains(1, (await OnlineAsync(_a)).Select(Epoch));
        using LocalVault vault = await _account.ConnectAsync(_account.NewHome(), packingKeyText: New);
        await VaultSync.RunAsync(vault, new SyncOptions());
        Assert.All(await OnlineAsync(_a), record => Assert.Equal(2, Epoch(record)));
    }

    [Fact]
    public async Task A_server_that_is_restored_gets_the_new_keys_again()
    {
        Guid id = _a.Add("n", new EntryEdit { Password = "one" }).Id;
        await _a.SyncAsync();
        string copy = await _account.Server.BackUpAsync();
        await ReplaceAsync(_a);
        await ReplaceAsync(_a, "the third Packing Key of all", New);
        _a.Edit(id, new EntryEdit { Password = "after" });
        await _a.SyncAsync();
        await _account.Server.RestoreAsync(copy);
        Directory.Delete(copy, recursive: true);

        (await _account.ConnectAsync(_a.Home, packingKeyText: "the third Packing Key of all", acceptRollback: true)).Dispose();
        using SecretBytes key = RealAccount.Secret("the third Packing Key of all");
        using LocalVault vault = LocalVault.Unlock(_a.Home, _account.UserId, key);
        await VaultSync.RunAsync(vault, new SyncOptions { AcceptRollback = true });
        Assert.Equal("after", vault.ListFull(new EntryQuery { Id = id }).Single().Secret.Password);
        var machine = new Machine("a", _a.Home, vault);
        Assert.All(await OnlineAsync(machine), record => Assert.Equal(3, Epoch(record)));
        Assert.Empty((await machine.SyncAsync()).Changes);
    }

    [Fact]
    public async Task A_process_that_has_the_old_keys_writes_nothing_more()
    {
        using SecretBytes old = RealAccount.Secret(Old);
        using LocalVault other = LocalVault.Unlock(_a.Home, _account.UserId, old);
        _a.Add("n");
        await _a.SyncAsync();
        await ReplaceAsync(_a);
        var stale = new Machine("a", _a.Home, other);
        Assert.Equal(ErrorCodes.VaultLocked, Assert.Throws<PasspackException>(() => stale.Add("too late")).ErrorId);
        Assert.Equal(ErrorCodes.VaultLocked, (await Assert.ThrowsAsync<PasspackException>(() => stale.SyncAsync())).ErrorId);
    }

    private async Task<Machine> MachineAsync(string name)
    {
        DataFolder home = _account.Home(name);
        return new Machine(name, home, await _account.ConnectAsync(home));
    }

    private static async Task<IReadOnlyList<string>> ReplaceAsync(Machine machine, string to = New, string from = Old)
    {
        using SecretBytes password = RealAccount.Secret(RealAccount.Password), packingKey = RealAccount.Secret(from), newPackingKey = RealAccount.Secret(to);
        return await OnlineKeys.ReplaceKeysAsync(machine.Vault, password, packingKey, newPackingKey);
    }

    /// <summary>All newest states that the server has.</summary>
    private static async Task<IReadOnlyList<RecordChange>> OnlineAsync(Machine machine)
    {
        using SyncRun run = SyncRun.OpenReadOnly(machine.Vault);
        var records = new List<RecordChange>();
        string? page = null;
        do
        {
            ChangePage answer = await run.GetAsync(Routes.Changes, page is null ? "?after=0" : $"?after=0&page={page}", ChangePage.ReadAsync, CancellationToken.None);
            records.AddRange(answer.Changes);
            page = answer.NextPage;
        }
        while (page is not null);
        Assert.NotEmpty(records);
        return records;
    }

    private static int Epoch(RecordChange record) => ResealedRecord.EpochOf(record.Stream, record.Deleted, record.Body);

    /// <summary>What a user sees of a machine beside its entries: history, trash, tags of its own.</summary>
    private static Task<string?> Changes(Machine machine)
    {
        using VaultUse use = machine.Vault.Use();
        return Task.FromResult<string?>(use.Connection.Scalar<string>(
            "SELECT (SELECT count(*) FROM history) || ' ' || (SELECT count(*) FROM local_data) || ' ' || (SELECT count(*) FROM local_tags)"));
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            Directory.CreateDirectory(folder.Replace(from, to, StringComparison.Ordinal));
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, file.Replace(from, to, StringComparison.Ordinal));
    }
}
