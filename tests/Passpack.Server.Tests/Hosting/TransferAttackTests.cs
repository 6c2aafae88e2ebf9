using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Passpack.Protocol;
using Passpack.Server.Sync;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>A few accounts of an open server that want everybody else's room, and move next to nothing.</summary>
[Trait("Pace", "Slow")]
public sealed class TransferAttackTests
{
    // A guard against a hang, and no measure of speed: left alone, they hold the room for an hour.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Accounts_that_fill_all_room_by_slow_transfers_make_room_for_another(bool bodies)
    {
        await using TestServer server = await TestServer.StartAsync(
            configure: builder => builder.Services.AddSingleton(new TransferTime(TimeSpan.FromHours(1), TimeSpan.FromSeconds(1))));
        using DeviceClient victim = await server.RegisterAsync();
        await victim.PushNextAsync(Make.Records(1));
        var sockets = new List<Socket>();
        using var over = new CancellationTokenSource();
        try
        {
            for (int i = 0; i < 4; i++)
            {
                using DeviceClient attacker = await server.RegisterAsync(Make.Registration($"attacker{i}"));
                string head = $"HTTP/1.1\r\nHost: localhost\r\nAuthorization: {attacker.Http.DefaultRequestHeaders.Authorization}\r\n";
                // Then a record of spaces, drop by drop.
                string began = Encoding.Latin1.GetString(Make.Push(0, Make.Record(Guid.Empty, body: new byte[1 << 20])).ToMessage().ToArray().AsSpan(..500));
                string text = string.Create(
                    CultureInfo.InvariantCulture, $"POST {attacker.Path(Routes.Pushes)} {head}Content-Type: {RecordMessage.MediaType}\r\nContent-Length: {12 << 20}\r\n\r\n{began}");
                if (!bodies)
                {
                    await attacker.PushNextAsync([.. Enumerable.Range(0, 2).Select(_ => Make.Record(Guid.NewGuid(), body: new byte[(2 << 20) - 1 - Make.HeaderBytes]))]);
                    text = string.Concat(Enumerable.Repeat($"GET {attacker.Path(Routes.Changes)} {head}\r\n", 20));
                }

                for (int j = 0; j < 4; j++)
                    sockets.Add(await SendAsync(server, text));
            }

            Task dripping = bodies ? DripAsync(sockets, over.Token) : Task.CompletedTask;
            if (bodies)
                await victim.PushNextAsync(Make.Records(1)).WaitAsync(Hang);
            else
                Assert.NotEmpty((await victim.ChangesAsync(0).WaitAsync(Hang)).Changes);
            await over.CancelAsync();
            await dripping;
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<Socket> SendAsync(TestServer server, string text)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 2048 };
        await socket.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await RawHttp.SendAsync(socket, Encoding.Latin1.GetBytes(text));
        return socket;
    }

    /// <summary>As slowly as Kestrel lets pass.</summary>
    private static async Task DripAsync(List<Socket> sockets, CancellationToken over)
    {
        byte[] drop = Encoding.ASCII.GetBytes(new string(' ', 2048));
        while (!over.IsCancellationRequested)
        {
            foreach (Socket socket in sockets)
                await RawHttp.SendAsync(socket, drop);
            await Task.Delay(500, CancellationToken.None);
        }
    }
}
