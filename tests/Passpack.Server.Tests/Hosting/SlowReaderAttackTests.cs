using System.Net;
using System.Net.Sockets;
using System.Text;
using Passpack.Protocol;
using Passpack.Server.Storage.Sqlite;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>Somebody with a token who asks for large pages and reads none, against the real program with a heap of 384 MiB.</summary>
[Trait("Pace", "Slow")]
public sealed class SlowReaderAttackTests
{
    [Fact]
    public async Task Pages_that_nobody_reads_stay_below_the_heap_and_leave_others_theirs()
    {
        using var folder = new TempFolder();
        using ServerProcess server = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--registration", "open", "--registration-difficulty", "1", "--disk-reserve", "1"],
            ("DOTNET_GCHeapHardLimit", "18000000"));
        using DeviceClient account = await RegisterAsync(server, "anna"), other = await RegisterAsync(server, "berta");
        await account.PushNextAsync([.. Enumerable.Range(0, 2).Select(_ => Make.Record(Guid.NewGuid(), body: new byte[(2 << 20) - 1 - Make.HeaderBytes]))]);

        var sockets = new List<Socket>();
        try
        {
            for (int i = 0; i < 250; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
                sockets.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port);
                await socket.SendAsync(Encoding.ASCII.GetBytes(
                    $"GET {account.Path(Routes.Changes)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {account.Http.DefaultRequestHeaders.Authorization}\r\n\r\n"));
            }

            // Whoever waits to be read holds no moment of the database, so that its log is folded back all the same.
            for (int i = 0; i < 40; i++)
                await other.PushNextAsync(Make.Record(Guid.NewGuid(), body: new byte[1 << 20]));
            Assert.InRange(new FileInfo(folder.Of($"{PasspackServer.DatabaseName}-wal")).Length, 0, 2 * SqliteStore.MostLogBytes);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<DeviceClient> RegisterAsync(ServerProcess server, string userId)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        RegisterRequest request = Make.Registration(userId);
        RegisterAnswer answer = await (await http.RegisterAsync(request)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        return new DeviceClient(server.Address, request, answer.DeviceToken);
    }
}
