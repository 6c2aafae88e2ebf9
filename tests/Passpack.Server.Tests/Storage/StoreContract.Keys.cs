using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>Keys of the next epoch, tokens that sleep, removals that are pending, and what is forgotten of before.</summary>
public abstract partial class StoreContract
{
    private static readonly ManifestLink s_begin = Make.Anna.Next().Manifest(2, 300);

    private async Task<DeviceSession> SessionAsync(VaultKey vault)
    {
        DeviceSignIn device = Device();
        await WakeAsync(vault, device);
        return (await Store.FindDeviceAsync(device.TokenHash, default))!;
    }

    private static CheckedKeys NextKeys(VaultKey vault, int generation = 2) => new Owner("anna", vault.Vault, 2).Checked(generation);

    private static NewEpoch Begin(CheckedKeys keys, DeviceSession device, byte[] tokenHash, ManifestName? head = null) => new(
        new Succession(keys.Record.Record, head ?? Make.Head(1), ManifestName.Of(s_begin).Hash, Make.Bytes(64)), s_begin, device, tokenHash, Now.AddDays(1));

    [Fact]
    public async Task A_succession_is_stored_whole_with_its_manifest_and_its_token()
    {
        VaultKey anna = await AddAsync("anna"), berta = await AddAsync("berta");
        DeviceSession asking = await SessionAsync(anna), other = await SessionAsync(anna), stranger = await SessionAsync(berta);
        byte[] token = Make.Bytes(32);
        CheckedKeys keys = NextKeys(anna);
        NewEpoch begin = Begin(keys, asking, token);
        Assert.Equal(ChangeOutcome.Done, await Store.ReplaceKeyRecordAsync(anna.Account, keys, begin, Make.Act(), default));

        KeysAnswer stored = (await (await OtherNodeAsync()).GetKeysAsync(anna.Account, default))!;
        Assert.Equivalent(keys.Record, stored.Keys, strict: true);
        Assert.Equivalent(begin.Succession, stored.Succession, strict: true);
        Assert.True(ManifestName.Of(s_begin).IsSame(stored.Head));
        VaultHead head = (await Store.ReadChangesAsync(anna, default, 1, default))!.Head!;
        Assert.Equal((1, 2, 2), (head.Revision, head.Generation, head.KeyGeneration));
        Assert.Equal(s_begin.Sealed, Assert.Single(head.Manifests).Sealed);
        Assert.Null(await Store.FindDeviceAsync(asking.TokenHash, default));
        Assert.Equivalent(
            new DeviceSession(anna.Account, asking.Device, Now.AddDays(1), token, TokenState.Awake), await Store.FindDeviceAsync(token, default), strict: true);
        Assert.Equal(TokenState.KeysReplaced, (await Store.FindDeviceAsync(other.TokenHash, default))!.State);
        Assert.Equal(TokenState.Awake, (await Store.FindDeviceAsync(stranger.TokenHash, default))!.State);
        Assert.Null((await Store.GetKeysAsync(berta.Account, default))!.Succession);
        Assert.Equal(2, (await Store.ListDevicesAsync(anna.Account, default)).Count(device => device.Asleep));
    }

