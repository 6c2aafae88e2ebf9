using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Records that are sealed anew under the next epoch, and earlier versions of before that are forgotten.</summary>
public sealed class ResealTests
{
    private static async Task<IReadOnlyList<EarlierVersion>> VersionsAsync(DeviceClient account, RecordChange record) =>
        (await (await account.Http.GetAsync($"{account.Path(Routes.Versions)}?stream={record.Stream}&record={record.Id}")).ReadAsync(VersionPage.ReadAsync)).Versions;

    private static async Task<long> PurgeAsync(DeviceClient account, int epoch) => (await (await account.Http.PostAsJsonAsync(
        account.Path(Routes.Purge), account.Owner.Purge(epoch, await account.HeadAsync()))).ReadAsync<PurgeAnswer>()).Removed;

    [Fact]
    public async Task A_record_sealed_anew_takes_the_place_of_its_state_and_is_no_version_beside_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RecordChange live = Make.Record(Guid.NewGuid(), 5), tags = Make.Record(live.Id, stream: 2), gone = Make.Record(Guid.NewGuid(), 2, deleted: true);
        await account.PushNextAsync(Make.Record(gone.Id), live, tags, gone);
        DateTimeOffset stored = server.Time.GetUtcNow();
        await account.ReplaceKeysAsync();
        server.Time.Advance(TimeSpan.FromDays(1));

        Owner owner = account.Owner;
        RecordChange[] anew =
        [
            owner.Record(live.Id, 6, resealed: true), owner.Record(live.Id, 2, stream: 2, resealed: true), owner.Record(gone.Id, 3, deleted: true, resealed: true),
        ];
        await account.PushNextAsync(anew);
        RecordChange[] served = [.. (await account.ChangesAsync(0)).Changes];
        // The flag is not served.
        Assert.Equivalent(anew.Select(record => record with { Resealed = false }), served, strict: true);
        Assert.Empty(await VersionsAsync(account, live));
        Assert.Empty(await VersionsAsync(account, tags));
        Assert.Equal(1, Assert.Single(await VersionsAsync(account, gone)).Record.Version);

        // What replaces it tells when it was pushed, not when it was sealed anew.
        await account.PushNextAsync(owner.Record(live.Id, 7));
        EarlierVersion version = Assert.Single(await VersionsAsync(account, live));
        Assert.Equal((6, stored), (version.Record.Version, version.Stored));
    }

    [Fact]
    public async Task What_cannot_be_sealed_anew_is_refused_whole()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RecordChange live = Make.Record(Guid.NewGuid()), gone = Make.Record(Guid.NewGuid(), deleted: true), unknown = Make.Record(Guid.NewGuid(), stream: 200);
        await account.PushNextAsync(live, gone, unknown);
        await account.ReplaceKeysAsync();
        Owner owner = account.Owner;
        RecordChange fresh = owner.Record(Guid.NewGuid());
        await account.PushNextAsync(fresh);
        string before = DatabaseDump.Of(server);
        foreach (RecordChange[] records in new RecordChange[][]
        {
            [owner.Record(live.Id, 2, deleted: true, resealed: true)], [owner.Record(gone.Id, 2, resealed: true)], [owner.Record(Guid.NewGuid(), resealed: true)],
            [owner.Record(fresh.Id, 2, resealed: true)], [owner.Record(live.Id, 2, resealed: true), owner.Record(live.Id, 3, resealed: true)],
            [owner.Record(live.Id, 2), owner.Record(live.Id, 3, resealed: true)],
        })
        {
            Problem problem = await account.SendPushAsync(await account.NextAsync(null, records)).RequireAsync(422, ErrorCodes.RequestInvalid);
            Assert.Contains("cannot be sealed anew", problem.Detail, StringComparison.Ordinal);
        }

        // Of the same epoch as its state, in a stream where an earlier one may stay.
        Owner old = Make.Anna;
        PushRequest stays = await account.NextAsync(null);
        await account.SendPushAsync(owner.Signed(stays with { Records = [old.Record(unknown.Id, 2, stream: 200, resealed: true)] })).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.SendPushAsync(await account.NextAsync(null, owner.Record(live.Id, 1, resealed: true))).RequireAsync(409, ErrorCodes.RevisionConflict);
        Assert.Equal(before, DatabaseDump.Of(server));
        // The state of before the push may be followed by a change in the same push.
        await account.PushNextAsync(owner.Record(live.Id, 2, resealed: true), owner.Record(live.Id, 3));
        Assert.Equal(2, Assert.Single(await VersionsAsync(account, live)).Record.Version);
    }

    [Fact]
    public async Task A_purge_forgets_the_earlier_versions_of_before_an_epoch_and_nothing_else()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), stranger = await server.RegisterAsync(Make.Registration("berta"));
        Guid id = Guid.NewGuid(), gone = Guid.NewGuid();
        foreach (DeviceClient device in new[] { account, stranger })
        {
            await device.PushNextAsync(Make.Record(id), Make.Record(gone));
            await device.PushNextAsync(Make.Record(id, 2), Make.Record(gone, 2, deleted: true));
            await device.PushNextAsync(Make.Record(gone, 3));
        }

        Assert.Equal(0, await PurgeAsync(account, 1));
        await account.ReplaceKeysAsync();
        await account.PushNextAsync(Make.Record(id, 3));
        await account.PushNextAsync(Make.Record(id, 4));
        RecordChange data = Make.Record(id), deleted = Make.Record(gone);
        Assert.Equal([3, 2, 1], (await VersionsAsync(account, data)).Select(version => version.Record.Version));

        await account.Http.PostAsJsonAsync(account.Path(Routes.Purge), account.Owner.Purge(3, await account.HeadAsync())).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.Http.PostAsJsonAsync(account.Path(Routes.Purge), account.Owner.Purge(0, await account.HeadAsync())).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.Http.PostAsJsonAsync(account.Path(Routes.Purge), account.Owner.Purge(2, Make.Head(1))).RequireAsync(409, ErrorCodes.RevisionConflict);
        await account.Http.PostAsJsonAsync(stranger.Path(Routes.Purge), account.Owner.Purge(2, await account.HeadAsync())).RequireAsync(404, ErrorCodes.NotFound);
        long generation = (await account.HeadAsync()).Generation;
        Assert.Equal(4, await PurgeAsync(account, 2));
        Assert.Equal(3, Assert.Single(await VersionsAsync(account, data)).Record.Version);
        Assert.Empty(await VersionsAsync(account, deleted));
        // Newest states and manifests stay, whatever their epoch.
        Assert.Equal(new long[] { 3, 4 }, (await account.ChangesAsync(0)).Changes.Select(record => record.Version));
        Assert.Equal(generation, (await (await account.Http.GetAsync(account.Path(Routes.Manifests))).ReadAsync<ManifestPage>()).Manifests.Count);
        Assert.Equal(2, (await VersionsAsync(stranger, deleted)).Count);
        Assert.Equal(0, await PurgeAsync(account, 2));
    }
}
