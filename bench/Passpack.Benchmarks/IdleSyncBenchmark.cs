using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Passpack.Packing.Records;
using Passpack.Server;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.Benchmarks;

/// <summary>A sync with nothing changed, over one bare request to the same server; and what it sends and reads on the wire.</summary>
internal sealed class IdleSyncBenchmark : Benchmark
{
    private readonly string _folder = Directory.CreateTempSubdirectory("passpack-bench-").FullName;
    private readonly HttpClient _http = new();
    private WebApplication? _server;
    private CountingProxy? _proxy;
    private LocalVault? _vault;
    private SyncResult? _last;

    public override string Name => "idle";

    public override string What => "sync 100,000 entries with nothing changed, over one GET of /readyz (told, not bounded: the bound is one request, under 1 KiB each way)";

    public override double Limit => 100;

    public override int Rounds => 21;

    public override void Prepare()
    {
        _server = PasspackServer.Create(["--urls", "http://127.0.0.1:0", "--data", Path.Combine(_folder, "server")], builder => builder.Logging.ClearProviders());
        _server.StartAsync().GetAwaiter().GetResult();
        _proxy = new CountingProxy(new Uri(_server.Urls.Single()).Port);
        var address = new Uri($"http://127.0.0.1:{_proxy.Port}/");
        using SecretBytes password = SecretBytes.FromChars("a password"), packingKey = BenchAccount.PackingKey();
        var home = new DataFolder(Path.Combine(_folder, "home"));
        _vault = Registration.RegisterAsync(new(home, address, BenchAccount.UserId, password, packingKey)).GetAwaiter().GetResult();
        BenchAccount.Add(_vault, 100_000);
        Product();
        Product();
        _http.BaseAddress = address;
    }

    public override void Floor() => _http.GetAsync("/readyz").GetAwaiter().GetResult().Dispose();

    public override void Product()
    {
        _proxy!.Reset();
        _last = VaultSync.RunAsync(_vault!, new SyncOptions()).GetAwaiter().GetResult();
    }

    public override IEnumerable<string> Notes()
    {
        bool met = _last is { Requests: 1, Changes.Count: 0 } && _proxy!.Up < 1024 && _proxy.Down < 1024;
        yield return $"{_last!.Requests} request, {_proxy!.Up} bytes up, {_proxy.Down} bytes down, headers included{(met ? "" : ": MISSED")}";
    }

    public override void Dispose()
    {
        _vault?.Dispose();
        _http.Dispose();
        _proxy?.Dispose();
        _server?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Passes bytes on and counts them.</summary>
    private sealed class CountingProxy : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly int _target;
        private long _up;
        private long _down;

        public CountingProxy(int target)
        {
            _target = target;
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public long Up => Interlocked.Read(ref _up);

        public long Down => Interlocked.Read(ref _down);

        public void Reset()
        {
            Interlocked.Exchange(ref _up, 0);
            Interlocked.Exchange(ref _down, 0);
        }

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                    _ = PassAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        }

        private async Task PassAsync(TcpClient client)
        {
            using (client)
            using (var server = new TcpClient())
            {
                await server.ConnectAsync(IPAddress.Loopback, _target);
                await Task.WhenAny(
                    CopyAsync(client.GetStream(), server.GetStream(), bytes => Interlocked.Add(ref _up, bytes)),
                    CopyAsync(server.GetStream(), client.GetStream(), bytes => Interlocked.Add(ref _down, bytes)));
            }
        }

        private static async Task CopyAsync(NetworkStream from, NetworkStream to, Action<int> count)
        {
            byte[] buffer = new byte[65536];
            try
            {
                for (int read; (read = await from.ReadAsync(buffer)) > 0;)
                {
                    count(read);
                    await to.WriteAsync(buffer.AsMemory(0, read));
                }
            }
            catch (IOException)
            {
                // One side closed.
            }
        }
    }
}
