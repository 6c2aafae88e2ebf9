using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Passpack.Protocol;
using Passpack.Server.Sync;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>Clients with a slow line, whose request is answered while its body is still on the way.</summary>
[Trait("Pace", "Slow")]
public sealed class SlowSenderTests
{
    private const int Part = 16 << 10;

    [Fact]
    public async Task A_refusal_reaches_a_client_that_reads_only_after_it_has_sent_everything()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        using Socket socket = await RawHttp.ConnectAsync(server.Http.BaseAddress!);
        await SendAllAsync(socket, Head(account, parts: 8));
        for (int part = 0; part < 8; part++)
        {
            // All together longer than the five seconds for which Kestrel alone reads on.
            await Task.Delay(1000);
            await SendAllAsync(socket, new byte[Part]);
        }

        // The connection is whole, too.
        await SendAllAsync(socket, Encoding.ASCII.GetBytes($"GET {Routes.Health} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        string answers = await RawHttp.ReadToEndAsync(socket);
        Assert.StartsWith("HTTP/1.1 401 ", answers, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200 ", answers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_body_is_read_no_longer_than_a_request_may_take()
    {
        await using TestServer server = await TestServer.StartAsync(
            configure: builder => builder.Services.AddSingleton(new TransferTime(Longest: TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))));
        using DeviceClient account = await server.RegisterAsync();
        using Socket socket = await RawHttp.ConnectAsync(server.Http.BaseAddress!);
        await SendAllAsync(socket, Head(account, parts: 700));
        Task<string> answer = RawHttp.ReadToEndAsync(socket);
        var patience = Stopwatch.StartNew();
        while (!answer.IsCompleted)
        {
            // A guard against a hang, and no measure of speed: left alone, it would send for six minutes.
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), "The connection is held.");
            await RawHttp.SendAsync(socket, new byte[Part]);
            await Task.Delay(500);
        }

        Assert.StartsWith("HTTP/1.1 401 ", await answer, StringComparison.Ordinal);
    }

    /// <summary>Of a push without a token, which is refused unread.</summary>
    private static byte[] Head(DeviceClient account, int parts) => Encoding.ASCII.GetBytes(
        $"POST {account.Path(Routes.Pushes)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {RecordMessage.MediaType}\r\nContent-Length: {parts * Part}\r\n\r\n");

    /// <exception cref="SocketException">The server no longer reads.</exception>
    private static async Task SendAllAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
            sent += await socket.SendAsync(bytes.AsMemory(sent));
    }
}
