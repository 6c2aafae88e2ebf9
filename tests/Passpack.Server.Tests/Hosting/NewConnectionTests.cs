using System.Net;
using System.Net.Sockets;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>One address that opens connections and drops them, each with what a TLS handshake costs this server.</summary>
public sealed class NewConnectionTests
{
    [Fact]
    public async Task An_address_that_opens_and_drops_connections_is_shut_out_and_others_are_not()
    {
        // Two at once, four in a burst, then one a second.
        await using TestServer server = await TestServer.StartAsync(["--count-loopback", "true", "--connections-per-address", "2"]);
        int answered = 0, asked = 0;
        // Sooner or later, however fast this machine is: a guard against a hang is all that the count is for.
        while (answered == asked && asked < 10_000)
        {
            asked++;
            if (await IsAnsweredAsync(server, "127.0.0.9"))
                answered++;
        }

        Assert.InRange(answered, 2, 9_999);
        Assert.True(await IsAnsweredAsync(server, "127.0.0.10"));
    }

    private static async Task<bool> IsAnsweredAsync(TestServer server, string from)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, server.Http.BaseAddress!.Port);
        await RawHttp.SendAsync(socket, System.Text.Encoding.ASCII.GetBytes($"GET {Routes.Health} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        return (await RawHttp.ReadToEndAsync(socket)).Length > 0;
    }
}
