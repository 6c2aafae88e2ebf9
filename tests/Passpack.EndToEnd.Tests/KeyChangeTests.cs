using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>The Packing Key and the Password changed, as users do it; and what the other machines meet.</summary>
public sealed class KeyChangeTests : IAsyncLifetime
{
    private const string New = "another Packing Key, a sentence as well", Third = "the Packing Key after that one";
    private readonly RealAccount _account = new();
    private DataFolder _home = null!;
    private LocalVault _vault = null!;
    private Machine _machine = null!;

    public async ValueTask InitializeAsync()
    {
        await _account.InitializeAsync();
        _home = _account.Home("machine");
        _vault = await _account.ConnectAsync(_home);
        _machine = new Machine("machine", _home, _vault);
        _machine.Add("entry", new EntryEdit { Password = "the entry's password" });
        await _machine.SyncAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _vault.Dispose();
        await _account.DisposeAsync();
    }

    [Fact]
    public async Task A_Packing_Key_is_changed_here_and_online_and_taken_over_by_another_machine()
    {
        DataFolder otherHome = _account.Home("other");
        using LocalVault otherVault = await _account.ConnectAsync(otherHome);
        var other = new Machine("other", otherHome, otherVault);
        await other.SyncAsync();

        await _account.ChangePackingKeyAsync(_home, New);
        Assert.Equal((false, true), (_account.Unlocks(_home, RealAccount.PackingKey), _account.Unlocks(_home, New)));
        _machine.Add("after the change");
        await _machine.SyncAsync();

        // The other machine goes on with what it has, is told, and shows it while it is locked.
        string before = other.DumpVault();
        Assert.Equal(ErrorCodes.PackingKeyChangedOnline, (await Assert.ThrowsAsync<PasspackException>(() => other.SyncAsync(whatIf: true))).ErrorId);
        Assert.Equal(before, other.DumpVault());
        Assert.Equal(Alignment.Aligned, otherVault.Describe().Alignment);
        PasspackException told = await Assert.ThrowsAsync<PasspackException>(() => other.SyncAsync());
        Assert.Equal(ErrorCodes.PackingKeyChangedOnline, told.ErrorId);
        Assert.Contains("Update-PasspackLocalAccount", told.Message, StringComparison.Ordinal);
        Assert.Equal(Alignment.PackingKeyChanged, AccountInspector.Describe(otherVault.Folder).Alignment);

        // A wrong one changes nothing, nor does a plan.
        before = other.DumpVault();
        PasspackException wrong = await Assert.ThrowsAsync<PasspackException>(() => RealAccount.UpdateAsync(otherVault, "not the new one at all"));
        Assert.Equal(ErrorCodes.PackingKeyMismatch, wrong.ErrorId);
        Assert.Single(await RealAccount.UpdateAsync(otherVault, New, whatIf: true));
        Assert.Equal(before, other.DumpVault());

        Assert.Single(await RealAccount.UpdateAsync(otherVault, New));
        Assert.Equal(Alignment.Aligned, otherVault.Describe().Alignment);
        Assert.Equal((false, true), (_account.Unlocks(otherHome, RealAccount.PackingKey), _account.Unlocks(otherHome, New)));
        Assert.Empty(await RealAccount.UpdateAsync(otherVault, New));
        await other.SyncAsync();
        Assert.Equal(_machine.Dump(), other.Dump());

        // Who does not know the old one any more connects with the new one.
        Assert.Equal(ErrorCodes.PackingKeyMismatch, (await Assert.ThrowsAsync<PasspackException>(() => _account.ConnectAsync(_account.NewHome()))).ErrorId);
        await _account.ChangePackingKeyAsync(_home, Third, New);
        (await _account.ConnectAsync(otherHome, packingKeyText: Third)).Dispose();
        Assert.Equal((false, true), (_account.Unlocks(otherHome, New), _account.Unlocks(otherHome, Third)));
        _account.AssertNothingLeaked(New, Third);
    }

