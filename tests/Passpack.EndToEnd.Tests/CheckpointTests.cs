using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests;

/// <summary>A checkpoint that another machine showed has to lie in the history that the server serves.</summary>
public sealed class CheckpointTests(RealServer server) : IClassFixture<RealServer>
{
    [Theory, InlineData(false), InlineData(true)]
    public async Task A_new_machine_takes_one_that_is_the_newest_or_older(bool older)
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        Machine a = await account.MachineAsync("a"), b = await account.MachineAsync("b");
        a.Add("first");
        Checkpoint shown = (await a.SyncAsync()).Checkpoint!;
        if (older)
        {
            a.Add("second");
            await a.SyncAsync();
        }

        SyncResult result = await b.SyncAsync(new SyncOptions { Checkpoint = shown.ToString() });

        Assert.Equal(older ? 2 : 1, result.Changes.Count);
        Assert.Equal(a.Vault.Describe().Checkpoint!.ToString(), result.Checkpoint!.ToString());
    }

    [Fact]
    public async Task One_of_another_history_is_refused_and_nothing_is_written()
    {
        await using TestAccount account = await TestAccount.RegisterAsync(server);
        Machine a = await account.MachineAsync("a"), b = await account.MachineAsync("b");
        a.Add("first");
        Checkpoint shown = (await a.SyncAsync()).Checkpoint!;
        var other = new Checkpoint(shown.Generation, new byte[shown.Hash.Length]);

        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => b.SyncAsync(new SyncOptions { Checkpoint = other.ToString() }));

        Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
        Assert.Equal(0, b.Vault.Describe().Entries);
    }
}
