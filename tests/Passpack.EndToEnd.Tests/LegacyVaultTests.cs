using Passpack.LegacyVaults;
using Passpack.EndToEnd.Tests.Support;
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

/// <summary>Local accounts of earlier pack versions: what they can do, and what becomes of them.</summary>
public sealed class LegacyVaultTests(RealServer server) : IClassFixture<RealServer>
{
    private const string PackingKey = "the Packing Key of an aged vault";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_misaligned_account_unlocks_and_does_not_sync(int packVersion)
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: PackingKey);
        (Machine machine, Guid id) = await AgeAsync(account, packVersion);
        string before = machine.DumpVault();
        Assert.Equal((packVersion, Alignment.Misaligned), (machine.Vault.Describe().PackVersion, AccountInspector.Describe(machine.Vault.Folder).Alignment));

        Assert.False(RealAccount.Unlocks(machine.Home, account.UserId, "not the Packing Key"));
        using SecretBytes packingKey = RealAccount.Secret(PackingKey), newPackingKey = RealAccount.Secret("another Packing Key");
        using (LocalVault vault = LocalVault.Unlock(machine.Home, account.UserId, packingKey))
        {
            Assert.Equal("password", vault.ReadSecret(id).Password);
            Assert.Equal(["tag"], Assert.Single(vault.List(new EntryQuery())).Tags);
            PasspackException told = await RefusedAsync(() => VaultSync.RunAsync(vault, new SyncOptions()));
            Assert.Contains("Reset-PasspackLocalAccount", told.Message, StringComparison.Ordinal);
            Assert.Contains("docs/recovery.md", told.Message, StringComparison.Ordinal);
            await RefusedAsync(() => VaultSync.RunAsync(vault, new SyncOptions { WhatIf = true }));
            await RefusedAsync(() => OnlineVault.ListAsync(vault, new EntryQuery()));
            await RefusedAsync(() => OnlineKeys.UpdateAsync(vault));
            await RefusedAsync(() => OnlineKeys.UpdateAsync(vault, packingKey));
            Assert.Equal(Alignment.Misaligned, await OnlineKeys.AlignmentAsync(vault));
        }
        await RefusedAsync(() => Connecting.ConnectAsync(new(machine.Home, server.Address, account.UserId, newPackingKey, packingKey)));
        await RefusedAsync(() => OnlineKeys.ChangePackingKeyAsync(machine.Home, account.UserId, newPackingKey, packingKey, RealAccount.Secret("a third Packing Key")));
        Assert.Equal(before, machine.DumpVault());
        Assert.Empty(machine.Vault.Describe().Backups);

        // Leaving is open to it.
        await Disconnecting.DisconnectAsync(machine.Vault);
        await RefusedAsync(() => Task.Run(() => LocalVault.ChangePackingKey(machine.Home, account.UserId, packingKey, newPackingKey)));
        await RefusedAsync(() => Registration.RegisterAsync(new(machine.Home, server.Address, account.UserId, newPackingKey, packingKey)));
        Assert.Equal(Alignment.Misaligned, machine.Vault.Describe().Alignment);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task The_next_sync_converts_and_says_so(int packVersion)
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: PackingKey);
        (Machine machine, Guid id) = await AgeAsync(account, packVersion);
        Assert.Equal(Alignment.ConversionNeeded, AccountInspector.Describe(machine.Vault.Folder).Alignment);
        Assert.False(RealAccount.Unlocks(machine.Home, account.UserId, "not the Packing Key"));
        using SecretBytes packingKey = RealAccount.Secret(PackingKey);
        using LocalVault vault = LocalVault.Unlock(machine.Home, account.UserId, packingKey);
        var aged = new Machine("aged", machine.Home, vault);
        aged.Edit(id, new EntryEdit { Notes = "edited" });
        string before = aged.DumpVault();

        SyncResult plan = await aged.SyncAsync(whatIf: true);
        Assert.Contains($"from pack version {packVersion} to 7", Assert.Single(plan.Notices), StringComparison.Ordinal);
        Assert.Equal(before, aged.DumpVault());
        Assert.Empty(vault.Describe().Backups);

        SyncResult result = await aged.SyncAsync();
        string copy = Assert.Single(vault.Describe().Backups);
        Assert.Contains(copy, Assert.Single(result.Notices), StringComparison.Ordinal);
        Assert.Equal(SyncAction.Pushed, Assert.Single(result.Changes).Action);
        Assert.Equal(result.Notices, SyncHistory.List(vault, 1)[0].Result.Notices);
        Assert.Equal((7, Alignment.Aligned), (vault.Describe().PackVersion, vault.Describe().Alignment));
        Assert.Empty((await aged.SyncAsync()).Notices);
        Assert.True(RealAccount.Unlocks(machine.Home, account.UserId, PackingKey));

        // The copy is the vault as it was, whole.
        using VaultConnection kept = VaultConnection.Open(copy);
        Assert.Equal(packVersion, AccountRow.Load(kept).PackVersion);
        Assert.Equal(1, kept.Scalar<long>("SELECT count(*) FROM local_data"));
    }

    [Fact]
    public async Task Without_the_server_a_sync_converts_nothing_and_an_update_does()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: PackingKey);
        await using HostileServer gone = await HostileServer.StartAsync(server.Address);
        Machine machine = await account.MachineAsync("machine", server: gone.Address);
        using SecretBytes packingKey = RealAccount.Secret(PackingKey);
        LegacyVault.Make(machine.Home, account.UserId, packingKey, 5);
        gone.Lie = _ => Task.FromResult<Answer?>(null);
        using LocalVault vault = LocalVault.Unlock(machine.Home, account.UserId, packingKey);
        string before = machine.DumpVault();
        Assert.Equal(ErrorCodes.ServerUnreachable,
            (await Assert.ThrowsAsync<PasspackException>(() => new Machine("aged", machine.Home, vault).SyncAsync())).ErrorId);
        Assert.Equal(before, machine.DumpVault());

        Assert.Single(await OnlineKeys.UpdateAsync(vault, whatIf: true));
        Assert.Equal(before, machine.DumpVault());
        Assert.Single(await OnlineKeys.UpdateAsync(vault));
        Assert.Equal(7, vault.Describe().PackVersion);
        Assert.Empty(await OnlineKeys.UpdateAsync(vault));
    }

    [Fact]
    public async Task A_new_Packing_Key_or_going_online_brings_the_current_version()
    {
        using SecretBytes packingKey = RealAccount.Secret(PackingKey), newPackingKey = RealAccount.Secret("another Packing Key"),
            password = RealAccount.Secret("the Password");
        await using var real = new RealAccount();
        await real.InitializeAsync();
        DataFolder home = real.Home("offline");
        foreach (int packVersion in new[] { 5, 6 })
        {
            string userId = $"offline-{packVersion}@example.com";
            LocalVault.Create(home, userId, packingKey).Dispose();
            LegacyVault.Make(home, userId, packingKey, packVersion);
            if (packVersion == 5)
            {
                LocalVault.ChangePackingKey(home, userId, packingKey, newPackingKey);
                Assert.Equal((false, true), (RealAccount.Unlocks(home, userId, PackingKey), RealAccount.Unlocks(home, userId, "another Packing Key")));
            }
            else
            {
                using LocalVault vault = await Registration.RegisterAsync(new(home, server.Address, userId, password, packingKey));
                await VaultSync.RunAsync(vault, new SyncOptions());
            }
            LocalAccountInfo info = AccountInspector.Describe(home.Account(userId));
            Assert.Equal(7, info.PackVersion);
            Assert.Single(info.Backups);
        }

        // Connected anew with the keys that are online.
        DataFolder connected = real.Home("connected");
        (await real.ConnectAsync(connected)).Dispose();
        using (SecretBytes key = RealAccount.Secret(RealAccount.PackingKey))
            LegacyVault.Make(connected, real.UserId, key, 6);
        (await real.ConnectAsync(connected)).Dispose();
        Assert.Equal(7, AccountInspector.Describe(connected.Account(real.UserId)).PackVersion);
        Assert.Single(AccountInspector.Describe(connected.Account(real.UserId)).Backups);
    }

    [Fact]
    public async Task A_key_of_nothing_that_passes_the_padding_is_told_by_what_the_vault_holds()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: PackingKey);
        (Machine machine, _) = await AgeAsync(account, 2);
        using SecretBytes packingKey = RealAccount.Secret(PackingKey), nothing = SecretBytes.Random(32);
        // As a wrong Packing Key could have it that decrypts to well-formed Base64.
        using (VaultUse use = machine.Vault.Use())
        {
            AccountRow row = AccountRow.Load(use.Connection);
            (row with { KeyEnvelope = LegacyVault.Envelope(2, nothing, packingKey) }).Save(use.Connection, use.Keys);
        }
        Assert.False(RealAccount.Unlocks(machine.Home, account.UserId, PackingKey));

        // One damaged record makes the right key no wrong one.
        await using TestAccount other = await TestAccount.RegisterAsync(server.Address, packingKey: PackingKey);
        (Machine damaged, _) = await AgeAsync(other, 1);
        using (VaultUse use = damaged.Vault.Use())
            use.Connection.Execute("UPDATE account SET device_token = zeroblob(91)");
        Assert.True(RealAccount.Unlocks(damaged.Home, other.UserId, PackingKey));
    }

    [Theory]
    [InlineData("5#101003#AA==#AA==#AA==", 5)] // cut short
    [InlineData("6#101003#AA==#AA==#AA==", 5)] // of another version than the account
    [InlineData("", 3)]
    [InlineData("4#x#y#z", 4)]
    public async Task An_envelope_that_is_none_is_damage(string envelope, int packVersion)
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server.Address, packingKey: PackingKey);
        Machine machine = await account.MachineAsync("machine");
        using (VaultUse use = machine.Vault.Use())
            (AccountRow.Load(use.Connection) with { KeyEnvelope = envelope, PackVersion = packVersion }).Save(use.Connection, use.Keys);
        using SecretBytes packingKey = RealAccount.Secret(PackingKey);
        PasspackException told = Assert.Throws<PasspackException>(() => LocalVault.Unlock(machine.Home, account.UserId, packingKey));
        Assert.Equal(ErrorCodes.VaultDamaged, told.ErrorId);
    }

    /// <summary>A machine that has synced an entry, whose vault is of an earlier pack version then.</summary>
    private static async Task<(Machine Machine, Guid Id)> AgeAsync(TestAccount account, int packVersion)
    {
        Machine machine = await account.MachineAsync("machine");
        Guid id = machine.Add("entry", new EntryEdit { Password = "password", Tags = ["tag"] }).Id;
        await machine.SyncAsync();
        using SecretBytes packingKey = RealAccount.Secret(PackingKey);
        LegacyVault.Make(machine.Home, account.UserId, packingKey, packVersion);
        return (machine, id);
    }

    private static async Task<PasspackException> RefusedAsync(Func<Task> action)
    {
        PasspackException told = await Assert.ThrowsAsync<PasspackException>(action);
        Assert.Equal(ErrorCodes.PackMisaligned, told.ErrorId);
        return told;
    }
}
