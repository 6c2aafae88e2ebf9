using Passpack.EndToEnd.Tests.Support;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A real client process ends by SIGKILL at every step of what it does: before and after each request and each transaction.</summary>
public sealed class KillTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Fact]
    public async Task Killed_at_every_step_of_a_sync()
    {
        int step = 0;
        do
        {
            // The first time what has changed since the last sync; then something new on both sides, every time.
            if (step > 0)
            {
                Friend.Edit(Changed, new EntryEdit { SharedNotes = $"shared notes {step}" });
                await Friend.SyncAsync();
                Victim.Edit(Own, new EntryEdit { SharedNotes = $"shared notes {step}" });
            }
            step++;
        }
        while (await KilledAsync("sync", step));
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step, 15, 40);
    }

    [Fact]
    public async Task Killed_at_every_step_of_an_online_edit()
    {
        await Victim.SyncAsync();
        int step = 0;
        bool killed;
        do
        {
            // The opposite of what the job sets, so that it has something to do every time.
            var before = new EntryEdit { Email = $"before@step{step}.example", Tags = ["second tag"], Favorite = true };
            await Friend.OnlineAsync(new OnlineEdit { Id = Changed, Values = before });
            killed = await Worker.RunUntilAsync("online", Account, Victim, ++step);
            await SettleAsync();
            // All of it, or nothing.
            EntrySummary after = Friend.Get(Changed).Summary;
            string done = $"{after.Email == "set@online.example"} {after.Tags[0] == "tag set online"} {!after.Favorite}";
            Assert.True(done is "True True True" or "False False False", done);
            Assert.True(killed || done.StartsWith("True", StringComparison.Ordinal));
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step, 10, 40);
        AssertNothingLeaked();
    }

    [Fact]
    public async Task Killed_at_every_step_of_an_import()
    {
        int step = 0;
        bool killed;
        do
        {
            killed = await Worker.RunUntilAsync("import", Account, Victim, ++step);
            // Rows are there in their order, a batch after the other; and the same file twice is once. A slow machine makes two batches of two rows.
            int one = Victim.Vault.List(new EntryQuery { Name = "imported one" }).Count();
            int two = Victim.Vault.List(new EntryQuery { Name = "imported two" }).Count();
            Assert.InRange(one, killed ? 0 : 1, 1);
            Assert.InRange(two, killed ? 0 : 1, one);
        }
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step, 3, 20);
        await SettleAsync();
        Assert.Equal(Friend.Dump(), Victim.Dump());
        Assert.Single(Friend.Vault.List(new EntryQuery { Name = "imported two" }));
    }

    private async Task<bool> KilledAsync(string job, int step)
    {
        bool killed = await Worker.RunUntilAsync(job, Account, Victim, step);
        using (VaultUse use = Victim.Vault.Use())
            Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA integrity_check"));
        await SettleAsync();
        AssertConverged();
        return killed;
    }

    private async Task SettleAsync()
    {
        SyncResult first = await Victim.SyncAsync();
        Assert.DoesNotContain(first.Changes, change => change.Action is SyncAction.Conflict or SyncAction.Damaged);
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Assert.Empty((await Victim.SyncAsync()).Changes);
        Assert.Empty((await Friend.SyncAsync()).Changes);
        Assert.Equal(Friend.Dump(), Victim.Dump());
    }
}
