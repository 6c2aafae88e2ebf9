using System.Net.Sockets;
using System.Text;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>
/// Requests whose end a proxy and this server might see at different places, so that one hides in another's body. A hidden request asks for
/// the health; nothing of its answer may come, and the connection has to end.
/// </summary>
public sealed class SmugglingTests
{
    private const string Hidden = $"GET {Routes.Health} HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private const string Post = $"POST {Routes.LoginParameters} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    private const string Body = """{"userId":"anna"}""";
    private const string Chunked = "11\r\n" + Body + "\r\n0\r\n\r\n";

    public static TheoryData<string, string> Requests() => new()
    {
        { "both lengths", $"{Post}Content-Length: 17\r\nTransfer-Encoding: chunked\r\n\r\n{Chunked}" },
        { "both lengths, the other first", $"{Post}Transfer-Encoding: chunked\r\nContent-Length: 17\r\n\r\n{Chunked}" },
        { "two lengths", $"{Post}Content-Length: 17\r\nContent-Length: 0\r\n\r\n{Body}" },
        { "two equal lengths", $"{Post}Content-Length: 17\r\nContent-Length: 17\r\n\r\n{Body}" },
        { "a list of lengths", $"{Post}Content-Length: 17, 17\r\n\r\n{Body}" },
        { "a negative length", $"{Post}Content-Length: -17\r\n\r\n{Body}" },
        { "a hexadecimal length", $"{Post}Content-Length: 0x11\r\n\r\n{Body}" },
        { "a length beyond all", $"{Post}Content-Length: 99999999999999999999\r\n\r\n{Body}" },
        { "a length with a space before the colon", $"{Post}Content-Length : 17\r\n\r\n{Body}" },
        { "a length after a line end of its own kind", $"{Post}X: y\nContent-Length: 17\r\n\r\n{Body}" },
        { "a folded header", $"{Post}X: y\r\n Content-Length: 0\r\nContent-Length: 17\r\n\r\n{Body}" },
        { "a folded encoding", $"{Post}Transfer-Encoding:\r\n chunked\r\n\r\n{Chunked}" },
        { "another encoding", $"{Post}Transfer-Encoding: xchunked\r\n\r\n{Chunked}" },
        { "an encoding after chunked", $"{Post}Transfer-Encoding: chunked, identity\r\n\r\n{Chunked}" },
        { "two encodings", $"{Post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n{Chunked}" },
        { "an encoding with a control character", $"{Post}Transfer-Encoding: \vchunked\r\n\r\n{Chunked}" },
        { "a chunk with another size", $"{Post}Transfer-Encoding: chunked\r\n\r\n0x11\r\n{Body}\r\n0\r\n\r\n" },
        { "a chunk size beyond all", $"{Post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF1\r\n{Body}\r\n0\r\n\r\n" },
        { "a chunk that is shorter than its data", $"{Post}Transfer-Encoding: chunked\r\n\r\n10\r\n{Body}\r\n0\r\n\r\n" },
        { "a chunk extension with a line end of its own kind", $"{Post}Transfer-Encoding: chunked\r\n\r\n11;x\n\r\n{Body}\r\n0\r\n\r\n" },
        { "a zero byte in a header", $"{Post}X: a\0b\r\nContent-Length: 17\r\n\r\n{Body}" },
        { "no host", $"POST {Routes.LoginParameters} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{Body}" },
        { "two hosts", $"{Post}Host: evil.example\r\nContent-Length: 17\r\n\r\n{Body}" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_request_of_doubtful_length_is_refused_and_ends_its_connection(string what, string request)
    {
        await using TestServer server = await TestServer.StartAsync();
        string answer = await RawHttp.ExchangeAsync(server.Http.BaseAddress!, request + Hidden);
        // With both lengths the encoding holds; the standard lets that be, if the connection ends.
        string expected = what.StartsWith("both", StringComparison.Ordinal) ? "HTTP/1.1 200 OK\r\nConnection: close\r\n" : "HTTP/1.1 4";
        Assert.True(answer.StartsWith(expected, StringComparison.Ordinal), $"{what}: {answer}");
        Assert.DoesNotContain("healthy", answer, StringComparison.Ordinal);
        Assert.Equal(2, answer.Split("HTTP/1.1 ").Length);
    }

    [Fact]
    public async Task A_body_where_none_is_expected_is_no_request()
    {
        await using TestServer server = await TestServer.StartAsync();
        string answer = await RawHttp.ExchangeAsync(
            server.Http.BaseAddress!, $"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {Hidden.Length}\r\n\r\n{Hidden}");
        Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("healthy", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1;", "a")]
    [InlineData("1;a=\"", "b")]
    [InlineData("", "1;a\r\nx\r\n")]
    [InlineData("0\r\n", "X: y\r\n")]
    [InlineData("", "0")]
    public async Task What_surrounds_chunks_is_bounded_like_what_they_hold(string begin, string forever)
    {
        await using TestServer server = await TestServer.StartAsync();
        using Socket socket = await RawHttp.ConnectAsync(server.Http.BaseAddress!);
        Task<string> answer = RawHttp.ReadToEndAsync(socket);
        await RawHttp.SendAsync(socket, Encoding.ASCII.GetBytes($"{Post}Transfer-Encoding: chunked\r\n\r\n{begin}"));
        byte[] much = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(forever, (1 << 20) / forever.Length)));
        int sent = 0;
        while (sent < 64 && !answer.IsCompleted)
        {
            await RawHttp.SendAsync(socket, much);
            sent++;
        }

        Assert.True(sent < 64, "It reads without end.");
        Assert.DoesNotContain("HTTP/1.1 200", await answer, StringComparison.Ordinal);
        await server.Http.GetStringAsync(Routes.Health);
    }
}
