using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Sharing;

namespace Passpack.EndToEnd.Tests;

/// <summary>Records of sharing in a personal vault: written online first, by two machines of one account, never merged.</summary>
public sealed class PersonalRecordTests(RealServer server) : TwoMachineTests(server)
{
    private static readonly Hash256 s_hash = Hash256.Of([1]);

    private static SharedVaultRecord Shared(Guid id, string name, long statement = 0) =>
        new(id, name, SharedVaultStanding.Joined, s_hash, new ChainHead(statement, s_hash), 1, null, DateTimeOffset.UnixEpoch);

    private static Task PutAsync(Machine machine, params PersonalRecord[] records) =>
        PersonalStore.WriteAsync(machine.Vault, _ => [.. records.Select(PersonalEdit.Put)], CancellationToken.None);

    private static IReadOnlyList<SharedVaultRecord> SharedOf(Machine machine) => machine.Vault.Personal(records => records.SharedVaults());

    [Fact]
    public async Task What_one_machine_writes_the_other_reads_after_its_sync_and_can_change_and_remove()
    {
        using Packing.Keys.VaultKeys keys = Account.Keys();
        var contact = new Contact(Guid.NewGuid(), keys.Identity(1, Account.UserId), ContactProof.Comparison, DateTimeOffset.UnixEpoch);
        Guid id = Guid.NewGuid();
        await PutAsync(A, contact, Shared(id, "Ops"));
        Assert.Equal("Ops", Assert.Single(SharedOf(A)).Name);
        Assert.Empty(SharedOf(B));

        await B.SyncAsync();
        Assert.Equal(contact.Fingerprint, Assert.Single(B.Vault.Contacts()).Fingerprint);
        await PutAsync(B, Shared(id, "Operations", 5));
        await A.SyncAsync();
        Assert.Equal(("Operations", 5), (Assert.Single(SharedOf(A)).Name, SharedOf(A)[0].Head.Number));

        await PersonalStore.WriteAsync(A.Vault, records => [.. records.Contacts().Select(PersonalEdit.Remove)], CancellationToken.None);
        await B.SyncAsync();
        Assert.Empty(B.Vault.Contacts());
        Assert.Single(SharedOf(B));
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task A_change_is_made_to_what_is_online_now_not_to_what_a_machine_last_saw()
    {
        Guid id = Guid.NewGuid();
        await PutAsync(A, Shared(id, "Ops"));
        await PutAsync(B, Shared(id, "Ops", 7));
        var seen = new List<long>();
        await PersonalStore.WriteAsync(A.Vault, records =>
        {
            SharedVaultRecord now = records.SharedVault(id)!;
            seen.Add(now.Head.Number);
            return now.Head.Number >= 6 ? [] : [PersonalEdit.Put(now with { Head = new ChainHead(6, s_hash) })];
        }, CancellationToken.None);
        Assert.Equal([7], seen);
        await B.SyncAsync();
        Assert.Equal(7, Assert.Single(SharedOf(B)).Head.Number);
    }

    [Fact]
    public async Task Many_at_once_from_both_machines_are_all_there()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => PutAsync(i % 2 == 0 ? A : B, Shared(Guid.NewGuid(), $"vault {i}"))));
        await AssertConvergedAsync();
        Assert.Equal(["vault 0", "vault 1", "vault 2", "vault 3", "vault 4", "vault 5"], SharedOf(A).Select(vault => vault.Name).Order());
        Assert.Equal(6, SharedOf(B).Count);
    }

    [Fact]
    public async Task They_count_in_the_sums_and_one_that_is_left_out_is_noticed()
    {
        await B.SyncAsync();
        await PutAsync(A, Shared(Guid.NewGuid(), "Ops"));
        await using HostileServer hostile = await HostileServer.StartAsync(Server.Address);
        Machine victim = await Account.MachineAsync("victim", Clock, hostile.Address);
        hostile.Lie = Lies.Changes(change => change.Stream == (byte)RecordStream.SharedVault, _ => null);
        await RequireAsync(ErrorCodes.ServerTampered, () => victim.SyncAsync());
        Assert.Empty(SharedOf(victim));
        hostile.Lie = null;
        await victim.SyncAsync();
        Assert.Single(SharedOf(victim));
    }
}
