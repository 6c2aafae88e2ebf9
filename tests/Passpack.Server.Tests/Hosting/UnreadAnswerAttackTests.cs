using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>Those who ask on and on, read nothing, and send as much as is taken, against the real program with a heap of 384 MiB.</summary>
[Trait("Pace", "Slow")]
public sealed class UnreadAnswerAttackTests : IAsyncLifetime
{
    private const int Connections = 1500;

    private readonly TempFolder _folder = new();
    private readonly List<Socket> _sockets = [];
    private ServerProcess _server = null!;

    public async ValueTask InitializeAsync() => _server = await ServerProcess.StartAsync(
        ["--urls", "http://127.0.0.1:0", "--data", _folder.Path, "--registration", "open", "--registration-difficulty", "1", "--disk-reserve", "1", "--count-loopback", "true",
            "--sign-ins-per-minute", "10000"],
        ("DOTNET_GCHeapHardLimit", "18000000"));

    public ValueTask DisposeAsync()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _server.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>600 connections that sent 1 MiB each, of which the server read all, ended the process.</summary>
    [Fact]
    public async Task A_stranger_who_reads_no_answer_and_sends_endless_headers_takes_no_memory()
    {
        string asked = $"GET {Routes.OpenApi} HTTP/1.1\r\nHost: localhost\r\n\r\n";
        await AttackAsync(string.Concat(Enumerable.Repeat(asked, 90)) + "GET / HTTP/1.1\r\n", more: 1 << 20);
        await RequireAliveAsync();
    }

    /// <summary>An account has 500 devices at most, whose names make 300 KiB of each answer.</summary>
    [Fact]
    public async Task An_unread_list_of_devices_takes_no_more_memory_than_other_large_answers()
    {
        using var connections = new SocketsHttpHandler();
        using var http = new HttpClient(connections, disposeHandler: false) { BaseAddress = _server.Address };
        RegisterRequest request = Make.Registration();
        RegisterAnswer registered = await (await http.RegisterAsync(request)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        using var account = new DeviceClient(_server.Address, request, registered.DeviceToken);
        for (int i = 0; i < 499; i++)
        {
            DeviceDescription device = Make.Device(new string('中', Limits.DeviceNameLength));
            var login = new LoginRequest(request.UserId, request.Proof, device);
            LoginAnswer signedIn = await (await http.PostAsJsonAsync(Routes.Login, login)).ReadAsync<LoginAnswer>();
            using var other = new DeviceClient(_server.Address, request, signedIn.DeviceToken, device, connections);
            await other.WakeAsync();
        }

        string asked = $"GET {Routes.Devices} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {account.Http.DefaultRequestHeaders.Authorization}\r\n\r\n";
        await AttackAsync(string.Concat(Enumerable.Repeat(asked, 40)), more: 0);
        await RequireAliveAsync();
    }

    private async Task AttackAsync(string text, int more)
    {
        byte[] first = Encoding.ASCII.GetBytes(text), header = Encoding.ASCII.GetBytes("X: " + new string('a', (64 << 10) - 3));
        for (int i = 0; i < Connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 2048, SendBufferSize = 64 << 10 };
            _sockets.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.1.{1 + (i / 90)}"), 0));
            await socket.ConnectAsync(IPAddress.Loopback, _server.Address.Port);
            socket.Blocking = false;
            SendSome(socket, first);
        }

        // Until nothing more is taken, of any.
        var left = _sockets.ToDictionary(socket => socket, _ => more);
        for (int idle = 0; idle < 20;)
        {
            int sent = 0;
            foreach (Socket socket in _sockets.Where(socket => left[socket] > 0))
            {
                int taken = SendSome(socket, header);
                left[socket] -= taken;
                sent += taken;
            }

            idle = sent > 0 ? 0 : idle + 1;
            await Task.Delay(100);
        }
    }

    private static int SendSome(Socket socket, byte[] bytes)
    {
        try
        {
            return socket.Send(bytes, SocketFlags.None, out SocketError fault) is > 0 and int sent && fault == SocketError.Success ? sent : 0;
        }
        catch (SocketException)
        {
            // Closed already, which is one of the answers that are tested.
            return 0;
        }
    }

    private async Task RequireAliveAsync()
    {
        using var other = new HttpClient { BaseAddress = _server.Address };
        Assert.Contains("healthy", await other.GetStringAsync(Routes.Health), StringComparison.Ordinal);
        RegisterRequest request = Make.Registration("berta@example.org");
        await (await other.RegisterAsync(request)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
    }
}
