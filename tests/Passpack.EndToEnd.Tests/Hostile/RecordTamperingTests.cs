using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Lies about single records. A record that is not what the manifest vouches for is never taken in.</summary>
public sealed class RecordTamperingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    [Fact]
    public Task Body_altered() => DamagedAsync(Changed, Lies.Changes(IsChanged, change => change with { Body = Flipped(change.Body) }));

    [Fact]
    public Task Body_emptied() => DamagedAsync(Changed, Lies.Changes(IsChanged, change => change with { Body = [] }));

    [Fact]
    public Task Body_of_another_record() => DamagedAsync(Changed, Mixed((change, other) => change with { Body = other.Body }));

    [Fact]
    public Task Body_of_another_stream() => DamagedAsync(Changed, Mixed((change, tags) => change with { Body = tags.Body }, RecordStream.Tags));

    [Fact]
    public Task Parts_swapped_within_a_record() => DamagedAsync(Changed, Lies.Changes(IsChanged, change =>
    {
        RecordBody.TrySplit(change.Body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret);
        return change with { Body = RecordBody.Join(secret, summary) };
    }));

    [Fact]
    public Task Secret_of_another_entry_under_this_summary() => DamagedAsync(Changed, Mixed((change, other) => change with { Body = Spliced(change.Body, other.Body) }));

    [Fact]
    public async Task Secret_of_an_older_version_under_the_new_summary()
    {
        byte[] old = OldBody();
        await DamagedAsync(Changed, Lies.Changes(IsChanged, change => change with { Body = Spliced(change.Body, old) }));
    }

    [Fact]
    public Task Secret_of_another_entry_vouched_for_by_its_digest() => RefusedAsync(ErrorCodes.ServerTampered, Mixed((change, other) => Redigested(change, Spliced(change.Body, other.Body))));

    [Fact]
    public Task Body_and_digest_altered() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsChanged, change => Redigested(change, Flipped(change.Body))));

    [Fact]
    public Task Digest_altered() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsChanged, change => change with { Digest = Flipped(change.Digest) }));

    [Fact]
    public Task Version_altered() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsChanged, change => change with { Version = change.Version + 1 }));

    [Fact]
    public Task Id_altered() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsChanged, change => change with { Id = Guid.NewGuid() }));

    [Fact]
    public Task Record_answered_for_another_id() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Page(page => page with
    {
        Changes = [.. page.Changes.Where(change => change.Id != Added).Select(change => IsChanged(change) ? change with { Id = Added } : change)],
    }));

    [Theory]
    [InlineData(RecordStream.Tags)]
    [InlineData(RecordStream.Favorite)]
    [InlineData(RecordStream.Attachment)]
    [InlineData((RecordStream)200)]
    public Task Record_answered_for_another_stream(RecordStream stream) =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(change => change.Id == Added, change => change with { Stream = (byte)stream }));

    [Fact]
    public Task Record_of_no_stream() => RefusedAsync(ErrorCodes.ServerRefused, Lies.Adding(Forged(RecordStream.None, Guid.NewGuid(), 1, true, [1])));

    [Fact]
    public Task Old_version_served_as_the_new_one()
    {
        byte[] old = OldBody();
        return RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsChanged, change => Redigested(change, old)));
    }

    [Fact]
    public Task Old_version_served_in_place_of_the_new_one()
    {
        byte[] old = OldBody();
        return RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsChanged, change => Redigested(change, old) with { Version = 1 }));
    }

    [Fact]
    public Task Record_left_out() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(change => change.Id == Added, _ => null));

    [Fact]
    public Task Change_left_out() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsChanged, _ => null));

    [Fact]
    public Task Tags_left_out() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(change => change.Stream == (byte)RecordStream.Tags, _ => null));

    [Fact]
    public Task Everything_left_out() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Page(page => page with { Changes = [] }));

    [Fact]
    public Task Record_invented() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(Forged(RecordStream.Data, Guid.NewGuid(), 1, false, new byte[300])));

    [Fact]
    public Task Record_of_an_unknown_stream_invented() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(Forged((RecordStream)77, Guid.NewGuid(), 1, false, new byte[300])));

    [Fact]
    public async Task Record_of_another_account_added()
    {
        (RecordChange[] foreign, _) = await OtherAccountAsync();
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(foreign));
    }

    [Fact]
    public async Task Record_of_another_account_in_place_of_one_of_this()
    {
        (RecordChange[] foreign, _) = await OtherAccountAsync();
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsChanged, change => foreign[0] with { Id = change.Id, Version = change.Version }));
    }

    [Fact]
    public async Task Body_of_another_account_under_this_accounts_claim()
    {
        (RecordChange[] foreign, _) = await OtherAccountAsync();
        await DamagedAsync(Changed, Lies.Changes(IsChanged, change => change with { Body = foreign[0].Body }));
    }

    [Fact]
    public async Task Another_accounts_whole_answer()
    {
        (RecordChange[] foreign, VaultHead head) = await OtherAccountAsync();
        await RefusedAsync(ErrorCodes.ServerTampered, Lies.Page(_ => new ChangePage(foreign, null, head with { Generation = 20, Revision = 19 })));
    }

    [Fact]
    public Task Same_record_twice() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Page(page => page with { Changes = [.. page.Changes, page.Changes[0]] }));

    [Fact]
    public Task Same_record_twice_with_other_content() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Page(page => page with
    {
        Changes = [.. page.Changes, Redigested(page.Changes[0], Flipped(page.Changes[0].Body))],
    }));

    [Fact]
    public async Task Damaged_record_answered_by_id_with_every_kind_of_nonsense()
    {
        byte[] old = OldBody();
        Hostile.Lie = Lies.Changes(IsChanged, change => change with { Body = Flipped(change.Body) });
        await Victim.SyncAsync();
        Func<RecordChange, IEnumerable<RecordChange>>[] nonsense =
        [
            _ => [],
            record => [record with { Body = [] }],
            record => [record with { Body = Flipped(record.Body) }],
            record => [Redigested(record, Flipped(record.Body))],
            record => [Redigested(record, old)],
            record => [Redigested(record, old) with { Version = 1 }],
            record => [record with { Version = record.Version + 1 }],
            record => [record with { Id = Added }],
            record => [record with { Stream = (byte)RecordStream.Tags }],
        ];
        foreach (Func<RecordChange, IEnumerable<RecordChange>> lie in nonsense)
        {
            Hostile.Lie = Lies.About(Routes.Records, async exchange => Answer.Records(
                new RecordsAnswer([.. (await exchange.HonestAsync()).Read(RecordsAnswer.ReadAsync).Records.SelectMany(lie)]).ToMessage()));
            SyncResult result = await Victim.SyncAsync();
            Assert.Equal(SyncAction.Damaged, Assert.Single(result.Changes).Action);
            // What was there before the damage stays readable.
            Assert.Equal("notes of changed", Victim.Get(Changed).Secret.Notes);
        }
        await HonestAgainAsync();
    }

    [Fact]
    public async Task Damaged_tags_leave_this_machines_own_in_force()
    {
        Victim.Edit(Changed, new EntryEdit { Tags = ["tag of my own"] });
        await DamagedAsync(Changed, Lies.Page(page => page with
        {
            Changes = [.. page.Changes.Select(change => change.Stream == (byte)RecordStream.Tags ? change with { Body = Flipped(change.Body) } : change)],
        }), () => Assert.Equal(["tag of my own"], Victim.Get(Changed).Summary.Tags));
    }

    [Fact]
    public async Task An_edit_waits_for_the_damaged_record_that_it_would_overwrite_unseen()
    {
        Victim.Edit(Changed, new EntryEdit { Email = "edited@victim.example" });
        Hostile.Lie = Lies.Changes(IsChanged, change => change with { Body = Flipped(change.Body) });
        SyncResult result = await Victim.SyncAsync();
        Assert.DoesNotContain(result.Changes, change => change.Id == Changed && change.Action is SyncAction.Pushed or SyncAction.Conflict or SyncAction.Merged);
        Assert.Equal("edited@victim.example", Victim.Get(Changed).Summary.Email);

        Hostile.Lie = null;
        await Victim.SyncAsync();
        await Friend.SyncAsync();
        await Victim.SyncAsync();
        Assert.Equal(Friend.Dump(), Victim.Dump());
        AssertNothingLeaked();
    }

    /// <summary>The changed record, made of itself and another one.</summary>
    private Lie Mixed(Func<RecordChange, RecordChange, RecordChange> mix, RecordStream stream = RecordStream.Data) => Lies.Page(page =>
    {
        RecordChange other = page.Changes.First(change => change.Stream == (byte)stream && !IsChanged(change) && !change.Deleted);
        return page with { Changes = [.. page.Changes.Select(change => IsChanged(change) ? mix(change, other) : change)] };
    });

    private bool IsChanged(RecordChange change) => change.Id == Changed && change.Stream == (byte)RecordStream.Data;

    /// <summary>The first version of the entry that changed, as the victim still has it.</summary>
    private byte[] OldBody()
    {
        using VaultUse use = Victim.Vault.Use();
        EntryState state = EntryState.Find(use.Connection, Changed)!;
        return RecordBody.Join(state.MirrorHead, state.MirrorTail);
    }

    private async Task<(RecordChange[] Records, VaultHead Head)> OtherAccountAsync()
    {
        await using TestAccount other = await TestAccount.RegisterAsync(Server);
        await using HostileServer spy = await HostileServer.StartAsync(Server.Address);
        Machine machine = await other.MachineAsync("other", server: spy.Address);
        machine.Add("entry of another account");
        await machine.SyncAsync();
        Machine reader = await other.MachineAsync("reader", server: spy.Address);
        ChangePage? seen = null;
        spy.Lie = Lies.Page(page => seen = page);
        await reader.SyncAsync();
        return ([.. seen!.Changes], seen.Head!);
    }

    private static RecordChange Redigested(RecordChange change, byte[] body) => change with { Body = body, Digest = RecordBody.Digest(body) };

    private static byte[] Spliced(byte[] summaryOf, byte[] secretOf)
    {
        RecordBody.TrySplit(summaryOf, out ReadOnlySpan<byte> summary, out _);
        RecordBody.TrySplit(secretOf, out _, out ReadOnlySpan<byte> secret);
        return RecordBody.Join(summary, secret);
    }

    internal static byte[] Flipped(byte[] bytes)
    {
        byte[] altered = [.. bytes];
        altered[^1] ^= 1;
        return altered;
    }
}
