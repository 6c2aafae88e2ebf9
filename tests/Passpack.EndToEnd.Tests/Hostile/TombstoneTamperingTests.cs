using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Lies about deletions: a tombstone adds nothing to the manifest's sums, so its own seal has to speak for it.</summary>
public sealed class TombstoneTamperingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Fact]
    public Task Deletion_hidden() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(change => change.Deleted, _ => null));

    [Fact]
    public Task Deletion_said_to_be_a_live_record() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(change => change.Deleted, change => change with { Deleted = false }));

    [Fact]
    public Task Live_record_said_to_be_deleted() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(change => change.Id == Added, change => change with { Deleted = true }));

    [Fact]
    public Task Tombstone_invented_for_a_live_record() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(Forged(RecordStream.Data, Own, 2, true, new byte[139])));

    [Fact]
    public Task Tombstone_invented_for_a_record_that_never_was() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(Forged(RecordStream.Data, Guid.NewGuid(), 7, true, new byte[139])));

    [Fact]
    public Task Tombstones_invented_in_an_unknown_stream() => RefusedAsync(
        ErrorCodes.ServerTampered, Lies.Adding([.. Enumerable.Range(0, 500).Select(i => Forged((RecordStream)(100 + i % 50), Guid.NewGuid(), 1, true, [1]))]));

    [Fact]
    public Task Version_that_so_few_pushes_cannot_have_reached() => RefusedAsync(
        ErrorCodes.ServerTampered, Lies.Adding(Forged((RecordStream)100, Guid.NewGuid(), long.MaxValue / 2, true, [1])));

    [Fact]
    public Task Tombstone_altered() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(change => change.Deleted, change => change with { Version = change.Version + 1 }));

    [Fact]
    public async Task Tombstone_of_another_entry()
    {
        RecordChange genuine = await TombstoneAsync(Deleted);
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(genuine with { Id = Guid.NewGuid() }));
    }

    [Fact]
    public async Task Tombstone_replayed_for_an_entry_that_was_created_again()
    {
        RecordChange old = await TombstoneAsync(Deleted);
        Friend.Restore(Deleted);
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Assert.True(Victim.Has(Deleted));
        await Friend.OnlineAsync(new OnlineEdit { Values = Values("another") with { Name = "entry that brings a manifest" } });

        string before = Victim.DumpVault();
        foreach (long version in new[] { old.Version, old.Version + 2 })
        {
            Hostile.Lie = Lies.Adding(old with { Version = version });
            PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
            Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
            Assert.Equal(before, Victim.DumpVault());
        }
        Hostile.Lie = null;
        await Victim.SyncAsync();
        Assert.Equal(Friend.Dump(), Victim.Dump());
    }

    [Fact]
    public async Task Older_tombstone_of_an_entry_that_was_deleted_again()
    {
        RecordChange old = await TombstoneAsync(Deleted);
        Friend.Restore(Deleted);
        await Friend.SyncAsync();
        await Friend.OnlineAsync(new OnlineEdit { Id = Deleted, Delete = true });
        await Victim.SyncAsync();
        Friend.Edit(Added, new EntryEdit { SharedNotes = "what brings a manifest" });
        await Friend.SyncAsync();
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(old));
    }

    [Theory]
    [InlineData(RecordStream.Tags)]
    [InlineData(RecordStream.Favorite)]
    public async Task Tags_and_favorites_that_were_pushed_in_vain_served_as_deletions(RecordStream stream)
    {
        // The server refuses a push and keeps what it saw. Nothing in the manifest speaks of that record, and it is sealed by this account.
        Hostile.Lie = null;
        await Victim.SyncAsync();
        var pushed = new List<RecordChange>();
        Hostile.Lie = Lies.About(Routes.Pushes, exchange =>
        {
            pushed.AddRange(Answer.ReadPush(exchange.Body).Records);
            return Task.FromResult<Answer?>(Answer.Problem(507, ErrorCodes.QuotaExceeded));
        });
        var edit = new OnlineEdit { Id = Added, Values = new EntryEdit { Tags = ["in vain"], Favorite = true } };
        await Assert.ThrowsAsync<PasspackException>(() => Victim.OnlineAsync(edit));
        Victim.Edit(Added, new EntryEdit { Tags = ["tag of my own"], Favorite = true });
        Friend.Edit(Added, new EntryEdit { SharedNotes = "what brings a manifest" });
        await Friend.SyncAsync();

        RecordChange kept = pushed.Single(record => record.Stream == (byte)stream);
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(kept with { Deleted = true }));
        Assert.Equal(["tag of my own"], Victim.Get(Added).Summary.Tags);
        Assert.True(Victim.Get(Added).Summary.Favorite);
    }

    /// <summary>A genuine tombstone, as the server has it.</summary>
    private async Task<RecordChange> TombstoneAsync(Guid id)
    {
        RecordChange? seen = null;
        Hostile.Lie = Lies.Page(page =>
        {
            seen ??= page.Changes.Single(change => change.Id == id && change.Deleted);
            return page;
        });
        await Victim.SyncAsync(whatIf: true);
        Hostile.Lie = null;
        return seen!;
    }
}
