using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A server that shows two machines two histories of one account: each continues its own, and only a checkpoint tells.</summary>
public sealed class ForkTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Fact]
    public async Task Two_histories_are_told_apart_by_a_checkpoint()
    {
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Checkpoint common = Victim.Vault.Describe().Checkpoint!;
        // From now on the victim talks to a copy of the server, and both sides go on.
        await using var copy = new ForkedServer();
        await copy.StartAsync(Server.Folder);
        Hostile.Lie = async exchange => await copy.ForwardAsync(exchange);
        Victim.Edit(Changed, new EntryEdit { Email = "seen@victim.example" });
        Friend.Edit(Changed, new EntryEdit { Email = "seen@friend.example" });

        // Nothing tells, as long as nobody compares.
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        Assert.NotEqual(Victim.Vault.Describe().Checkpoint!.ToString(), Friend.Vault.Describe().Checkpoint!.ToString());

        string before = Victim.DumpVault();
        var options = new SyncOptions { Checkpoint = $"{Friend.Vault.Describe().Checkpoint}" };
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync(options));
        Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
        Assert.Equal(before, Victim.DumpVault());
        // What both had before the fork lies in both; what lies further on than the server admits to, in none.
        await Victim.SyncAsync(new SyncOptions { Checkpoint = $"{common}" });
        var beyond = new Checkpoint(common.Generation + 100, common.Hash);
        Assert.Equal(ErrorCodes.ServerRolledBack,
            (await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync(new SyncOptions { Checkpoint = $"{beyond}" }))).ErrorId);
    }

    [Fact]
    public async Task A_checkpoint_of_another_machine_lies_in_an_honest_history()
    {
        await Victim.SyncAsync(new SyncOptions { Checkpoint = $"{Friend.Vault.Describe().Checkpoint}" });
        await Friend.SyncAsync(new SyncOptions { Checkpoint = $"{Victim.Vault.Describe().Checkpoint}" });
        await Victim.SyncAsync(new SyncOptions { Checkpoint = $"{Friend.Vault.Describe().Checkpoint}" });
        Machine fresh = await Account.MachineAsync("fresh", server: Hostile.Address);
        await fresh.SyncAsync(new SyncOptions { Checkpoint = $"{Friend.Vault.Describe().Checkpoint}" });
        Assert.Equal(Friend.Dump(), fresh.Dump());
    }

    [Fact]
    public async Task An_old_complete_state_is_refused_to_a_new_machine_that_has_a_checkpoint()
    {
        // All of it is genuine, and a machine that has seen nothing cannot know better: but for the checkpoint.
        await Victim.SyncAsync();
        Machine fresh = await Account.MachineAsync("fresh", server: Hostile.Address);
        await using var earlier = new ForkedServer();
        await earlier.StartAsync(Server.Folder);
        Hostile.Lie = async exchange => await earlier.ForwardAsync(exchange);
        Friend.Edit(Changed, new EntryEdit { SharedNotes = "later" });
        await Friend.SyncAsync();
        string before = fresh.DumpVault();
        var options = new SyncOptions { Checkpoint = $"{Friend.Vault.Describe().Checkpoint}" };
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => fresh.SyncAsync(options));
        Assert.Equal(ErrorCodes.ServerRolledBack, refused.ErrorId);
        Assert.Equal(before, fresh.DumpVault());
    }

    public static TheoryData<string> Nonsense() =>
        ["{\"manifests\":null}", "{\"manifests\":[null]}", "{\"manifests\":[]}", "{\"manifests\":[{\"generation\":1,\"sealed\":null}]}",
        "{\"manifests\":[{\"generation\":1,\"sealed\":\"\"}]}", "{\"manifests\":[{\"generation\":-1,\"sealed\":\"AAAA\"},null]}", "[]", "null", "\"\""];

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task Nonsense_where_the_checkpoint_should_be(string answer)
    {
        var options = new SyncOptions { Checkpoint = $"{Friend.Vault.Describe().Checkpoint}" };
        string before = Victim.DumpVault();
        Hostile.Lie = Lies.About(Routes.Manifests, _ => Task.FromResult<Answer?>(Answer.Text(answer)));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync(options));
        Assert.Contains(refused.ErrorId, new[] { ErrorCodes.ServerTampered, ErrorCodes.ServerRefused });
        Assert.Equal(before, Victim.DumpVault());
        await HonestAgainAsync();
    }
}
