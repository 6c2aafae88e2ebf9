using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Messages with records, byte by byte, as the server reads and writes them.</summary>
public sealed class RecordBodyTests
{
    private static readonly byte[] s_push = Make.Push(0, Make.Records(2)).ToMessage().ToArray();

    // Where the frames begin: metadata, two records, the end.
    private static readonly int[] s_frames = [.. Frames(s_push)];

    public static TheoryData<string, byte[]> Broken() => new()
    {
        { "another magic", [(byte)'Q', .. s_push[1..]] },
        { "another layout", [.. s_push[..3], 2, .. s_push[4..]] },
        { "no metadata", [.. s_push[..4], .. s_push[s_frames[1]..]] },
        { "metadata twice", [.. s_push[..s_frames[1]], .. s_push[s_frames[0]..]] },
        { "metadata last", [.. s_push[..4], .. s_push[s_frames[1]..s_frames[3]], .. s_push[s_frames[0]..s_frames[1]], .. s_push[s_frames[3]..]] },
        { "another kind", [.. s_push[..s_frames[1]], (byte)'X', .. s_push[(s_frames[1] + 1)..]] },
        { "an earlier version", [.. s_push[..s_frames[1]], (byte)'V', .. s_push[(s_frames[1] + 1)..]] },
        { "two ends", [.. s_push, .. s_push[s_frames[3]..]] },
        { "a byte too many", [.. s_push, 0] },
        { "an end that is not empty", [.. s_push[..^1], 1, 0] },
        { "neither deleted nor not", [.. s_push[..(s_frames[1] + 30)], 4, .. s_push[(s_frames[1] + 31)..]] },
        { "JSON", "{}"u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public async Task What_is_no_message_with_records_is_refused(string what, byte[] body)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        Problem problem = await account.Http.PostBytesAsync(account.Path(Routes.Pushes), body).RequireAsync(400, ErrorCodes.RequestInvalid);
        Assert.True(problem.Detail?.StartsWith("The body ", StringComparison.Ordinal), what);
        await RequireEmptyAsync(account);
    }

    [Fact]
    public async Task A_push_that_is_cut_anywhere_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        for (int bytes = 0; bytes < s_push.Length; bytes++)
            await account.Http.PostBytesAsync(account.Path(Routes.Pushes), s_push[..bytes]).RequireAsync(400, ErrorCodes.RequestInvalid);
        await RequireEmptyAsync(account);
    }

    [Fact]
    public async Task A_push_whose_lengths_are_altered_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        foreach (int frame in s_frames)
        {
            uint sound = BinaryPrimitives.ReadUInt32BigEndian(s_push.AsSpan(frame + 1));
            foreach (uint length in new uint[] { 0, sound - 1, sound + 1, sound + 5, 57, 58, int.MaxValue, int.MaxValue + 1u, uint.MaxValue })
            {
                if (length == sound)
                    continue;
                byte[] altered = [.. s_push];
                BinaryPrimitives.WriteUInt32BigEndian(altered.AsSpan(frame + 1), length);
                using HttpResponseMessage answer = await account.Http.PostBytesAsync(account.Path(Routes.Pushes), altered);
                Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            }
        }

        await RequireEmptyAsync(account);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_frame_that_claims_more_than_the_body_has_is_refused_before_it_comes(bool chunked)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        byte[] began = s_push[..(s_frames[1] + RecordMessage.FrameBytes)];
        // In chunks nobody knows how much will come, so the bound is that of the path.
        BinaryPrimitives.WriteInt32BigEndian(began.AsSpan(s_frames[1] + 1), chunked ? Limits.MessageBytes : s_push.Length);
        string length = chunked ? $"Transfer-Encoding: chunked\r\n\r\n{began.Length:x}\r\n" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {s_push.Length}\r\n\r\n");
        using Socket socket = await RawHttp.ConnectAsync(server.Http.BaseAddress!);
        await RawHttp.SendAsync(socket, [.. Encoding.ASCII.GetBytes(
            $"POST {account.Path(Routes.Pushes)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {account.Http.DefaultRequestHeaders.Authorization}\r\n"
            + $"Content-Type: {RecordMessage.MediaType}\r\n{length}"), .. began]);
        byte[] answer = new byte[12];
        int read = await socket.ReceiveAsync(answer);
        Assert.Equal("HTTP/1.1 400", Encoding.ASCII.GetString(answer, 0, read));
    }

    /// <summary>Issue 11: at most 1.05 times the bodies, and 100 bytes a record.</summary>
    [Theory]
    [InlineData(20, 400)]
    [InlineData(1000, 0)]
    [InlineData(1000, 64)]
    [InlineData(1000, 2000)]
    [InlineData(3, 700_000)]
    public async Task Pages_and_pushes_are_hardly_larger_than_the_bodies(int count, int bytes)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        RecordChange[] records = [.. Enumerable.Range(0, count).Select(_ => Make.Record(Guid.NewGuid(), body: Make.Bytes(bytes)))];
        // As large as a client's are, after twenty machines have pushed.
        PushRequest push = Make.Signed(Make.Push(0, records) with { Manifest = Make.Manifest(2, 600) });
        long bodies = records.Sum(record => (long)record.Body.Length);
        using var content = new ByteArrayContent(push.ToMessage().ToArray());
        content.Headers.ContentType = new(RecordMessage.MediaType);
        using HttpResponseMessage pushed = await account.Http.PostAsync(account.Path(Routes.Pushes), content);
        Assert.Equal(HttpStatusCode.OK, pushed.StatusCode);
        double most = (1.05 * bodies) + (100 * count);
        Assert.InRange(content.Headers.ContentLength!.Value, bodies, (long)most);

        // Of each record alone, and of its last page, too.
        using HttpResponseMessage page = await account.Http.GetAsync(account.Path(Routes.Changes) + "?after=0&generation=1");
        Assert.Equal(count, (await page.ReadAsync(ChangePage.ReadAsync)).Changes.Count);
        Assert.InRange(page.Content.Headers.ContentLength!.Value, bodies, (long)most);
    }

    [Fact]
    public async Task Bodies_of_every_size_come_back_as_they_went()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        // Around the reader's buffer, the pieces that are flushed, and the limits.
        int[] sizes = [98, 99, 103, 104, 109, 32_704, 32_705, 32_767, 32_768, 32_769, 65_536, 81_920, 1 << 20, Limits.RecordBodyBytes - 1, Limits.RecordBodyBytes];
        long revision = 0;
        foreach (int[] some in new[] { sizes[..^2], [sizes[^2]], [sizes[^1], 98, 99] })
        {
            RecordChange[] records = [.. some.Select(size => Make.Record(Guid.NewGuid(), body: Make.Bytes(size - Make.HeaderBytes)))];
            Assert.Equal(some, records.Select(record => record.Body.Length));
            await account.PushAsync(Make.Push(revision, records));
            (List<RecordChange> changes, _, _) = await account.PullAsync(revision++);
            Assert.Equal(records.Select(Text), changes.Select(Text));
        }
    }

    private static string Text(RecordChange record) =>
        $"{record.Stream} {record.Id} {record.Version} {record.Deleted} {Convert.ToHexString(record.Digest)} {Convert.ToHexString(record.Body)}";

    private static async Task RequireEmptyAsync(DeviceClient account) => Assert.Equal(0, (await account.ChangesAsync(0)).Head!.Revision);

    private static IEnumerable<int> Frames(byte[] message)
    {
        for (int at = RecordMessage.Magic.Length; at < message.Length; at += RecordMessage.FrameBytes + BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(at + 1)))
            yield return at;
    }
}
