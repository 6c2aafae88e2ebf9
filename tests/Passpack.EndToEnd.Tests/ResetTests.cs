using System.Diagnostics;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>The whole way of a reset, and a real process that ends by SIGKILL at every step of it.</summary>
public sealed class ResetTests : IAsyncLifetime
{
    private readonly RealAccount _account = new();
    private LocalVault _friend = null!;
    private Guid _shared;
    private Guid _deleted;

    public async ValueTask InitializeAsync()
    {
        await _account.InitializeAsync();
        _friend = await _account.ConnectAsync(_account.Home("friend"));
        _shared = Add(_friend, new EntryEdit { Name = "shared", Password = "p", Notes = "notes" });
        _deleted = Add(_friend, new EntryEdit { Name = "deleted online" });
        await SyncAsync(_friend);
        await OnlineVault.ApplyAsync(_friend, [new OnlineEdit { Id = _shared, Values = new EntryEdit { Tags = ["online tag"] } }]);
    }

    public async ValueTask DisposeAsync()
    {
        _friend.Dispose();
        await _account.DisposeAsync();
    }

    [Fact]
    public async Task A_reset_loses_nothing()
    {
        DataFolder home = _account.NewHome();
        Guid added = await UseAsync(home, "1");
        Guid device = Device(home);
        await OnlineVault.ApplyAsync(_friend, [new OnlineEdit { Id = _deleted, Delete = true }, new OnlineEdit { Id = _shared, Values = new EntryEdit { Email = "of@friend.example" } }]);
        List<AccountResetStep> steps = await ResetAsync(home);
        Assert.Equal(["BackedUp", "Quarantined", "Connected", "Synced", "Imported", "Pushed", "Completed"], steps.Select(step => step.Step));
        Assert.All(steps.Where(step => step.Path is not null), step => Assert.True(File.Exists(step.Path)));
        await AssertWholeAsync(home, added, "1");
        using LocalVault vault = Unlock(home);
        Assert.NotNull(vault.Get(_deleted).Trashed); // Deleted online meanwhile, and not edited here.
        Assert.Equal("of@friend.example", vault.Get(_shared).Email);
        Assert.Equal("notes", vault.ReadSecret(vault.History(_shared).Last(version => version.IsData)).Notes);
        // The token that lies in the vault that was set aside serves nobody any more.
        Assert.DoesNotContain(await Devices.ListAsync(vault), known => known.Id == device);
        _account.AssertNothingLeaked();
        // The backup that was saved on the way holds all that was there, and opens with the Packing Key.
        using SecretBytes key = SecretBytes.FromChars(RealAccount.PackingKey);
        using BackupSource saved = BackupSource.Open(steps[0].Path!, null, key, home.Account(_account.UserId));
        Assert.Equal(["deleted online", "new here 1", "shared"], saved.Read(e => throw e).Select(entry => entry.Content!.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_wrong_key_shows_before_anything_is_touched()
    {
        DataFolder home = _account.NewHome();
        await UseAsync(home, "1");
        using SecretBytes password = SecretBytes.FromChars(RealAccount.Password), wrong = SecretBytes.FromChars("not the Packing Key");
        using LocalVault vault = Unlock(home);
        var reset = new AccountReset(home, _account.UserId, password, wrong) { Unlocked = vault, Derivation = KdfParameters.Floor };
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(async () => await reset.RunAsync().ToListAsync());
        Assert.Equal(ErrorCodes.PackingKeyMismatch, refused.ErrorId);
        LocalAccountInfo info = AccountInspector.Describe(home.Account(_account.UserId));
        Assert.Equal((null, null, 0), (info.Problem, info.Reset, info.Quarantined.Count));
        Unlock(home).Dispose();
    }

    [Fact]
    public async Task A_proof_of_the_Password_weaker_than_last_seen_is_made_at_no_step()
    {
        string floor = KdfParameters.Floor.ToString(), more = (KdfParameters.Floor with { Log2N = 16 }).ToString();
        DataFolder home = _account.NewHome();
        AccountFolder folder = home.Account(_account.UserId);
        Guid added = await UseAsync(home, "1");
        SetLoginKdf(more);
        bool signedIn = false;
        _account.Hostile.Lie = Lies.About(Routes.Login, async exchange =>
        {
            signedIn = true;
            return await exchange.HonestAsync();
        });
        Assert.Equal(ErrorCodes.ServerTampered, (await Assert.ThrowsAsync<PasspackException>(() => ResetAsync(home))).ErrorId);
        Assert.False(signedIn);
        Assert.Equal((null, null, 0), (AccountInspector.Describe(folder).Problem, AccountInspector.Describe(folder).Reset, AccountInspector.Describe(folder).Quarantined.Count));

        // Once the vault is set aside, its knowledge still counts.
        SetLoginKdf(floor);
        using (SecretBytes password = SecretBytes.FromChars(RealAccount.Password), packingKey = SecretBytes.FromChars(RealAccount.PackingKey))
        {
            await foreach (AccountResetStep step in new AccountReset(home, _account.UserId, password, packingKey) { Derivation = KdfParameters.Floor }.RunAsync())
            {
                if (step.Step == "Quarantined")
                    break;
            }
        }
        string state = await File.ReadAllTextAsync(folder.ResetFile, TestContext.Current.CancellationToken);
        Assert.Contains(floor, state, StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder.ResetFile, state.Replace(floor, more, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        signedIn = false;
        Assert.Equal(ErrorCodes.ServerTampered, (await Assert.ThrowsAsync<PasspackException>(() => ResetAsync(home))).ErrorId);
        Assert.False(signedIn);
        AssertKnownPlace(folder, added);

        _account.Hostile.Lie = null;
        await File.WriteAllTextAsync(folder.ResetFile, state, TestContext.Current.CancellationToken);
        Assert.Equal("Completed", (await ResetAsync(home))[^1].Step);
        await AssertWholeAsync(home, added, "1");

        void SetLoginKdf(string value) => _account.ChangeRow(home, row => row with { LoginKdf = value });
    }

    [Fact]
    public async Task Keys_older_than_last_seen_are_refused_before_anything_is_set_aside()
    {
        DataFolder home = _account.NewHome();
        AccountFolder folder = home.Account(_account.UserId);
        await UseAsync(home, "1");
        _account.ChangeRow(home, row => row with { KeyGeneration = row.KeyGeneration + 1 });
        Assert.Equal(ErrorCodes.ServerRolledBack, (await Assert.ThrowsAsync<PasspackException>(() => ResetAsync(home))).ErrorId);
        Assert.Equal((true, null, 0), (folder.Exists, AccountInspector.Describe(folder).Reset, AccountInspector.Describe(folder).Quarantined.Count));
    }

    [Fact]
    public async Task After_an_emergency_the_vault_that_was_set_aside_gives_what_was_in_it()
    {
        DataFolder home = _account.NewHome();
        Guid added = await UseAsync(home, "1");
        string aside = VaultQuarantine.SetAside(home.Account(_account.UserId));
        using (LocalVault vault = await _account.ConnectAsync(home))
        {
            await SyncAsync(vault);
            // The same account: what is unlocked opens it.
            using BackupSource source = BackupSource.Open(aside, vault, null, vault.Folder);
            Assert.Contains(VaultRestore.Run(vault, source), result => result.Id == added && result.Action == RestoreAction.Added);
            await SyncAsync(vault);
        }
        await AssertWholeAsync(home, added, "1");
    }

    [Fact]
    public async Task Killed_at_every_step_of_a_reset()
    {
        int step = 0;
        bool killed;
        do
        {
            string mark = $"{++step}";
            DataFolder home = _account.NewHome();
            AccountFolder folder = home.Account(_account.UserId);
            Guid added = await UseAsync(home, mark);
            using (Process process = Worker.Start($"reset {_account.Hostile.Address}", home, _account.UserId, "", step))
                killed = await Worker.EndOfAsync(process);
            AssertKnownPlace(folder, added);
            if (killed)
                Assert.Equal("Completed", (await ResetAsync(home))[^1].Step);
            await AssertWholeAsync(home, added, mark);
            Assert.Null(AccountInspector.Describe(folder).Reset);
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step, 30, 150);
    }

    /// <summary>All that was there is in the live vault, or where the account says that it was set aside.</summary>
    private void AssertKnownPlace(AccountFolder folder, Guid added)
    {
        LocalAccountInfo info = AccountInspector.Describe(folder);
        ResetState? state = ResetState.Load(folder);
        using SecretBytes key = SecretBytes.FromChars(RealAccount.PackingKey);
        if (state is { IsSetAside: true })
        {
            Assert.Contains(state.Quarantine, info.Reset, StringComparison.Ordinal);
            Assert.Contains(state.Backup, info.Reset, StringComparison.Ordinal);
            foreach (string path in new[] { state.Backup, Path.Combine(state.Quarantine, "vault.db") })
            {
                using BackupSource source = BackupSource.Open(path, null, key, folder);
                Assert.Contains(source.Read(e => throw e), entry => entry.Id == added);
            }
            return;
        }
        Assert.True(folder.Exists);
        using LocalVault vault = Unlock(new DataFolder(Path.GetDirectoryName(Path.GetDirectoryName(folder.Path))!));
        Assert.Equal(added, vault.Get(added).Id);
    }

    /// <summary>A machine with an entry and an edit that no sync took up.</summary>
    private async Task<Guid> UseAsync(DataFolder home, string mark)
    {
        using LocalVault vault = await _account.ConnectAsync(home);
        await SyncAsync(vault);
        Guid added = Add(vault, new EntryEdit { Name = $"new here {mark}", Password = "of here", Tags = ["tag of here"], Favorite = true });
        using VaultWriter writer = vault.BeginWrite();
        writer.Edit(added, new EntryEdit { Notes = "edited here" });
        writer.Edit(_shared, new EntryEdit { Notes = $"notes of here {mark}" });
        writer.Commit();
        return added;
    }

    private async Task AssertWholeAsync(DataFolder home, Guid added, string mark)
    {
        await SyncAsync(_friend);
        Assert.Equal("edited here", _friend.ReadSecret(added).Notes);
        Assert.Equal($"notes of here {mark}", _friend.ReadSecret(_shared).Notes);
        using LocalVault vault = Unlock(home);
        EntrySummary entry = vault.Get(added);
        Assert.Equal(($"new here {mark}", "tag of here", true, "of here"), (entry.Name, entry.Tags.Single(), entry.Favorite, vault.ReadSecret(added).Password));
        Assert.Equal("online tag", vault.Get(_shared).Tags.Single());
        Assert.Single(vault.List(new EntryQuery { Name = entry.Name }));
        Assert.NotEmpty(vault.History(added));
        Assert.Empty((await SyncAsync(vault)).Changes);
    }

    private async Task<List<AccountResetStep>> ResetAsync(DataFolder home)
    {
        using SecretBytes password = SecretBytes.FromChars(RealAccount.Password), packingKey = SecretBytes.FromChars(RealAccount.PackingKey);
        var reset = new AccountReset(home, _account.UserId, password, packingKey) { Derivation = KdfParameters.Floor };
        List<AccountResetStep> steps = await reset.RunAsync().ToListAsync();
        reset.Result!.Dispose();
        return steps;
    }

    private LocalVault Unlock(DataFolder home)
    {
        using SecretBytes packingKey = SecretBytes.FromChars(RealAccount.PackingKey);
        return LocalVault.Unlock(home, _account.UserId, packingKey);
    }

    private Guid Device(DataFolder home)
    {
        using VaultConnection connection = VaultFile.Open(home.Account(_account.UserId));
        return AccountRow.Load(connection).DeviceId!.Value;
    }

    private static Guid Add(LocalVault vault, EntryEdit values)
    {
        using VaultWriter writer = vault.BeginWrite();
        Guid id = writer.Add(values).Id;
        writer.Commit();
        return id;
    }

    private static Task<SyncResult> SyncAsync(LocalVault vault) => VaultSync.RunAsync(vault, new SyncOptions());
}
