using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Lies to a machine that was connected before, or that has a checkpoint of one that was.</summary>
public sealed class ReconnectTamperingTests(RealAccount account) : IClassFixture<RealAccount>
{
    [Fact]
    public async Task Keys_older_than_last_seen()
    {
        DataFolder home = account.NewHome();
        account.Hostile.Lie = ConnectTamperingTests.Keys(record => RealAccount.Wrap(account.Keys(), RealAccount.PackingKey, generation: 2, account.UserId));
        (await account.ConnectAsync(home)).Dispose();
        await RefusedAsync(home, ErrorCodes.ServerRolledBack, null);
    }

    [Fact]
    public async Task Key_derivation_weaker_than_last_seen()
    {
        DataFolder home = account.NewHome();
        account.Hostile.Lie = ConnectTamperingTests.Keys(record => RealAccount.Wrap(account.Keys(), RealAccount.PackingKey, generation: 2, account.UserId, log2N: 16));
        (await account.ConnectAsync(home)).Dispose();
        await RefusedAsync(home, ErrorCodes.ServerTampered,
            ConnectTamperingTests.Keys(record => RealAccount.Wrap(account.Keys(), RealAccount.PackingKey, generation: 3, account.UserId)));
    }

    [Fact]
    public async Task Keys_of_another_account_with_the_same_Packing_Key()
    {
        DataFolder home = account.NewHome();
        (await account.ConnectAsync(home)).Dispose();
        using var other = new VaultKeys(SecretBytes.Random(32), Guid.NewGuid(), 1);
        KeyRecord record = RealAccount.Wrap(other, RealAccount.PackingKey, generation: 1, account.UserId);
        await RefusedAsync(home, ErrorCodes.PackingKeyMismatch, ConnectTamperingTests.Keys(_ => record));
    }

    [Fact]
    public async Task Checkpoint_of_another_history_at_the_first_connection()
    {
        DataFolder home = account.NewHome();
        string other = $"{new Checkpoint(1, new byte[32])}";
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => account.ConnectAsync(home, other));
        Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
        Assert.Empty(home.Accounts());
        // Nothing is in the way of connecting again.
        (await account.ConnectAsync(home)).Dispose();
        account.AssertNothingLeaked();
    }

    [Fact]
    public async Task Checkpoint_of_another_history_at_a_renewed_connection()
    {
        DataFolder home = account.NewHome();
        using LocalVault vault = await account.ConnectAsync(home);
        await VaultSync.RunAsync(vault, new SyncOptions());
        int devices = (await Devices.ListAsync(vault)).Count;
        string before = Row(home);
        await using HostileServer elsewhere = await HostileServer.StartAsync(account.Hostile.Address);
        string beyond = $"{new Checkpoint(1000, new byte[32])}";
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => account.ConnectAsync(home, beyond, elsewhere.Address));
        Assert.Equal(ErrorCodes.ServerRolledBack, refused.ErrorId);
        Assert.Equal(before, Row(home));
        // The link that was there before holds.
        await VaultSync.RunAsync(vault, new SyncOptions());
        Assert.Equal(devices, (await Devices.ListAsync(vault)).Count);
    }

    [Fact]
    public async Task Proof_of_the_Password_weaker_than_last_seen_is_refused_before_it_is_made()
    {
        DataFolder home = account.NewHome();
        (await account.ConnectAsync(home)).Dispose();
        // As if it had been asked for at twice the cost before.
        account.ChangeRow(home, row =>
        {
            Assert.Equal(KdfParameters.Floor.ToString(), row.LoginKdf);
            return row with { LoginKdf = (KdfParameters.Floor with { Log2N = 16 }).ToString() };
        });
        bool signedIn = false;
        await RefusedAsync(home, ErrorCodes.ServerTampered, async exchange =>
        {
            signedIn |= exchange.Is(Routes.Login);
            return await exchange.HonestAsync();
        });
        Assert.False(signedIn);
    }

    [Fact]
    public async Task Checkpoint_of_another_history_when_an_offline_account_joins()
    {
        DataFolder home = account.NewHome();
        using SecretBytes packingKey = SecretBytes.FromChars(RealAccount.PackingKey);
        using (LocalVault offline = LocalVault.Create(home, account.UserId, packingKey))
        using (VaultWriter writer = offline.BeginWrite())
        {
            writer.Add(new EntryEdit { Name = "made offline" });
            writer.Commit();
        }
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => account.ConnectAsync(home, $"{new Checkpoint(1, new byte[32])}"));
        Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
        LocalAccountInfo info = AccountInspector.Describe(home.Account(account.UserId));
        Assert.Null(info.Problem);
        Assert.Null(info.Server);
        Assert.Empty(info.Quarantined);
        using (LocalVault offline = LocalVault.Unlock(home, account.UserId, packingKey))
            Assert.Equal("made offline", Assert.Single(offline.List(new EntryQuery())).Name);
        // Nothing is in the way of joining, once the checkpoint is not asked for.
        using LocalVault joined = await account.ConnectAsync(home);
        Assert.Equal("made offline", Assert.Single(joined.List(new EntryQuery())).Name);
        Assert.Single(AccountInspector.Describe(home.Account(account.UserId)).Quarantined);
    }

    private async Task RefusedAsync(DataFolder home, string errorId, Lie? lie)
    {
        string before = Row(home);
        account.Hostile.Lie = lie;
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => account.ConnectAsync(home));
        account.Hostile.Lie = null;
        Assert.Equal(errorId, refused.ErrorId);
        Assert.Equal(before, Row(home));
        account.AssertNothingLeaked();
    }

    private string Row(DataFolder home)
    {
        using VaultConnection connection = VaultFile.Open(home.Account(account.UserId));
        AccountRow row = AccountRow.Load(connection);
        return $"{row} {Convert.ToHexString(row.DeviceToken!)} {Convert.ToHexString(row.ManifestHash ?? [])}";
    }
}
