using Passpack.Protocol;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Storage;

/// <summary>Pushes, pages and manifests.</summary>
public abstract partial class StoreContract
{
    [Fact]
    public async Task A_push_is_stamped_and_read_back_in_its_order()
    {
        VaultKey anna = await AddAsync();
        RecordChange[] records = Make.Records(20);
        PushOutcome outcome = (await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, records)), default))!;
        Assert.Equal(new PushAnswer(1, 2), outcome.Answer);

        ChangeSlice slice = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equivalent(records, slice.Changes, strict: true);
        Assert.Equal(records.Select(record => record.Id), slice.Changes.Select(record => record.Id));
        Assert.Null(slice.Next);
        Assert.Equal((1, 2, 1, 7), (slice.Head!.Revision, slice.Head.Generation, slice.Head.KeyGeneration, slice.Head.PackVersion));
        Assert.Equal(Make.Manifest(2).Sealed, Assert.Single(slice.Head.Manifests).Sealed);
    }

    [Fact]
    public async Task A_refused_push_changes_nothing()
    {
        VaultKey anna = await AddAsync();
        Guid known = Guid.NewGuid();
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Record(known, version: 5))), default);

        RecordChange added = Make.Record(Guid.NewGuid());
        PushRequest[] refused =
        [
            Make.Push(0, added), // another revision
            Make.Push(2, added),
            Make.Push(1, added) with { Manifest = Make.Manifest(2) }, // another generation
            Make.Push(1, added) with { Manifest = Make.Manifest(4) },
            Make.Push(1, added, Make.Record(known, version: 5)), // a version that does not grow, after one that would do
            Make.Push(1, added, Make.Record(known, version: 4)),
            Make.Push(1, added) with { Previous = Make.Head(1).Hash }, // another history
        ];
        foreach (PushRequest request in refused)
            Assert.Equal(PushStatus.RevisionConflict, (await Store.ApplyPushAsync(anna, Sealed(request), default))!.Status);

        ChangeSlice slice = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal((1, 2), (slice.Head!.Revision, slice.Head.Generation));
        Assert.Equal(5, Assert.Single(slice.Changes).Version);
        PushRequest following = Make.Push(1, added) with { Previous = Make.Head(2).Hash };
        Assert.Equal(PushStatus.Accepted, (await Store.ApplyPushAsync(anna, Sealed(following), default))!.Status);
    }

    [Fact]
    public async Task A_repeat_gets_the_answer_that_the_push_got_however_much_has_happened_since()
    {
        VaultKey anna = await AddAsync();
        Push push = Sealed(Make.Push(0, Make.Record(Guid.NewGuid())));
        await Store.ApplyPushAsync(anna, push, default);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, Make.Record(Guid.NewGuid()))), default);

        Assert.Equal(new PushAnswer(1, 2), (await (await OtherNodeAsync()).ApplyPushAsync(anna, push, default))!.Answer);
        Push other = Sealed(push.Request with { BaseRevision = 2 });
        Assert.Equal(PushStatus.PushIdReused, (await Store.ApplyPushAsync(anna, other, default))!.Status);
        Assert.Equal(2, (await Store.ReadChangesAsync(anna, default, null, default))!.Head!.Revision);
    }

    [Fact]
    public async Task A_record_changed_again_is_listed_once_at_its_newest()
    {
        VaultKey anna = await AddAsync();
        RecordChange[] first = Make.Records(3);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, first)), default);
        RecordChange again = Make.Record(first[0].Id, version: 7, deleted: true);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, again)), default);

        ChangeSlice all = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal([first[1].Id, first[2].Id, first[0].Id], all.Changes.Select(change => change.Id));
        ChangeSlice since = (await Store.ReadChangesAsync(anna, PagePosition.AfterRevision(1), 2, default))!;
        Assert.Equivalent(again, Assert.Single(since.Changes), strict: true);
        Assert.Equal(3, Assert.Single(since.Head!.Manifests).Generation);
    }

    [Fact]
    public async Task Streams_that_no_client_knows_yet_are_kept_apart_under_one_id()
    {
        VaultKey anna = await AddAsync();
        Guid id = Guid.NewGuid();
        RecordChange[] records = [.. new byte[] { 1, 2, 3, 5, 200, 255 }.Select(stream => Make.Record(id, stream: stream))];
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, records)), default);
        Assert.Equivalent(records, (await Store.ReadChangesAsync(anna, default, null, default))!.Changes, strict: true);
    }

    [Fact]
    public async Task Pages_close_at_the_record_limit_and_go_on_exactly_there()
    {
        VaultKey anna = await AddAsync();
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Records(Limits.RecordsPerBatch))), default);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, Make.Records(1))), default);

        ChangeSlice first = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal(Limits.RecordsPerBatch, first.Changes.Count);
        Assert.Null(first.Head);
        ChangeSlice second = (await Store.ReadChangesAsync(anna, first.Next!.Value, null, default))!;
        Assert.Single(second.Changes);
        Assert.NotNull(second.Head);
    }

    [Fact]
    public async Task A_page_may_end_amid_the_newest_revision()
    {
        VaultKey anna = await AddAsync();
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(0, Make.Records(400))), default);
        RecordChange[] newest = Make.Records(800);
        await Store.ApplyPushAsync(anna, Sealed(Make.Push(1, newest)), default);

        ChangeSlice first = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal(new PagePosition(2, 599), first.Next);
        ChangeSlice second = (await Store.ReadChangesAsync(anna, first.Next!.Value, null, default))!;
        Assert.Equal(newest[600..].Select(record => record.Id), second.Changes.Select(change => change.Id));
        Assert.Equal(2, second.Head!.Revision);
    }

    [Fact]
    public async Task Pages_close_at_the_byte_limit_with_at_least_one_record()
    {
        VaultKey anna = await AddAsync();
        RecordChange[] large = [.. Enumerable.Range(0, 3).Select(_ => Make.Record(Guid.NewGuid(), body: Make.Bytes(Limits.RecordBodyBytes)))];
        for (int i = 0; i < large.Length; i++)
            await Store.ApplyPushAsync(anna, Sealed(Make.Push(i, large[i])), default);

        PagePosition position = default;
        foreach (RecordChange expected in large)
        {
            ChangeSlice slice = (await Store.ReadChangesAsync(anna, position, null, default))!;
            Assert.Equal(expected.Body, Assert.Single(slice.Changes).Body);
            position = slice.Next ?? default;
        }

        Assert.Single((await Store.ReadRecordsAsync(anna, large.Select(record => new RecordKey(1, record.Id)), default))!);
    }

    [Fact]
    public async Task The_head_brings_the_manifests_that_the_client_lacks()
    {
        VaultKey anna = await AddAsync();
        for (int i = 0; i < Limits.ManifestsPerPage + 2; i++)
            await Store.ApplyPushAsync(anna, Sealed(Make.Push(i)), default);
        long newest = Limits.ManifestsPerPage + 3;

        async Task<long[]> For(long? generation) =>
            [.. (await Store.ReadChangesAsync(anna, PagePosition.AfterRevision(newest), generation, default))!.Head!.Manifests.Select(link => link.Generation)];
        Assert.Equal(new[] { newest }, await For(null));
        Assert.Empty(await For(newest));
        Assert.Empty(await For(newest + 5)); // The client is ahead: the server was rolled back, and says so by its head.
        Assert.Equal(new[] { newest - 1, newest }, await For(newest - 2));
        Assert.Equal(Limits.ManifestsPerPage, (await For(newest - Limits.ManifestsPerPage)).Length);
        Assert.Equal(new[] { newest }, await For(newest - Limits.ManifestsPerPage - 1));

        IReadOnlyList<ManifestLink> page = (await Store.ReadManifestsAsync(anna, 0, long.MaxValue, default))!;
        Assert.Equal(Enumerable.Range(1, Limits.ManifestsPerPage).Select(i => (long)i), page.Select(link => link.Generation));
        Assert.Equal(new long[] { 2, 3 }, (await Store.ReadManifestsAsync(anna, 1, 4, default))!.Select(link => link.Generation));
    }

    [Fact]
    public async Task Of_pushes_side_by_side_on_two_nodes_one_wins_each_round()
    {
        VaultKey anna = await AddAsync();
        IServerStore other = await OtherNodeAsync();
        for (int round = 0; round < 5; round++)
        {
            PushOutcome?[] outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
                (i % 2 == 0 ? Store : other).ApplyPushAsync(anna, Sealed(Make.Push(round, Make.Record(Guid.NewGuid()))), default))));
            Assert.Single(outcomes, outcome => outcome!.Status == PushStatus.Accepted);
            Assert.Equal(7, outcomes.Count(outcome => outcome!.Status == PushStatus.RevisionConflict));
        }

        ChangeSlice slice = (await Store.ReadChangesAsync(anna, default, null, default))!;
        Assert.Equal((5, 5), (slice.Head!.Revision, slice.Changes.Count));
    }
}
