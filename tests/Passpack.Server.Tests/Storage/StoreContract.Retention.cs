using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>Earlier versions, how long they are kept, and accounts that go.</summary>
public abstract partial class StoreContract
{
    private static readonly Retention Bounds = new(Versions: 3, Days: 10, RecycleDays: 30);

    private async Task<PushOutcome> PushAsync(VaultKey vault, int day, long? quota, params RecordChange[] records)
    {
        VaultHead head = (await Store.ReadChangesAsync(vault, PagePosition.AfterRevision(long.MaxValue), null, default))!.Head!;
        PushRequest request = Make.Anna.Push(head.Revision, ManifestName.Of(head.Manifests[^1]), records);
        return (await Store.ApplyPushAsync(vault, new Push(request, quota, Bounds, Now.AddDays(day)), default))!;
    }

    /// <summary>Each version on a day of its own.</summary>
    private async Task<Guid> AddRecordAsync(VaultKey vault, params (int Day, bool Deleted)[] versions)
    {
        Guid id = Guid.NewGuid();
        for (int i = 0; i < versions.Length; i++)
            Assert.Equal(PushStatus.Accepted, (await PushAsync(vault, versions[i].Day, null, Make.Record(id, i + 1, deleted: versions[i].Deleted))).Status);
        return id;
    }

    private async Task<long[]> VersionsAsync(VaultKey vault, Guid id, long before = long.MaxValue) =>
        [.. (await Store.ReadVersionsAsync(vault, new RecordKey(1, id), before, default))!.Versions.Select(version => version.Record.Version)];

    private async Task SweepAsync(int day)
    {
        SweepPosition position = default;
        while (await Store.RemoveExpiredAsync(Bounds, position, Now.AddDays(day), default) is { } end)
            position = end;
    }

