using Passpack.EndToEnd.Tests.Hostile;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>A real server that is set back to a copy of its files from before the Packing Key was changed: refused, and the way out that is told.</summary>
public sealed class KeyRollbackTests : IAsyncLifetime
{
    private const string Old = RealAccount.PackingKey, New = Worker.NewPackingKey, Third = "the Packing Key after that one";

    private static readonly SyncOptions s_accept = new() { AcceptRollback = true };

    private readonly RealAccount _account = new();
    private Machine _a = null!;
    private Machine _b = null!;
    private Machine _c = null!;
    private string _copy = null!;

    /// <summary>Of three machines that have synced, a changes the Packing Key after the copy, and b takes it over; c has seen nothing of it.</summary>
    public async ValueTask InitializeAsync()
    {
        await _account.InitializeAsync();
        _a = await MachineAsync("a");
        _b = await MachineAsync("b");
        _c = await MachineAsync("c");
        _a.Add("before the copy", new EntryEdit { Password = "before" });
        foreach (Machine machine in new[] { _a, _b, _c })
            await machine.SyncAsync();
        _copy = await _account.Server.BackUpAsync();
        await _account.ChangePackingKeyAsync(_a.Home, New);
        await RealAccount.UpdateAsync(_b.Vault, New);
        _a.Add("after the copy", new EntryEdit { Password = "after" });
        await _a.SyncAsync();
        await _b.SyncAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Machine machine in new[] { _a, _b, _c })
            machine.Vault.Dispose();
        await _account.DisposeAsync();
        Directory.Delete(_copy, recursive: true);
    }

    [Fact]
    public async Task The_way_out_that_is_told_brings_keys_and_entries_back_on_every_machine()
    {
        await _account.Server.RestoreAsync(_copy);
        foreach (SyncOptions options in new[] { new SyncOptions(), s_accept })
        {
            string before = _a.DumpVault();
            PasspackException refused = await RefusedAsync(() => _a.SyncAsync(options));
            Assert.Equal(ErrorCodes.ServerRolledBack, refused.ErrorId);
            Assert.Contains("If, and only if", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"'Connect-PasspackAccount -Server {_account.Hostile.Address} -Credential {_account.UserId} -AcceptRollback'", refused.Message, StringComparison.Ordinal);
            Assert.Equal(before, _a.DumpVault());
        }
        string mine = _a.Dump();

        await ConnectAsync(_a, New);

        Assert.Equal((false, true), (Unlocks(_a, Old), Unlocks(_a, New)));
        SyncResult accepted = await _a.SyncAsync(s_accept);
        Assert.Equal(("after the copy", SyncAction.Pushed), Assert.Single(accepted.Changes.Select(change => (change.Name, change.Action))));
        Assert.Equal(mine, _a.Dump());
        // Who was ahead as well finds all of it there; who was not is told what it would have been told before.
        Assert.Empty((await _b.SyncAsync(s_accept)).Changes);
        Assert.Equal(ErrorCodes.PackingKeyChangedOnline, (await RefusedAsync(() => _c.SyncAsync())).ErrorId);
        Assert.Single(await RealAccount.UpdateAsync(_c.Vault, New));
        await _c.SyncAsync();
        Machine newcomer = await MachineAsync("newcomer", New);
        await newcomer.SyncAsync(new SyncOptions { Checkpoint = $"{_a.Vault.Describe().Checkpoint}" });
        foreach (Machine machine in new[] { _a, _b, _c, newcomer })
        {
            Assert.Empty((await machine.SyncAsync()).Changes);
            Assert.Equal(mine, machine.Dump());
        }
        newcomer.Vault.Dispose();
        Assert.Equal(ErrorCodes.PackingKeyMismatch, (await RefusedAsync(() => MachineAsync("with the old key"))).ErrorId);
        // The next change goes on from there.
        await _account.ChangePackingKeyAsync(_a.Home, Third, New);
        Assert.Equal(ErrorCodes.PackingKeyChangedOnline, (await RefusedAsync(() => _b.SyncAsync())).ErrorId);
        _account.AssertNothingLeaked(New, Third);
    }

    [Fact]
    public async Task Several_changes_that_were_lost_come_back_in_one()
    {
        await _account.ChangePackingKeyAsync(_a.Home, Third, New);
        await RealAccount.UpdateAsync(_b.Vault, Third);
        await _account.Server.RestoreAsync(_copy);
        await ConnectAsync(_b, Third);
        await _b.SyncAsync(s_accept);
        Assert.Empty((await _a.SyncAsync(s_accept)).Changes);
        Assert.Equal((false, false, true), (Unlocks(_a, Old), Unlocks(_a, New), Unlocks(_a, Third)));
        (await MachineAsync("newcomer", Third)).Vault.Dispose();
    }

    [Fact]
    public async Task Without_the_switch_or_with_another_Packing_Key_nothing_is_put_back()
    {
        await _account.Server.RestoreAsync(_copy);
        bool put = false;
        _account.Hostile.Lie = async exchange =>
        {
            put |= exchange.Method == "PUT";
            return await exchange.HonestAsync();
        };
        string before = _a.DumpVault();
        foreach (string packingKey in new[] { Old, New })
            Assert.Equal(ErrorCodes.ServerRolledBack, (await RefusedAsync(() => _account.ConnectAsync(_a.Home, packingKeyText: packingKey))).ErrorId);
        foreach (string packingKey in new[] { Old, Third })
            Assert.Equal(ErrorCodes.PackingKeyMismatch, (await RefusedAsync(() => ConnectAsync(_a, packingKey))).ErrorId);
        Assert.False(put);
        Assert.Equal(before, _a.DumpVault());
    }

    [Fact]
    public async Task A_server_that_only_says_so_gains_nothing()
    {
        // It still has the newer one: what is put back is what it has, byte for byte.
        byte[] online = (await ServedAsync()).Record.Record;
        _account.Hostile.Lie = ConnectTamperingTests.Keys(_ => _account.Record);
        await ConnectAsync(_a, New);
        _account.Hostile.Lie = null;
        Assert.Equal(online, (await ServedAsync()).Record.Record);
        string before = _a.DumpVault();
        // One that nobody made with this account's keys.
        _account.Hostile.Lie = ConnectTamperingTests.Keys(_ => _account.Record with { Mac = new byte[32] });
        Assert.Equal(ErrorCodes.ServerTampered, (await RefusedAsync(() => ConnectAsync(_a, New))).ErrorId);
        Assert.Equal(before, _a.DumpVault());
        _account.Hostile.Lie = null;
        // Its token was renewed on the way.
        (await _account.ConnectAsync(_a.Home, packingKeyText: New)).Dispose();
        Assert.Empty((await _a.SyncAsync()).Changes);
        _account.AssertNothingLeaked(New);
    }

    [Fact]
    public async Task Killed_at_every_step_it_is_done_by_the_next()
    {
        int step = 0, back = 0;
        bool killed;
        string mine = _a.Dump();
        do
        {
            await _account.Server.RestoreAsync(_copy);
            killed = await Worker.RunUntilAsync($"connect {_account.Hostile.Address}", _a.Home, _account.UserId, "", ++step);
            using (VaultUse use = _a.Vault.Use())
                Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA integrity_check"));
            Assert.Equal((false, true), (Unlocks(_a, Old), Unlocks(_a, New)));
            Assert.Equal(mine, _a.Dump());
            await ConnectAsync(_a, New);
            back += (await _a.SyncAsync(s_accept)).Changes.Count;
            Assert.Equal(mine, _a.Dump());
            Assert.Empty((await _b.SyncAsync(s_accept)).Changes);
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step, 8, 20);
        Assert.Equal(step, back);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_made_up_for_by_the_next_try()
    {
        await _account.Server.RestoreAsync(_copy);
        _account.Hostile.Lie = async exchange =>
        {
            Answer answer = await exchange.HonestAsync();
            return exchange.Method == "PUT" ? null : answer;
        };
        Assert.Equal(ErrorCodes.ServerUnreachable, (await RefusedAsync(() => ConnectAsync(_a, New))).ErrorId);
        _account.Hostile.Lie = null;
        await ConnectAsync(_a, New);
        await _a.SyncAsync(s_accept);
        Assert.Empty((await _b.SyncAsync(s_accept)).Changes);
    }

    private async Task<Machine> MachineAsync(string name, string packingKey = Old)
    {
        DataFolder home = _account.Home(name);
        return new Machine(name, home, await _account.ConnectAsync(home, packingKeyText: packingKey));
    }

    private async Task ConnectAsync(Machine machine, string packingKey) =>
        (await _account.ConnectAsync(machine.Home, packingKeyText: packingKey, acceptRollback: true)).Dispose();

    private bool Unlocks(Machine machine, string packingKey) => _account.Unlocks(machine.Home, packingKey);

    private static Task<PasspackException> RefusedAsync(Func<Task> action) => Assert.ThrowsAsync<PasspackException>(action);

    private async Task<ServedKeys> ServedAsync()
    {
        using VaultUse use = _a.Vault.Use();
        using OnlineClient client = SyncRun.Connect(AccountRow.Load(use.Connection, use.Keys), use.Keys);
        return await ServedKeys.ReadAsync(client, CancellationToken.None);
    }
}
