using System.Net;
using System.Net.Sockets;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>A real nginx in front of the server, as its package configures it: the limit of a body is 1 MiB, and its error pages are HTML.</summary>
public sealed class NginxTests : IAsyncLifetime
{
    private readonly RealServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Attachments_pass_a_real_nginx_with_its_default_body_limit()
    {
        await using ProxyProgram nginx = await ProxyProgram.StartNginxAsync(_server.Address);
        Uri address = AddressOf(nginx);
        using (var http = new HttpClient())
        using (var large = new ByteArrayContent(new byte[(1 << 20) + 1]))
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await http.PostAsync(address, large)).StatusCode);

        await using TestAccount account = await TestAccount.RegisterAsync(_server);
        Machine a = await account.MachineAsync("a", server: address), b = await account.MachineAsync("b", server: address);
        Guid id = a.Add("router").Id;
        byte[] content = Attachments.Content(20 * Limits.AttachmentChunkBytes);
        a.Attach(id, "image.bin", content);
        await a.SyncAsync();
        await b.SyncAsync();
        Assert.Equal(content, await b.ReadAsync(id, "image.bin"));
        Assert.Contains($"/{Routes.Pushes} HTTP/1.1\" 200", nginx.AccessLog, StringComparison.Ordinal);
        // Beside the one that this test sent.
        Assert.DoesNotContain("/v1/vaults", string.Join('\n', Refused(nginx, 413)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_first_sync_of_900_entries_passes_its_default_body_limit()
    {
        await using ProxyProgram nginx = await ProxyProgram.StartNginxAsync(_server.Address);
        await using TestAccount account = await TestAccount.RegisterAsync(_server);
        Machine a = await account.MachineAsync("a", server: AddressOf(nginx)), b = await account.MachineAsync("b");
        Fill(a, 900);
        await a.SyncAsync();
        // It had to learn of the limit, by halves, and then kept to it.
        Assert.InRange(Refused(nginx, 413).Length, 1, 3);
        await b.SyncAsync();
        Assert.Equal(a.Dump(), b.Dump());
    }

    [Fact]
    public async Task An_entry_that_is_larger_than_the_limit_is_named_with_what_to_change()
    {
        await using ProxyProgram nginx = await ProxyProgram.StartNginxAsync(_server.Address, "client_max_body_size 20k;");
        await using TestAccount account = await TestAccount.RegisterAsync(_server);
        Machine a = await account.MachineAsync("a", server: AddressOf(nginx)), b = await account.MachineAsync("b");
        Fill(a, 10);
        Guid large = a.Add("a large one", new EntryEdit { Notes = new string('n', 40_000) }).Id;
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => a.SyncAsync());
        Assert.Equal(ErrorCodes.RecordTooLarge, refused.ErrorId);
        Assert.Equal(large, refused.Target);
        Assert.Contains("client_max_body_size 12m", refused.Message, StringComparison.Ordinal);
        await b.SyncAsync();
        Assert.Equal(10, b.Vault.List(new EntryQuery()).Count());
        Assert.True(a.Has(large));
    }

    [Fact]
    public async Task A_server_that_is_restarted_behind_it_is_waited_for()
    {
        await using ProxyProgram nginx = await ProxyProgram.StartNginxAsync(_server.Address);
        await using TestAccount account = await TestAccount.RegisterAsync(_server);
        Machine a = await account.MachineAsync("a", server: AddressOf(nginx)), b = await account.MachineAsync("b");
        Fill(a, 20);
        await _server.StopAsync();
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => a.SyncAsync());
        Assert.Equal(ErrorCodes.ServerUnreachable, refused.ErrorId);
        Assert.Contains("HTTP 502 text/html", refused.Message, StringComparison.Ordinal);

        int before = Refused(nginx, 502).Length;
        Task<SyncResult> syncing = a.SyncAsync(Patient);
        while (Refused(nginx, 502).Length < before + 3)
            await Task.Delay(10);
        await _server.InitializeAsync();
        await syncing;
        await b.SyncAsync();
        Assert.Equal(a.Dump(), b.Dump());
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_told_as_one_that_cannot_be_reached()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using ProxyProgram nginx = await ProxyProgram.StartNginxAsync(
            new Uri($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/"), "proxy_read_timeout 1s;");
        await using TestAccount account = await TestAccount.RegisterAsync(_server);
        Machine a = await account.MachineAsync("a", server: AddressOf(nginx));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => a.SyncAsync());
        Assert.Equal(ErrorCodes.ServerUnreachable, refused.ErrorId);
        Assert.Contains("HTTP 504 text/html", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, ErrorCodes.RateLimited)]
    [InlineData(503, ErrorCodes.ServerUnreachable)]
    public async Task Its_limits_of_requests_are_waited_for_and_told_where_they_do_not_end(int status, string errorId)
    {
        await using TestAccount account = await TestAccount.RegisterAsync(_server);
        await using ProxyProgram limited = await ProxyProgram.StartNginxAsync(proxy => $$"""
            limit_req_zone $binary_remote_addr zone=few:1m rate=12r/m;
            server {
                listen 127.0.0.1:{{proxy.Port}};
                limit_req zone=few;
                limit_req_status {{status}};
                location / { add_header Retry-After 1 always; proxy_pass {{_server.Address.AbsoluteUri.TrimEnd('/')}}; }
            }
            """);
        Machine a = await account.MachineAsync("a", server: AddressOf(limited)), b = await account.MachineAsync("b");
        Fill(a, 5);
        await a.SyncAsync(Patient);
        Assert.NotEmpty(Refused(limited, status));
        await b.SyncAsync();
        Assert.Equal(a.Dump(), b.Dump());

        await using ProxyProgram closed = await ProxyProgram.StartNginxAsync(proxy => $$"""server { listen 127.0.0.1:{{proxy.Port}}; return {{status}}; }""");
        Machine c = await account.MachineAsync("c", server: AddressOf(closed));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => c.SyncAsync());
        Assert.Equal(errorId, refused.ErrorId);
        Assert.Contains($"HTTP {status} text/html", refused.Message, StringComparison.Ordinal);
    }

    // Longer than anything here takes.
    private static SyncOptions Patient => new() { Timeouts = SyncTimeouts.Default with { Return = TimeSpan.FromMinutes(10) } };

    private static Uri AddressOf(ProxyProgram nginx) => new($"http://127.0.0.1:{nginx.Port}/");

    private static string[] Refused(ProxyProgram nginx, int status) =>
        [.. nginx.AccessLog.Split('\n').Where(line => line.Contains($"\" {status} ", StringComparison.Ordinal))];

    private static void Fill(Machine machine, int entries)
    {
        using VaultWriter writer = machine.Vault.BeginWrite();
        for (int i = 0; i < entries; i++)
            writer.Add(new EntryEdit { Name = $"entry {i}", Notes = new string('n', 3000) + i });
        writer.Commit();
    }
}
