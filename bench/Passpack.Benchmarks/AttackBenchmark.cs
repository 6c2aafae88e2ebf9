using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.Benchmarks;

/// <summary>
/// An owner's syncs while strangers attack the server, over the same syncs in quiet. The server is a program of its own with a heap of 384 MiB; every
/// attacker has an address of his own, as loopback has many.
/// </summary>
/// <param name="signInsOnly">Whether they only guess Passwords, many at once, each from an address of his own and at an account of his own.</param>
internal sealed class AttackBenchmark(bool signInsOnly = false) : Benchmark
{
    private const int Syncs = 200;
    private const int Connections = 1742;
    private const int Guessers = 16;
    private const string Heap = "18000000";

    private readonly List<Socket> _sockets = [];
    private readonly List<double> _before = [];
    private readonly List<double> _quiet = [];
    private readonly List<double> _attacked = [];
    private BenchProcess? _server;
    private LocalVault? _owner;
    private long _answered;
    private string _memory = "";

    public override string Name => signInsOnly ? "sign-in-flood" : "attack";

    public override string What => signInsOnly
        ? $"{Syncs} syncs of an owner, each with a push, while {Guessers} strangers guess Passwords without a pause, over as many in quiet"
        : $"{Syncs} syncs of an owner, each with a push, while {Connections} strangers hold bodies half sent, read no answer, guess the Password and register, over as many in quiet";

    public override double Limit => 2;

    public override int Rounds => 3;

    public override string? Missing => OperatingSystem.IsLinux() ? null : "only Linux has all of 127.0.0.0/8, from which each attacker takes an address";

    public override void Prepare()
    {
        _server = new BenchProcess(Heap, "--count-loopback", "true");
        using SecretBytes password = SecretBytes.FromChars("the password of this figure"), packingKey = BenchAccount.PackingKey();
        var home = new DataFolder(_server.Of("home"));
        _owner = Registration.RegisterAsync(new(home, _server.Address, BenchAccount.UserId, password, packingKey)).GetAwaiter().GetResult();
        // Warm, and then as it is before anybody attacks: in the quiet of the rounds an attack has just ended.
        Sync([]);
        for (int i = 0; i < Rounds; i++)
            Sync(_before);
    }

    public override void Floor() => Sync(_quiet);

    public override void Product()
    {
        using var over = new CancellationTokenSource();
        Task[] attackers = signInsOnly
            ? [.. Enumerable.Range(0, Guessers).Select(one => Task.Run(() => FloodAsync(one, over.Token)))]
            : [Task.Run(HoldConnections), Task.Run(() => AskAsync(over.Token)), Task.Run(() => GuessAsync(over.Token))];
        Sync(_attacked);
        over.Cancel();
        Task.WaitAll(attackers);
        _memory = _server!.MostMemory;
        foreach (Socket socket in _sockets)
            socket.Dispose();
        _sockets.Clear();
    }

    public override IEnumerable<string> Notes()
    {
        double quiet = P99(_before), attacked = P99(_attacked);
        yield return string.Create(CultureInfo.InvariantCulture,
            $"p99 of a sync: {attacked:F0} ms over {quiet:F0} ms, {attacked / quiet:F2} x (at most 2{(attacked <= 2 * quiet ? "" : ", MISSED")}); {P99(_quiet):F0} ms right after an attack");
        yield return $"the server's memory at its most, with a heap of 384 MiB: {_memory}; {_answered} requests of the strangers were answered or refused";
    }

    public override void Dispose()
    {
        _owner?.Dispose();
        _server?.Dispose();
    }

    private void Sync(List<double> times)
    {
        for (int i = 0; i < Syncs; i++)
        {
            BenchAccount.Add(_owner!, 1);
            long start = Stopwatch.GetTimestamp();
            VaultSync.RunAsync(_owner!, new SyncOptions()).GetAwaiter().GetResult();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    private static double P99(List<double> times) => times.Order().ElementAt(times.Count * 99 / 100);

    private void HoldConnections()
    {
        for (int i = 0; i < Connections; i++)
        {
            Socket socket = Connect(i);
            _sockets.Add(socket);
            try
            {
                socket.Send(Encoding.ASCII.GetBytes(i % 2 == 0
                    ? $"POST {Routes.Login} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {12 << 20}\r\n\r\n{{\"userId\":"
                    : string.Concat(Enumerable.Repeat("GET /openapi/v1.json HTTP/1.1\r\nHost: localhost\r\n\r\n", 20))));
            }
            catch (SocketException)
            {
                // Closed already, which is an answer, too.
            }
        }
    }

    private async Task AskAsync(CancellationToken over)
    {
        for (int i = 0; !over.IsCancellationRequested; i++)
            await PostAsync(Connections + i % 5000, Routes.RegistrationChallenge, $$"""{"userId":"stranger-{{i}}@example.com"}""");
    }

    private async Task GuessAsync(CancellationToken over)
    {
        string proof = Convert.ToBase64String(new byte[32]);
        for (int i = 0; !over.IsCancellationRequested; i++)
        {
            await PostAsync(Connections + i % 5000, Routes.Login,
                $$$"""{"userId":"{{{BenchAccount.UserId}}}","proof":"{{{proof}}}","device":{"id":"{{{Guid.NewGuid()}}}","name":"a guess"}}""");
        }
    }

    private async Task FloodAsync(int one, CancellationToken over)
    {
        string proof = Convert.ToBase64String(new byte[32]);
        for (int i = one; !over.IsCancellationRequested; i += Guessers)
        {
            await PostAsync(i % 50_000, Routes.Login,
                $$$"""{"userId":"{{{(i % 2 == 0 ? BenchAccount.UserId : $"stranger-{i}@example.com")}}}","proof":"{{{proof}}}","device":{"id":"{{{Guid.NewGuid()}}}","name":"a guess"}}""");
        }
    }

    private async Task PostAsync(int attacker, string route, string body)
    {
        using Socket socket = Connect(attacker);
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST {route} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            _ = await socket.ReceiveAsync(new byte[1024]);
        }
        catch (SocketException)
        {
            // Closed without a word, which is an answer, too.
        }
        Interlocked.Increment(ref _answered);
        // Strangers on a network wait for it; without a pause this machine would measure how its two cores are shared.
        await Task.Delay(10);
    }

    private Socket Connect(int attacker)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse($"127.{1 + attacker / 62500}.{1 + attacker / 250 % 250}.{1 + attacker % 250}"), 0));
        socket.Connect(IPAddress.Loopback, _server!.Address.Port);
        return socket;
    }
}
