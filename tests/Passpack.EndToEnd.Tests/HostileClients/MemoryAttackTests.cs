using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Passpack.EndToEnd.Tests.Hostile;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.HostileClients;

/// <summary>
/// Strangers who want the server's memory or its connections, against the real server as a program with a heap of 384 MiB. All of it is bounded in
/// count and time, and on loopback. An owner's sync works meanwhile and after.
/// </summary>
public sealed class MemoryAttackTests : IAsyncLifetime
{
    // In hexadecimal, as the runtime reads it.
    private const string Heap = "18000000";

    private readonly string _root = Path.Combine(Path.GetTempPath(), $"passpack-memory-{Guid.NewGuid():N}");
    private readonly List<Socket> _sockets = [];
    private ServerProcess _server = null!;
    private LocalVault _owner = null!;

    private DataFolder Home => new(Path.Combine(_root, "home"));

    public async ValueTask InitializeAsync()
    {
        _server = await ServerProcess.StartAsync(Path.Combine(_root, "server"), [("DOTNET_GCHeapHardLimit", Heap)], "--count-loopback", "true");
        using SecretBytes password = SecretBytes.FromChars("the password of this test"), packingKey = SecretBytes.FromChars("a packing key for tests");
        _owner = await Registration.RegisterAsync(new(Home, _server.Address, "owner@example.com", password, packingKey));
    }

    public ValueTask DisposeAsync()
    {
        foreach (Socket socket in _sockets)
            socket.Dispose();
        _owner.Dispose();
        _server.Dispose();
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>1,742 connections that claimed 256 KiB each ended the process with 1.9 MB sent.</summary>
    [Theory]
    [InlineData(12 << 20)]
    [InlineData(256 << 10)]
    [InlineData(16 << 10)]
    public async Task Idle_connections_that_claim_large_bodies(int claimed)
    {
        for (int i = 0; i < 1742; i++)
            await SendAsync($"127.0.{1 + (i / 50)}.{1 + (i % 50)}", Head(Routes.Login, claimed) + "{\"userId\":");
        await OwnerSyncsAsync();
    }

    [Fact]
    public async Task Bodies_that_are_sent_up_to_their_last_byte()
    {
        string body = "{\"userId\":\"" + new string('x', (16 << 10) - 12);
        for (int i = 0; i < 1500; i++)
            await SendAsync($"127.0.{1 + (i / 50)}.{1 + (i % 50)}", Head(Routes.Login, 16 << 10) + body);
        await OwnerSyncsAsync();
    }

    [Fact]
    public async Task One_address_that_opens_connections_without_end_leaves_the_others_theirs()
    {
        var open = new List<Socket>();
        for (int i = 0; i < 400; i++)
            open.Add(await SendAsync("127.0.0.9", "GET / HTTP/1.1\r\nHost: localhost\r\n"));
        await OwnerSyncsAsync();
        // Beyond a hundred they were closed unread.
        await WaitAsync(() => open.Count(IsClosed) >= 300);
        Assert.InRange(open.Count(socket => !IsClosed(socket)), 0, 100);
    }

    [Fact]
    public async Task A_slow_sender_is_dropped()
    {
        Socket slow = await SendAsync("127.0.0.9", Head(Routes.Login, 16 << 10) + "{");
        await WaitAsync(() => IsClosed(slow));
        await OwnerSyncsAsync();
    }

    [Fact]
    public async Task A_body_beyond_the_path_is_refused_by_its_claim()
    {
        Socket socket = await SendAsync("127.0.0.9", Head(Routes.Login, (16 << 10) + 1));
        var answer = new byte[64];
        int read = await socket.ReceiveAsync(answer);
        Assert.StartsWith("HTTP/1.1 413 ", Encoding.ASCII.GetString(answer, 0, read), StringComparison.Ordinal);
    }

    private async Task OwnerSyncsAsync()
    {
        Guid id;
        using (VaultWriter writer = _owner.BeginWrite())
        {
            id = writer.Add(new EntryEdit { Name = $"made during the attack {Guid.NewGuid()}" }).Id;
            writer.Commit();
        }
        SyncResult result = await VaultSync.RunAsync(_owner, new SyncOptions());
        Assert.Equal(id, Assert.Single(result.Changes).Id);
    }

    private static string Head(string route, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"POST {route} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");

    private async Task<Socket> SendAsync(string from, string text)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, _server.Address.Port);
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        }
        catch (SocketException)
        {
            // Closed already, which is one of the answers that are tested.
        }
        return socket;
    }

    private static bool IsClosed(Socket socket)
    {
        try
        {
            // What it said before it closed is read first.
            while (socket.Available > 0)
                _ = socket.Receive(new byte[socket.Available]);
            return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    // A guard against a hang, and no measure of speed.
    private static async Task WaitAsync(Func<bool> done)
    {
        var patience = Stopwatch.StartNew();
        while (!done())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), "It did not happen.");
            await Task.Delay(100);
        }
    }
}
