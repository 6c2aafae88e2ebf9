using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A hostile server lies about attachments, and a proxy takes little.</summary>
public sealed class AttachmentTamperingTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    private byte[] _content = [];
    private Attachment _attachment = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _content = Attachments.Content();
        _attachment = Friend.Attach(Changed, "image.bin", _content);
        await Friend.SyncAsync();
    }

    public static TheoryData<string> Faults => ["altered", "exchanged", "left out", "deleted", "huge", "older", "of another stream"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_chunk_that_is_not_the_one_is_refused_and_nothing_of_it_stays(string lie)
    {
        await Victim.SyncAsync();
        byte[]? first = null;
        Hostile.Lie = async exchange =>
        {
            Answer honest = await exchange.HonestAsync();
            if (!exchange.Is(Routes.Records))
                return honest;
            RecordChange served = Assert.Single(honest.Read(RecordsAnswer.ReadAsync).Records);
            // The first comes as it is, so that there is one to be served again.
            if (first is null)
            {
                first = served.Body;
                return honest;
            }
            RecordChange[] records = lie switch
            {
                "altered" => [With(served, [.. served.Body[..^1], (byte)(served.Body[^1] ^ 1)])],
                "exchanged" => [With(served, first)],
                "left out" => [],
                "deleted" => [served with { Deleted = true }],
                "huge" => [With(served, new byte[Limits.RecordBodyBytes])],
                "older" => [served with { Version = 0 }],
                _ => [served with { Stream = (byte)RecordStream.Data }],
            };
            return Answer.Records(new RecordsAnswer(records).ToMessage());
        };
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => AttachmentDownload.FetchAsync(Victim.Vault, Changed, _attachment));
        Assert.Equal(ErrorCodes.ServerTampered, refused.ErrorId);
        Assert.Equal(2, Victim.Vault.MissingChunks(_attachment));
        Hostile.Lie = null;
        Assert.Equal(_content, await Victim.ReadAsync(Changed, "image.bin"));
        await HonestAgainAsync();
    }

    [Fact]
    public Task A_page_without_a_chunk_is_refused() => RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsFirstChunk, _ => null));

    [Fact]
    public Task A_chunk_that_was_invented_is_refused() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Adding(Forged(RecordStream.Attachment, Guid.NewGuid(), 1, false, [])));

    [Fact]
    public Task A_deletion_of_a_chunk_that_was_invented_is_refused() =>
        RefusedAsync(ErrorCodes.ServerTampered, Lies.Changes(IsFirstChunk, chunk => chunk with { Deleted = true, Version = 2 }));

    [Fact]
    public async Task A_body_that_nobody_asked_for_is_not_kept()
    {
        Hostile.Lie = Lies.Changes(IsFirstChunk, chunk => chunk with { Body = new byte[1 << 20] });
        await Victim.SyncAsync();
        Assert.Equal(3, Victim.Vault.MissingChunks(_attachment));
        Assert.InRange(new FileInfo(Victim.Vault.Path).Length, 1, 1 << 20);
        await HonestAgainAsync();
    }

    [Theory]
    [InlineData(1 << 20, 3)]
    [InlineData(300 << 10, 1)]
    public async Task A_large_file_goes_through_a_proxy_that_takes_little(int takes, int chunks)
    {
        await HonestAgainAsync();
        byte[] content = Attachments.Content(10 * Limits.AttachmentChunkBytes);
        Victim.Attach(Own, "large.bin", content);
        int most = 0;
        Hostile.Lie = async exchange =>
        {
            if (exchange.Body.Length > takes)
                return new Answer(413, "text/html", "<html><title>413 Request Entity Too Large</title></html>"u8.ToArray());
            if (exchange.Is(Routes.Pushes))
                most = Math.Max(most, Answer.ReadPush(exchange.Body).Records.Count(record => record.Stream == (byte)RecordStream.Attachment));
            return await exchange.HonestAsync();
        };
        await Victim.SyncAsync();
        Assert.Equal(chunks, most);
        await HonestAgainAsync();
        Assert.Equal(content, await Friend.ReadAsync(Own, "large.bin"));
    }

    [Fact]
    public async Task A_proxy_that_takes_not_even_one_chunk_keeps_that_entry_and_no_other()
    {
        await HonestAgainAsync();
        Victim.Attach(Own, "large.bin", Attachments.Content());
        Guid other = Victim.Add("another").Id;
        Hostile.Lie = async exchange => exchange.Body.Length > 100_000
            ? new Answer(413, "text/html", "<html><title>413 Request Entity Too Large</title></html>"u8.ToArray()) : await exchange.HonestAsync();
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => Victim.SyncAsync());
        Assert.Equal((ErrorCodes.RecordTooLarge, (object)Own), (refused.ErrorId, refused.Target));
        await Friend.SyncAsync();
        Assert.True(Friend.Has(other));
        Assert.Empty(Friend.AttachmentsOf(Own));
        await HonestAgainAsync();
        Assert.Single(Friend.AttachmentsOf(Own));
    }

    private static RecordChange With(RecordChange served, byte[] body) => served with { Body = body, Digest = RecordBody.Digest(body) };

    // Of those that are new to the victim.
    private bool IsFirstChunk(RecordChange change) =>
        change.Stream == (byte)RecordStream.Attachment && change.Id == AttachmentChunk.IdOf(_attachment.Id, 0);
}