    [Fact]
    public async Task What_is_refused_changes_nothing()
    {
        string before = _machine.DumpVault();
        await RefusedAsync(ErrorCodes.PasswordRejected, () => _account.ChangePackingKeyAsync(_home, New, passwordText: "wrong"));
        await RefusedAsync(ErrorCodes.PackingKeyMismatch, () => _account.ChangePackingKeyAsync(_home, New, from: "wrong Packing Key"));
        await RefusedAsync(ErrorCodes.KeyTooWeak, () => _account.ChangePackingKeyAsync(_home, "1234567"));
        await RefusedAsync(ErrorCodes.KeyTooWeak, () => _account.ChangePackingKeyAsync(_home, RealAccount.Password));
        await Assert.ThrowsAsync<ArgumentException>(() => _account.ChangePackingKeyAsync(_home, RealAccount.PackingKey));
        await RefusedAsync(ErrorCodes.PasswordRejected, () => RealAccount.ChangePasswordAsync(_vault, "new", from: "wrong"));
        await RefusedAsync(ErrorCodes.KeyTooWeak, () => RealAccount.ChangePasswordAsync(_vault, RealAccount.PackingKey));
        await Assert.ThrowsAsync<ArgumentException>(() => RealAccount.ChangePasswordAsync(_vault, RealAccount.Password));
        await Assert.ThrowsAsync<ArgumentException>(() => RealAccount.ChangePasswordAsync(_vault, ""));
        using (SecretBytes old = RealAccount.Secret(RealAccount.PackingKey), next = RealAccount.Secret(New))
            await RefusedAsync(ErrorCodes.VaultInUse, () => Task.Run(() => LocalVault.ChangePackingKey(_home, _account.UserId, old, next)));
        Assert.Equal(before, _machine.DumpVault());

        // Another machine was first.
        DataFolder otherHome = _account.Home("other");
        (await _account.ConnectAsync(otherHome)).Dispose();
        await _account.ChangePackingKeyAsync(otherHome, New);
        await RefusedAsync(ErrorCodes.PackingKeyChangedOnline, () => _account.ChangePackingKeyAsync(_home, Third));
        _account.Hostile.Lie = Lies.About(Routes.KeyRecord, async exchange => exchange.Method == "GET"
            ? (await exchange.HonestAsync()).With(ProtocolJson.Default.KeysAnswer, answer => answer with { Keys = _account.Record })
            : await exchange.HonestAsync());
        await RefusedAsync(ErrorCodes.PackingKeyChangedOnline, () => _account.ChangePackingKeyAsync(_home, Third));
        Assert.Equal(before, _machine.DumpVault());
        Assert.True(_account.Unlocks(_home, RealAccount.PackingKey));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_is_lost_is_asked_for(bool reached)
    {
        _account.Hostile.Lie = Lies.About(Routes.KeyRecord, async exchange =>
        {
            if (exchange.Method != "PUT")
                return await exchange.HonestAsync();
            return reached && (await exchange.HonestAsync()).Status == 204 ? null : null;
        });
        if (reached)
            await _account.ChangePackingKeyAsync(_home, New);
        else
            await RefusedAsync(ErrorCodes.ServerUnreachable, () => _account.ChangePackingKeyAsync(_home, New));
        Assert.Equal((!reached, reached), (_account.Unlocks(_home, RealAccount.PackingKey), _account.Unlocks(_home, New)));
        _account.Hostile.Lie = null;
        Assert.Empty((await _machine.SyncAsync()).Notices);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_any_answer_either_unlocks_until_it_is_known(bool reached)
    {
        bool silent = false;
        _account.Hostile.Lie = async exchange =>
        {
            if (exchange.Is(Routes.KeyRecord) && exchange.Method == "PUT")
            {
                silent = true;
                if (reached)
                    await exchange.HonestAsync();
            }
            return silent ? null : await exchange.HonestAsync();
        };
        await RefusedAsync(ErrorCodes.ServerUnreachable, () => _account.ChangePackingKeyAsync(_home, New));
        Assert.Equal((true, true), (_account.Unlocks(_home, RealAccount.PackingKey), _account.Unlocks(_home, New)));
        Assert.Equal("the entry's password", _machine.Vault.ListFull(new EntryQuery()).Single().Secret.Password);

        _account.Hostile.Lie = null;
        string before = _machine.DumpVault();
        Assert.Single((await _machine.SyncAsync(whatIf: true)).Notices);
        Assert.Single(await RealAccount.UpdateAsync(_vault, whatIf: true));
        Assert.Equal(before, _machine.DumpVault());
        Assert.Equal(Alignment.Aligned, await OnlineKeys.AlignmentAsync(_vault));
        string[] settled = [.. await RealAccount.UpdateAsync(_vault)];
        Assert.Contains(reached ? "is complete" : "never reached", Assert.Single(settled), StringComparison.Ordinal);
        Assert.Equal((!reached, reached), (_account.Unlocks(_home, RealAccount.PackingKey), _account.Unlocks(_home, New)));
        Assert.Empty((await _machine.SyncAsync()).Notices);
    }

    [Fact]
    public async Task A_change_on_top_of_one_that_was_interrupted_goes_by_what_holds()
    {
        bool silent = false;
        _account.Hostile.Lie = async exchange =>
        {
            silent |= exchange.Is(Routes.KeyRecord) && exchange.Method == "PUT" && (await exchange.HonestAsync()).Status == 204;
            return silent ? null : await exchange.HonestAsync();
        };
        await RefusedAsync(ErrorCodes.ServerUnreachable, () => _account.ChangePackingKeyAsync(_home, New));
        _account.Hostile.Lie = null;

        // It did reach the server: the old one unlocks here still, but is not what holds.
        await RefusedAsync(ErrorCodes.PackingKeyMismatch, () => _account.ChangePackingKeyAsync(_home, Third));
        await _account.ChangePackingKeyAsync(_home, Third, from: New);
        Assert.Equal((false, false, true),
            (_account.Unlocks(_home, RealAccount.PackingKey), _account.Unlocks(_home, New), _account.Unlocks(_home, Third)));
        await _machine.SyncAsync();
    }

    [Fact]
    public async Task A_Password_is_changed_and_the_other_machines_connect_again()
    {
        DataFolder otherHome = _account.Home("other");
        using LocalVault other = await _account.ConnectAsync(otherHome);
        await RealAccount.ChangePasswordAsync(_vault, "the new Password");

        await _machine.SyncAsync();
        Assert.Equal(Alignment.Aligned, _vault.Describe().Alignment);
        Assert.Equal(Alignment.DeviceRevoked, await OnlineKeys.AlignmentAsync(other));
        PasspackException told = await Assert.ThrowsAsync<PasspackException>(() => VaultSync.RunAsync(other, new SyncOptions()));
        Assert.Equal(ErrorCodes.DeviceRevoked, told.ErrorId);
        Assert.Contains("Connect-PasspackAccount", told.Message, StringComparison.Ordinal);
        Assert.Equal(Alignment.DeviceRevoked, AccountInspector.Describe(other.Folder).Alignment);
        await RefusedAsync(ErrorCodes.PasswordRejected, () => _account.ConnectAsync(otherHome));
        using LocalVault again = await _account.ConnectAsync(otherHome, passwordText: "the new Password");
        Assert.Equal(Alignment.Aligned, again.Describe().Alignment);
        await VaultSync.RunAsync(again, new SyncOptions());
        Assert.Equal(2, (await Devices.ListAsync(again)).Count);
        _account.AssertNothingLeaked("the new Password");
    }

    [Fact]
    public async Task A_Password_whose_answer_is_lost_is_changed_once()
    {
        int lost = 0;
        _account.Hostile.Lie = Lies.About(Routes.Password, async exchange =>
        {
            Answer honest = await exchange.HonestAsync();
            return Interlocked.Increment(ref lost) == 1 ? null : honest;
        });
        await RealAccount.ChangePasswordAsync(_vault, "the new Password");
        Assert.Equal(2, lost);

        _account.Hostile.Lie = Lies.About(Routes.Password, async exchange => (await exchange.HonestAsync()) with { Status = 302 });
        PasspackException unknown = await Assert.ThrowsAsync<PasspackException>(
            () => RealAccount.ChangePasswordAsync(_vault, "yet another", "the new Password"));
        Assert.Equal(ErrorCodes.ServerRefused, unknown.ErrorId);
        _account.Hostile.Lie = null;
        await RefusedAsync(ErrorCodes.PasswordRejected, () => _account.ConnectAsync(_account.NewHome(), passwordText: "the new Password"));
        (await _account.ConnectAsync(_account.NewHome(), passwordText: "yet another")).Dispose();
    }

    [Fact]
    public async Task A_later_pack_version_online_is_remembered_until_it_is_none()
    {
        _account.Hostile.Lie = Lies.Head(head => head with { PackVersion = 8, KeyGeneration = 2 });
        PasspackException told = await Assert.ThrowsAsync<PasspackException>(() => _machine.SyncAsync());
        Assert.Equal(ErrorCodes.PackTooNew, told.ErrorId);
        Assert.Contains("Update-Module", told.Message, StringComparison.Ordinal);
        Assert.Equal(Alignment.PackTooNew, AccountInspector.Describe(_vault.Folder).Alignment);

        // A server that cannot be reached says nothing of the keys.
        _account.Hostile.Lie = _ => Task.FromResult<Answer?>(null);
        await RefusedAsync(ErrorCodes.ServerUnreachable, () => _machine.SyncAsync());
        await RefusedAsync(ErrorCodes.ServerUnreachable, () => OnlineKeys.AlignmentAsync(_vault));
        Assert.Equal(Alignment.PackTooNew, _vault.Describe().Alignment);

        _account.Hostile.Lie = null;
        Assert.Equal(Alignment.Aligned, await OnlineKeys.AlignmentAsync(_vault));
        Assert.Equal(Alignment.Aligned, _vault.Describe().Alignment);
    }

    [Fact]
    public async Task A_key_record_that_is_not_the_accounts_is_no_change_of_the_Packing_Key()
    {
        string before = _machine.DumpVault();
        foreach (KeyRecord record in new[] { _account.Foreign.WithNumber(0, 2), _account.Record.WithNumber(0, 2) })
        {
            _account.Hostile.Lie = Serving(record);
            await RefusedAsync(ErrorCodes.ServerTampered, () => RealAccount.UpdateAsync(_vault, "the Packing Key of somebody else"));
            await RefusedAsync(ErrorCodes.ServerTampered, () => _account.ChangePackingKeyAsync(_home, New));
            await RefusedAsync(ErrorCodes.ServerTampered, () => OnlineKeys.AlignmentAsync(_vault));
        }
        KeyRecord weaker = RealAccount.Wrap(_account.Keys(), New, 2, _account.UserId, log2N: 16);
        _account.Hostile.Lie = Serving(weaker);
        Assert.Equal(before, _machine.DumpVault());
        Assert.Single(await RealAccount.UpdateAsync(_vault, New));
        _account.Hostile.Lie = Serving(_account.Record);
        await RefusedAsync(ErrorCodes.ServerRolledBack, () => RealAccount.UpdateAsync(_vault, RealAccount.PackingKey));
        await RefusedAsync(ErrorCodes.ServerRolledBack, () => OnlineKeys.AlignmentAsync(_vault));
        KeyRecord older = RealAccount.Wrap(_account.Keys(), Third, 3, _account.UserId);
        _account.Hostile.Lie = Serving(older);
        await RefusedAsync(ErrorCodes.ServerTampered, () => RealAccount.UpdateAsync(_vault, Third));
        Assert.True(_account.Unlocks(_home, New));
    }

    private static Lie Serving(KeyRecord record) => Lies.About(Routes.KeyRecord, async exchange =>
        (await exchange.HonestAsync()).With(ProtocolJson.Default.KeysAnswer, answer => answer with { Keys = record }));

    private static async Task RefusedAsync(string errorId, Func<Task> action) =>
        Assert.Equal(errorId, (await Assert.ThrowsAsync<PasspackException>(action)).ErrorId);
}