    [Fact]
    public async Task A_succession_that_is_behind_changes_nothing_at_all()
    {
        VaultKey anna = await AddAsync();
        DeviceSession asking = await SessionAsync(anna), other = await SessionAsync(anna);
        byte[] token = Make.Bytes(32);
        CheckedKeys keys = NextKeys(anna);
        foreach ((ChangeOutcome expected, CheckedKeys record, NewEpoch begin) in new[]
        {
            (ChangeOutcome.HeadMoved, keys, Begin(keys, asking, token, Make.Head(2))),
            (ChangeOutcome.HeadMoved, keys, Begin(keys, asking, token, new ManifestName(1, new byte[32]))),
            (ChangeOutcome.KeysMoved, NextKeys(anna, 3), Begin(keys, asking, token)),
            (ChangeOutcome.KeysMoved, new Owner("anna", anna.Vault, 3).Checked(2), Begin(keys, asking, token)),
            (ChangeOutcome.TokenTaken, keys, Begin(keys, asking, other.TokenHash)),
            (ChangeOutcome.TokenTaken, keys, Begin(keys, asking, asking.TokenHash)),
            (ChangeOutcome.NotThere, keys, Begin(keys, asking with { TokenHash = Make.Bytes(32) }, token)),
        })
        {
            Assert.Equal(expected, await Store.ReplaceKeyRecordAsync(anna.Account, record, begin, Make.Act(), default));
            KeysAnswer stored = (await Store.GetKeysAsync(anna.Account, default))!;
            Assert.Null(stored.Succession);
            Assert.True(Make.Head(1).IsSame(stored.Head));
            Assert.Equal(1, KeyRecordContent.TryRead(stored.Keys.Record, out KeyRecordContent? content, out _) ? content.Epoch : 0);
            Assert.Equal(TokenState.Awake, (await Store.FindDeviceAsync(other.TokenHash, default))!.State);
            Assert.NotNull(await Store.FindDeviceAsync(asking.TokenHash, default));
        }

        Assert.Equal(ChangeOutcome.KeysMoved, await Store.ReplaceKeyRecordAsync(anna.Account, keys, null, Make.Act(), default));
        Assert.Equal(ChangeOutcome.Done, await Store.ReplaceKeyRecordAsync(anna.Account, keys, Begin(keys, asking, token), Make.Act(), default));
    }