    [Fact]
    public async Task Earlier_versions_come_newest_first_with_their_times_and_of_the_one_record_only()
    {
        VaultKey anna = await AddAsync("anna");
        VaultKey berta = await AddAsync("berta");
        Guid id = await AddRecordAsync(anna, (0, false), (1, true), (3, false));
        await PushAsync(anna, 3, null, Make.Record(id, 1, stream: 2), Make.Record(id, 2, stream: 2));

        VersionSlice slice = (await Store.ReadVersionsAsync(anna, new RecordKey(1, id), long.MaxValue, default))!;
        Assert.Equivalent(
            new[] { new EarlierVersion(Make.Record(id, 2, deleted: true), Now.AddDays(1), Now.AddDays(3)), new EarlierVersion(Make.Record(id, 1), Now, Now.AddDays(1)) },
            slice.Versions, strict: true);
        Assert.Null(slice.NextBefore);
        Assert.Equal(new long[] { 1 }, await VersionsAsync(anna, id, before: 2));
        Assert.Empty(await VersionsAsync(anna, Guid.NewGuid()));
        Assert.Empty(await VersionsAsync(berta, id));
        Assert.Null(await Store.ReadVersionsAsync(new VaultKey(berta.Account, anna.Vault), new RecordKey(1, id), long.MaxValue, default));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-400)]
    [InlineData(-20_000)]
    public async Task What_a_clock_that_was_set_back_has_dated_is_not_old_once_it_is_right_again(int behind)
    {
        VaultKey anna = await AddAsync("anna");
        Guid edited = await AddRecordAsync(anna, (0, false), (behind, false), (behind, false));
        Guid deleted = await AddRecordAsync(anna, (behind, false), (behind, true));
        await SweepAsync(day: behind);
        await SweepAsync(day: 1);

        Assert.Equal(new long[] { 2, 1 }, await VersionsAsync(anna, edited));
        Assert.Equal(new long[] { 1 }, await VersionsAsync(anna, deleted));
        Assert.All((await Store.ReadVersionsAsync(anna, new RecordKey(1, edited), long.MaxValue, default))!.Versions, version => Assert.InRange(version.Replaced - version.Stored, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2)));
        await SweepAsync(day: 31);
        Assert.Equal(new long[] { 2 }, await VersionsAsync(anna, edited));
        Assert.Empty(await VersionsAsync(anna, deleted));
    }

    [Fact]
    public async Task Pages_of_versions_close_at_the_byte_limit_and_go_on_exactly_there()
    {
        VaultKey anna = await AddAsync();
        Guid id = Guid.NewGuid();
        for (int i = 1; i <= 4; i++)
            await PushAsync(anna, 0, null, Make.Record(id, i, body: Make.Bytes(Limits.BatchBodyBytes / 2)));

        VersionSlice first = (await Store.ReadVersionsAsync(anna, new RecordKey(1, id), long.MaxValue, default))!;
        Assert.Equal(new long[] { 3, 2 }, first.Versions.Select(version => version.Record.Version));
        Assert.Equal(2, first.NextBefore);
        Assert.Equal(new long[] { 1 }, await VersionsAsync(anna, id, first.NextBefore!.Value));
    }

    [Fact]
    public async Task A_push_keeps_the_records_that_it_touches_within_the_bounds()
    {
        VaultKey anna = await AddAsync();
        Guid many = await AddRecordAsync(anna, (0, false), (0, false), (0, false), (0, false), (0, false));
        Assert.Equal(new long[] { 4, 3, 2 }, await VersionsAsync(anna, many));
        Guid old = await AddRecordAsync(anna, (0, false), (1, false), (20, false));
        Assert.Equal(new long[] { 2 }, await VersionsAsync(anna, old)); // Replaced on day 20; the first was on day 1.
        Guid untouched = await AddRecordAsync(anna, (0, false), (1, false), (2, false));
        await PushAsync(anna, 90, null, Make.Record(old, 4));
        Assert.Equal(new long[] { 2, 1 }, await VersionsAsync(anna, untouched));
        Assert.Equal(new long[] { 3 }, await VersionsAsync(anna, old));
    }

    [Fact]
    public async Task The_last_version_that_is_no_deletion_is_kept_whatever_its_age()
    {
        VaultKey anna = await AddAsync();
        Guid live = await AddRecordAsync(anna, (0, false), (1, false), (2, false));
        Guid again = await AddRecordAsync(anna, (0, false), (1, true), (2, false));
        await SweepAsync(day: 10_000);
        Assert.Equal(new long[] { 2 }, await VersionsAsync(anna, live));
        Assert.Equal(new long[] { 1 }, await VersionsAsync(anna, again));
        await SweepAsync(day: 20_000);
        Assert.Equal(new long[] { 2 }, await VersionsAsync(anna, live));
    }

    [Fact]
    public async Task A_deleted_record_is_kept_for_the_recycle_period_and_its_tombstone_for_ever()
    {
        VaultKey anna = await AddAsync();
        Guid id = await AddRecordAsync(anna, (0, false), (1, false), (2, true));
        await SweepAsync(day: 11);
        Assert.Equal(new long[] { 2, 1 }, await VersionsAsync(anna, id));
        await SweepAsync(day: 31);
        Assert.Equal(new long[] { 2 }, await VersionsAsync(anna, id));
        await SweepAsync(day: 33);
        Assert.Empty(await VersionsAsync(anna, id));
        Assert.True(Assert.Single((await Store.ReadRecordsAsync(anna, [new RecordKey(1, id)], default))!).Deleted);
    }

    [Fact]
    public async Task A_sweep_of_many_goes_part_by_part_and_on_two_nodes_at_once()
    {
        VaultKey anna = await AddAsync();
        RecordChange[] records = Make.Records(700);
        for (int version = 1; version <= 3; version++)
            await PushAsync(anna, version, null, [.. records.Select(record => Make.Record(record.Id, version))]);
        Assert.NotNull(await Store.RemoveExpiredAsync(Bounds, default, Now.AddDays(50), default));

        IServerStore other = await OtherNodeAsync();
        await Task.WhenAll(SweepAsync(50), Task.Run(() => other.RemoveExpiredAsync(Bounds, default, Now.AddDays(50), default)));
        foreach (RecordChange record in records)
            Assert.Equal(new long[] { 2 }, await VersionsAsync(anna, record.Id));
    }

    [Fact]
    public async Task What_goes_frees_the_quota()
    {
        VaultKey anna = await AddAsync();
        Guid id = Guid.NewGuid();
        const long quota = 12_500;
        byte[] body = Make.Bytes(3000);
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 0, quota, Make.Record(id, 1, body: body))).Status);
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 1, quota, Make.Record(id, 2, body: body))).Status);
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 2, quota, Make.Record(id, 3, body: body))).Status);
        RecordChange other = Make.Record(Guid.NewGuid(), body: body);
        Assert.Equal(PushStatus.QuotaExceeded, (await PushAsync(anna, 12, quota, other)).Status);
        // Replacing frees what is too old by then, in the same push.
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 13, quota, Make.Record(id, 4, body: [1]))).Status);
        Assert.Equal(PushStatus.QuotaExceeded, (await PushAsync(anna, 13, quota, other, Make.Record(Guid.NewGuid(), body: body), Make.Record(Guid.NewGuid(), body: body))).Status);
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 14, quota, Make.Record(id, 5, deleted: true, body: [1]))).Status);
        await SweepAsync(day: 60);
        Assert.Equal(PushStatus.Accepted, (await PushAsync(anna, 60, quota, other, Make.Record(Guid.NewGuid(), body: body), Make.Record(Guid.NewGuid(), body: body))).Status);
    }

    [Fact]
    public async Task Answers_to_pushes_are_forgotten_after_their_time_and_a_repeat_is_a_conflict_then()
    {
        VaultKey anna = await AddAsync();
        Push push = Sealed(Make.Push(0, Make.Record(Guid.NewGuid())));
        await Store.ApplyPushAsync(anna, push, default);
        Assert.False(await Store.ForgetPushesAsync(Now, default));
        Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, push, default))!.Status);
        Assert.False(await Store.ForgetPushesAsync(Now.AddDays(1), default));
        Assert.Equal(PushStatus.RevisionConflict, (await Store.ApplyPushAsync(anna, push, default))!.Status);
        Assert.Equal(2, (await Store.ReadManifestsAsync(anna, 0, long.MaxValue, default))!.Count);
    }

    [Fact]
    public async Task A_removed_account_is_away_at_once_and_its_user_id_is_free()
    {
        VaultKey anna = await AddAsync("anna");
        VaultKey berta = await AddAsync("berta");
        DeviceSignIn device = Device();
        DeviceSignIn sleeping = Device();
        await WakeAsync(anna, device);
        await Store.SignInDeviceAsync(anna.Account, sleeping, default);
        foreach (VaultKey vault in new[] { anna, berta })
            await AddRecordAsync(vault, (0, false), (1, false));

        Assert.Equal(ChangeOutcome.HeadMoved, await Store.RemoveAccountAsync(anna.Account, Make.Head(2), Make.Act(), default));
        Assert.Equal(ChangeOutcome.Done, await Store.RemoveAccountAsync(anna.Account, Make.Head(3), Make.Act(), default));
        Assert.NotEqual(ChangeOutcome.Done, await Store.RemoveAccountAsync(anna.Account, Make.Head(3), Make.Act(), default));
        Assert.Null(await Store.GetKeysAsync(anna.Account, default));
        Assert.Null(await Store.FindDeviceAsync(sleeping.TokenHash, default));
        Assert.Null(await Store.FindDeviceAsync(device.TokenHash, default));
        Assert.Null(await Store.FindLoginAsync("anna", default));
        Assert.Null(await Store.FindLoginAsync(anna.Account, default));
        Assert.Null(await Store.ReadChangesAsync(anna, default, null, default));
        Assert.Null(await Store.SignInDeviceAsync(anna.Account, Device(), default));

        VaultKey again = await AddAsync("anna");
        Assert.NotEqual(anna.Account, again.Account);
        while (await Store.EraseRemovedAsync(default))
        {
        }
        Assert.Null(await Store.SignInDeviceAsync(anna.Account, Device(), default));
        Assert.Equal(0, (await Store.ReadChangesAsync(again, default, null, default))!.Head!.Revision);
        Assert.Equal(2, (await Store.ReadChangesAsync(berta, default, null, default))!.Head!.Revision);
    }

    [Fact]
    public async Task A_removed_account_is_erased_part_by_part_whoever_goes_on()
    {
        VaultKey anna = await AddAsync();
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Records(Limits.RecordsPerBatch))), default);
        await Store.RemoveAccountAsync(anna.Account, Make.Head(2), Make.Act(), default);
        IServerStore other = await OtherNodeAsync();
        int parts = 0;
        while (await (parts % 2 == 0 ? Store : other).EraseRemovedAsync(default))
            parts++;
        Assert.InRange(parts, 4, 20);
        Assert.False(await Store.EraseRemovedAsync(default));
    }
}
