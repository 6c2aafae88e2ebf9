using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>A plan says what the run does, and writes nothing: also where a push waits for its answer.</summary>
[Trait("Pace", "Quick")]
public sealed class PlanTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    public static TheoryData<bool, bool, bool, bool> EveryCase()
    {
        var data = new TheoryData<bool, bool, bool, bool>();
        for (int i = 0; i < 16; i++)
            data.Add((i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0);
        return data;
    }

    [Theory]
    [MemberData(nameof(EveryCase))]
    public async Task After_a_push_that_was_not_answered(bool arrived, bool overtaken, bool editedSince, bool isOnlineEdit)
    {
        await Victim.SyncAsync();
        Victim.Edit(Own, new EntryEdit { Notes = "sent" });
        Guid made = Victim.Add("sent").Id;
        Hostile.Lie = Lies.About(Routes.Pushes, async exchange =>
        {
            if (arrived)
                await exchange.HonestAsync();
            return null;
        });
        Func<Task> sent = isOnlineEdit
            ? () => Victim.OnlineAsync(new OnlineEdit { Id = Changed, Values = new EntryEdit { Email = "sent@online.example", Tags = ["sent"], Favorite = false } })
            : () => Victim.SyncAsync();
        Assert.Equal(ErrorCodes.ServerUnreachable, (await Assert.ThrowsAsync<PasspackException>(sent)).ErrorId);
        Hostile.Lie = null;
        if (overtaken)
        {
            Friend.Edit(Added, new EntryEdit { Notes = "overtakes" });
            await Friend.SyncAsync();
            if (arrived)
                await Friend.OnlineAsync(new OnlineEdit { Id = isOnlineEdit ? Changed : made, Values = new EntryEdit { Url = "https://overtakes.example/", Tags = ["overtakes"] } });
        }
        if (editedSince)
        {
            Victim.Edit(made, new EntryEdit { Email = "edited@since.example" });
            Victim.Edit(Changed, new EntryEdit { Notes = "edited since" });
        }
        string before = Victim.DumpVault();

        SyncResult plan = await Victim.SyncAsync(whatIf: true);

        Assert.Equal(before, Victim.DumpVault());
        SyncResult run = await Victim.SyncAsync();
        Assert.Equal(plan.Details(), run.Details());
        Assert.Contains(run.Changes, change => change.Id == made);
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Assert.Empty((await Friend.SyncAsync()).Changes);
        Assert.Empty((await Victim.SyncAsync()).Changes);
        Assert.Equal(Friend.Dump(), Victim.Dump());
    }
}