    [Fact]
    public async Task Of_successions_side_by_side_on_two_nodes_one_is_stored()
    {
        VaultKey anna = await AddAsync();
        IServerStore other = await OtherNodeAsync();
        DeviceSession[] asking = [.. await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SessionAsync(anna)))];
        CheckedKeys[] keys = [.. asking.Select(_ => NextKeys(anna))];
        ChangeOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() =>
            (i % 2 == 0 ? Store : other).ReplaceKeyRecordAsync(anna.Account, keys[i], Begin(keys[i], asking[i], Make.Bytes(32)), Make.Act(), default))));
        int winner = Assert.Single(Enumerable.Range(0, 6), i => outcomes[i] == ChangeOutcome.Done);
        Assert.Equal(keys[winner].Record.Mac, (await Store.GetKeysAsync(anna.Account, default))!.Keys.Mac);
        Assert.Equal(5, outcomes.Count(outcome => outcome == ChangeOutcome.KeysMoved));
    }

    [Fact]
    public async Task A_token_is_woken_once_for_the_newest_manifest_alone()
    {
        VaultKey anna = await AddAsync();
        DeviceSignIn login = Device(), known = Device();
        await WakeAsync(anna, known);
        await Store.SignInDeviceAsync(anna.Account, login, default);
        DeviceSession session = (await Store.FindDeviceAsync(login.TokenHash, default))!;
        Assert.Equal(TokenState.NeverWoken, session.State);
        byte[] token = Make.Bytes(32);
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.WakeDeviceAsync(session, token, Make.Head(2), Make.Act(Now), default));
        Assert.Equal(ChangeOutcome.TokenTaken, await Store.WakeDeviceAsync(session, known.TokenHash, Make.Head(1), Make.Act(Now), default));
        Assert.Equal(ChangeOutcome.TokenTaken, await Store.WakeDeviceAsync(session, login.TokenHash, Make.Head(1), Make.Act(Now), default));
        Assert.NotNull(await Store.FindDeviceAsync(login.TokenHash, default));

        IServerStore other = await OtherNodeAsync();
        ChangeOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() =>
            (i % 2 == 0 ? Store : other).WakeDeviceAsync(session, Make.Bytes(32), Make.Head(1), Make.Act(Now), default))));
        Assert.Single(outcomes, outcome => outcome == ChangeOutcome.Done);
        Assert.Equal(3, outcomes.Count(outcome => outcome == ChangeOutcome.NotThere));
        Assert.Null(await Store.FindDeviceAsync(login.TokenHash, default));
        Assert.Equal(3, (await Store.ListDevicesAsync(anna.Account, default)).Count);
    }

    [Fact]
    public async Task Tokens_that_nobody_woke_are_bounded_by_account_and_forgotten_part_by_part()
    {
        VaultKey anna = await AddAsync("anna"), berta = await AddAsync("berta");
        DeviceSignIn ofBerta = Device(), awake = Device(), last = Device() with { Now = Now.AddDays(-1) };
        await Store.SignInDeviceAsync(berta.Account, ofBerta, default);
        await WakeAsync(anna, awake);
        DeviceSignIn[] logins = [.. Enumerable.Range(0, SqliteStore.MostSignIns).Select(i => Device(awake.Id) with { Now = Now.AddSeconds(i) })];
        // The newest stays, whatever a clock says.
        foreach (DeviceSignIn login in logins.Append(last))
            await Store.SignInDeviceAsync(anna.Account, login, default);
        Assert.Null(await Store.FindDeviceAsync(logins[0].TokenHash, default));
        Assert.NotNull(await Store.FindDeviceAsync(logins[1].TokenHash, default));
        foreach (DeviceSignIn kept in new[] { last, awake, ofBerta })
            Assert.NotNull(await Store.FindDeviceAsync(kept.TokenHash, default));

        for (int i = 0; i < 12; i++)
        {
            VaultKey another = await AddAsync($"user{i}");
            for (int j = 0; j < SqliteStore.MostSignIns; j++)
                await Store.SignInDeviceAsync(another.Account, Device(), default);
        }

        int parts = 0;
        while (await Store.ForgetSignInsAsync(Now.AddSeconds(2), default))
            parts++;
        Assert.Equal(1, parts);
        Assert.Null(await Store.FindDeviceAsync(ofBerta.TokenHash, default));
        Assert.Null(await Store.FindDeviceAsync(logins[1].TokenHash, default));
        Assert.NotNull(await Store.FindDeviceAsync(logins[2].TokenHash, default));
        Assert.NotNull(await Store.FindDeviceAsync(awake.TokenHash, default));
    }

    [Fact]
    public async Task A_removal_that_is_pending_is_one_and_is_carried_out_when_it_is_due()
    {
        VaultKey anna = await AddAsync("anna"), berta = await AddAsync("berta");
        RemovalTimes times = new(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
        Guid first = Guid.NewGuid();
        var expected = new PendingRemoval(first, Now.AddDays(31));
        Assert.Equal(expected, await Store.RequestRemovalAsync(anna.Account, first, times, Make.Act(Now.AddDays(1)), default));
        Assert.Equal(expected, await Store.RequestRemovalAsync(anna.Account, Guid.NewGuid(), times, Make.Act(Now.AddDays(90)), default));
        Assert.Equal(expected, (await Store.GetKeysAsync(anna.Account, default))!.Removal);
        Assert.Equal(expected, (await Store.ReadChangesAsync(anna, default, null, default))!.Head!.Removal);
        Assert.Null((await Store.GetKeysAsync(berta.Account, default))!.Removal);

        Assert.Equal(ChangeOutcome.NotThere, await Store.CancelRemovalAsync(anna.Account, Guid.NewGuid(), Make.Head(1), Make.Act(), default));
        Assert.Equal(ChangeOutcome.NotThere, await Store.CancelRemovalAsync(berta.Account, first, Make.Head(1), Make.Act(), default));
        Assert.Equal(ChangeOutcome.HeadMoved, await Store.CancelRemovalAsync(anna.Account, first, Make.Head(2), Make.Act(), default));
        Assert.Equal(expected, (await Store.GetKeysAsync(anna.Account, default))!.Removal);
        Assert.Equal(ChangeOutcome.Done, await Store.CancelRemovalAsync(anna.Account, first, Make.Head(1), Make.Act(), default));
        Assert.Equal(ChangeOutcome.NotThere, await Store.CancelRemovalAsync(anna.Account, first, Make.Head(1), Make.Act(), default));

        PendingRemoval second = (await Store.RequestRemovalAsync(anna.Account, Guid.NewGuid(), times, Make.Act(Now.AddDays(40)), default))!;
        Assert.Equal(Now.AddDays(47), second.Due);
        Assert.False(await Store.RemoveDueAsync(second.Due.AddMilliseconds(-1), default));
        Assert.NotNull(await Store.GetKeysAsync(anna.Account, default));
        Assert.False(await Store.RemoveDueAsync(second.Due, default));
        Assert.Null(await Store.GetKeysAsync(anna.Account, default));
        Assert.Null(await Store.RequestRemovalAsync(anna.Account, Guid.NewGuid(), times, Make.Act(Now), default));
        Assert.True(await Store.EraseRemovedAsync(default));
        Assert.NotNull(await Store.GetKeysAsync(berta.Account, default));
    }

    [Fact]
    public async Task A_push_is_judged_by_the_state_that_it_meets()
    {
        VaultKey anna = await AddAsync();
        Push push = Sealed(Make.Push(0, Make.Records(2)));
        PushBase before = (await Store.FindPushBaseAsync(anna, push.Request.PushId, default))!;
        Assert.Equal((0, 1, null), (before.Revision, before.Head.Generation, before.Earlier));
        await Store.ApplyPushAsync(anna, push, default);
        PushBase after = (await Store.FindPushBaseAsync(anna, push.Request.PushId, default))!;
        Assert.True(ManifestName.Of(push.Request.Manifest).IsSame(after.Head));
        Assert.Equal(new PushAnswer(1, 2), after.Earlier!.Answer);
        Assert.Equal(push.Request.Digest(), after.Earlier.Digest);
        Assert.Null((await Store.FindPushBaseAsync(anna, Guid.NewGuid(), default))!.Earlier);
        Assert.Null(await Store.FindPushBaseAsync(new VaultKey(anna.Account, Guid.NewGuid()), push.Request.PushId, default));
    }

    [Fact]
    public async Task Records_sealed_anew_cost_no_more_than_what_they_replace()
    {
        VaultKey anna = await AddAsync();
        Owner next = Make.Anna.Next();
        RecordChange[] records = [.. Make.Records(10), Make.Record(Guid.NewGuid(), stream: 2), Make.Record(Guid.NewGuid(), deleted: true)];
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 0, null, records)).Status);
        RecordChange[] anew = [.. records.Select(record => next.Record(record.Id, 2, record.Stream, record.Deleted, resealed: true))];
        long manifest = Make.Manifest(2).Sealed.Length + QuotaCost.Row, bytes = s_empty + (2 * manifest) + records.Sum(record => record.Body.Length + QuotaCost.Row);
        Assert.Equal(PushStatus.QuotaExceeded, (await PushAsync(anna, 1, bytes - 1, anew)).Status);
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 1, bytes, anew)).Status);
        foreach (RecordChange record in records)
            Assert.Empty((await Store.ReadVersionsAsync(anna, new RecordKey(record.Stream, record.Id), long.MaxValue, default))!.Versions);
        Assert.Equal(PushStatus.NotResealable, (await PushAsync(anna, 2, null, next.Record(records[0].Id, 3, resealed: true))).Status);
    }

    [Fact]
    public async Task A_purge_goes_part_by_part_over_old_epochs_alone()
    {
        VaultKey anna = await AddAsync("anna"), berta = await AddAsync("berta");
        Owner next = Make.Anna.Next();
        RecordChange[] records = Make.Records(700);
        foreach (VaultKey vault in new[] { anna, berta })
        {
            await PushAsync(vault, 0, null, records);
            await PushAsync(vault, 1, null, [.. records.Select(record => next.Record(record.Id, 2, deleted: record.Id.ToByteArray()[0] < 128))]);
            await PushAsync(vault, 2, null, [.. records.Select(record => next.Record(record.Id, 3))]);
        }

        Assert.Null(await Store.PurgeAsync(anna, 2, Make.Head(3), null, Make.Act(), default));
        Assert.Null(await Store.PurgeAsync(new VaultKey(anna.Account, berta.Vault), 2, null, null, Make.Act(), default));
        IServerStore other = await OtherNodeAsync();
        PurgePart part = (await Store.PurgeAsync(anna, 2, Make.Head(4), null, Make.Act(), default))!;
        long removed = part.Removed;
        int parts = 1;
        for (; part.End is { } end; parts++)
        {
            part = (await other.PurgeAsync(anna, 2, null, end, Make.Act(), default))!;
            removed += part.Removed;
        }

        Assert.Equal((700, 3), (removed, parts));
        foreach (RecordChange record in records)
            Assert.Equal(new long[] { 2 }, await VersionsAsync(anna, record.Id));
        Assert.Equal(new long[] { 2, 1 }, await VersionsAsync(berta, records[0].Id));
    }
}
