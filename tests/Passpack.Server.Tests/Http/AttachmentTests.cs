using System.Net.Http.Json;
using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Chunks of attachments, which are records whose bodies nobody gets unasked.</summary>
public sealed class AttachmentTests
{
    // One that fills the most that a body may have.
    private static RecordChange Chunk(long version = 1) => ChunkOf(Guid.NewGuid(), version);

    private static RecordChange ChunkOf(Guid id, long version = 1) =>
        Make.Record(id, version, (byte)RecordStream.Attachment, body: Make.Bytes(Limits.AttachmentBodyBytes - RecordHeader.Size));

    [Fact]
    public async Task A_push_of_one_chunk_is_at_most_300_KiB_and_a_batch_below_the_limit_of_a_proxy()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        PushRequest one = Make.Signed(Make.Push(0, Chunk()) with { Manifest = Make.Manifest(2, Limits.ManifestBytes) });
        Assert.True(one.ToMessage().Length <= 300 << 10, $"{one.ToMessage().Length} bytes");
        await account.PushAsync(one);
        PushRequest batch = Make.Signed(Make.Push(1, [.. Enumerable.Range(0, Limits.AttachmentBatchBytes / Limits.AttachmentBodyBytes).Select(_ => Chunk())]) with
        {
            Previous = ManifestName.Of(one.Manifest).Hash,
        });
        Assert.True(batch.ToMessage().Length < 1 << 20, $"{batch.ToMessage().Length} bytes");
        await account.PushAsync(batch);
    }

    [Fact]
    public async Task A_page_says_of_chunks_that_they_are_there_and_brings_no_body()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        // More than fits into the bodies of one page.
        RecordChange[] chunks = [.. Enumerable.Range(0, 10).Select(_ => Chunk())];
        foreach (RecordChange chunk in chunks)
            await account.PushNextAsync(chunk);
        RecordChange entry = Make.Record(Guid.NewGuid());
        await account.PushNextAsync(entry);

        (List<RecordChange> changes, _, int pages) = await account.PullAsync(0);
        Assert.Equal(1, pages);
        AssertSame([.. chunks.Select(chunk => chunk with { Body = [] }), entry], changes);
    }

    [Fact]
    public async Task A_chunk_is_fetched_by_its_id_and_so_many_as_an_answer_holds()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RecordChange[] chunks = [.. Enumerable.Range(0, 10).Select(_ => Chunk())];
        foreach (RecordChange chunk in chunks)
            await account.PushNextAsync(chunk);
        AssertSame([chunks[3]], await FetchAsync(account, chunks[3].Id));

        IReadOnlyList<RecordChange> some = await FetchAsync(account, [.. chunks.Select(chunk => chunk.Id)]);
        Assert.InRange(some.Count, 1, chunks.Length - 1);
        AssertSame(chunks[..some.Count], some);
    }

    [Fact]
    public async Task A_chunk_that_is_not_there_is_left_out_of_the_answer_and_nobody_elses_is_given()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync(), other = await server.RegisterAsync(Make.Registration("berta@example.org"));
        RecordChange chunk = Chunk();
        await account.PushNextAsync(chunk);
        Assert.Equal(chunk.Id, Assert.Single(await FetchAsync(account, Guid.NewGuid(), chunk.Id)).Id);
        Assert.Empty(await FetchAsync(other, chunk.Id));
        HttpResponseMessage elsewhere = await other.Http.PostAsJsonAsync(account.Path(Routes.Records), new RecordsRequest([KeyOf(chunk.Id)]));
        Assert.Equal(404, (int)elsewhere.StatusCode);
    }

    [Fact]
    public async Task A_deleted_chunk_comes_as_a_tombstone_and_its_content_is_an_earlier_version()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RecordChange chunk = Chunk(), tombstone = Make.Record(chunk.Id, 2, (byte)RecordStream.Attachment, deleted: true);
        await account.PushNextAsync(chunk);
        await account.PushNextAsync(tombstone);
        AssertSame([tombstone], (await account.ChangesAsync(1)).Changes);
        VersionPage versions = await (await account.Http.GetAsync($"{account.Path(Routes.Versions)}?stream=4&record={chunk.Id}")).ReadAsync(VersionPage.ReadAsync);
        AssertSame([chunk], [.. versions.Versions.Select(version => version.Record)]);

        // It may be there again.
        RecordChange again = ChunkOf(chunk.Id, 3);
        await account.PushNextAsync(again);
        AssertSame([again], await FetchAsync(account, chunk.Id));
    }

    public static TheoryData<string, Func<RecordChange>> Faults() => new()
    {
        { $"at most {Limits.AttachmentBodyBytes} bytes", () => WithBody(Chunk(), body => [.. body, 0]) },
        { "part 3, not 0", () => Make.Record(Guid.NewGuid(), 1, (byte)RecordStream.Attachment, deleted: true) with { Deleted = false } },
        { "part 0, not 3", () => Chunk() with { Deleted = true } },
        { "digest is not", () => Chunk() with { Body = [] } },
        { "record's header", () => WithBody(Chunk(), _ => []) },
        { "another vault, stream, record or version", () => Chunk() with { Id = Guid.NewGuid() } },
        { "another vault, stream, record or version", () => Chunk() with { Version = 2 } },
        { "epoch 2, and 1 is in force", () => Make.Anna.Next().Record(Guid.NewGuid(), stream: (byte)RecordStream.Attachment) },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_chunk_that_is_none_is_refused(string says, Func<RecordChange> make)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        Problem problem = await account.SendPushAsync(Make.Push(0, make())).RequireAsync(422, ErrorCodes.RequestInvalid);
        Assert.Contains(says, problem.Detail, StringComparison.Ordinal);
        Assert.Empty((await account.ChangesAsync(0)).Changes);
    }

    [Fact]
    public async Task After_new_keys_a_chunk_of_before_is_taken_and_a_tombstone_of_before_is_not()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        Owner old = account.Owner;
        await account.ReplaceKeysAsync();
        RecordChange chunk = old.Record(Guid.NewGuid(), stream: (byte)RecordStream.Attachment);
        await account.PushAsync(account.Owner.Push(1, await account.HeadAsync(), [chunk]));
        PushRequest deletion = account.Owner.Push(2, await account.HeadAsync(), [old.Record(chunk.Id, 2, (byte)RecordStream.Attachment, deleted: true)]);
        await account.SendPushAsync(deletion).RequireAsync(422, ErrorCodes.RequestInvalid);
        await account.PushAsync(account.Owner.Push(2, await account.HeadAsync(), [account.Owner.Record(chunk.Id, 2, (byte)RecordStream.Attachment, deleted: true)]));
    }

    // To compare bodies of that size member by member takes minutes.
    private static void AssertSame(IReadOnlyList<RecordChange> expected, IReadOnlyList<RecordChange> actual) =>
        Assert.Equal(expected.Select(Told), actual.Select(Told));

    private static (byte, Guid, long, bool, string, string) Told(RecordChange record) =>
        (record.Stream, record.Id, record.Version, record.Deleted, Convert.ToHexString(record.Digest), Convert.ToHexString(SHA256.HashData(record.Body)));

    private static RecordKey KeyOf(Guid id) => new((byte)RecordStream.Attachment, id);

    private static RecordChange WithBody(RecordChange chunk, Func<byte[], byte[]> spoil)
    {
        byte[] body = spoil(chunk.Body);
        return chunk with { Body = body, Digest = SHA256.HashData(body) };
    }

    private static async Task<IReadOnlyList<RecordChange>> FetchAsync(DeviceClient account, params Guid[] ids) =>
        (await (await account.Http.PostAsJsonAsync(account.Path(Routes.Records), new RecordsRequest([.. ids.Select(KeyOf)]))).ReadAsync(RecordsAnswer.ReadAsync)).Records;
}
