using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>SIGTERM to the real program while requests are under way.</summary>
public sealed class DrainTests
{
    private const int RecordsPerPush = 50;

    [Fact]
    public async Task Told_to_stop_it_ends_what_is_under_way_and_takes_nothing_new()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are those of Unix.");
        using var folder = new TempFolder();
        string[] options = ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--registration-difficulty", "1", "--registration", "open", "--registrations-per-hour", "99"];
        (RegisterRequest Registration, byte[] Token)[] accounts = new (RegisterRequest, byte[])[4];
        List<PushRequest>[] sent = [.. accounts.Select(_ => new List<PushRequest>())];
        long[] acknowledged = new long[accounts.Length];
        using (ServerProcess server = await ServerProcess.StartAsync(options))
        {
            using var http = new HttpClient { BaseAddress = server.Address };
            for (int i = 0; i < accounts.Length; i++)
            {
                RegisterRequest registration = Make.Registration($"user{i}@example.org");
                accounts[i] = (registration, (await (await http.RegisterAsync(registration)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created)).DeviceToken);
            }

            // The long request: half of a push.
            using var slow = new DeviceClient(server.Address, accounts[0].Registration, accounts[0].Token);
            PushRequest last = slow.Owner.Push(0, [.. Make.Records(RecordsPerPush).Select(slow.Owner.Adopt)]);
            sent[0].Add(last);
            (Socket socket, byte[] rest) = await SendHalfAsync(server.Address, slow, last);
            using Socket held = socket;
            Task[] pushing = [.. Enumerable.Range(1, accounts.Length - 1).Select(i => Task.Run(() => PushOnAsync(server.Address, accounts[i], sent[i], acknowledged, i)))];
            while (Enumerable.Range(1, accounts.Length - 1).Any(i => Volatile.Read(ref acknowledged[i]) < 3))
                await Task.Delay(1);

            server.Terminate();
            HttpResponseMessage ready = await UntilRefusedAsync(http);
            await ready.RequireAsync(503, ErrorCodes.ServerRefused);
            Assert.NotNull(ready.Headers.RetryAfter);
            Assert.Contains("healthy", await http.GetStringAsync(Routes.Health), StringComparison.Ordinal);
            HttpResponseMessage refused = await http.PostTextAsync(Routes.LoginParameters, """{"userId":"user0@example.org"}""");
            await refused.RequireAsync(503, ErrorCodes.ServerRefused);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.True(refused.Headers.ConnectionClose);
            await Task.WhenAll(pushing);

            await RawHttp.SendAsync(held, rest);
            string answer = await RawHttp.ReadToEndAsync(held);
            Assert.StartsWith("HTTP/1.1 200 OK", answer, StringComparison.Ordinal);
            Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
            acknowledged[0] = 1;
            Assert.Equal(0, await server.WaitForExitAsync());
            Assert.Contains("requests under way that end first: ", await server.Output, StringComparison.Ordinal);
        }

        await using TestServer next = await TestServer.StartAsync(folder: folder.Path);
        for (int i = 0; i < accounts.Length; i++)
        {
            using var survivor = new DeviceClient(next.Http.BaseAddress!, accounts[i].Registration, accounts[i].Token);
            (List<RecordChange> changes, VaultHead head, _) = await survivor.PullAsync(0);
            // None was broken off: each was answered, or refused before it began.
            Assert.Equal(acknowledged[i], head.Revision);
            Assert.Equal(sent[i].Take((int)head.Revision).SelectMany(push => push.Records).Select(record => record.Id), changes.Select(change => change.Id));
        }
    }

    [Fact]
    public async Task An_idle_server_ends_at_once_and_well()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are those of Unix.");
        using var folder = new TempFolder();
        using ServerProcess server = await ServerProcess.StartAsync(folder.Path);
        using var http = new HttpClient { BaseAddress = server.Address };
        // Its connection stays open, and must not keep the server.
        Assert.Contains("ready", await http.GetStringAsync(Routes.Ready), StringComparison.Ordinal);
        server.Terminate();
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Contains("that end first: 0", await server.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Of(PasspackServer.DatabaseName + "-wal")));
    }

    [Fact]
    public async Task Who_does_not_end_in_time_is_broken_off_and_nothing_of_it_is_there()
    {
        using var folder = new TempFolder();
        RegisterRequest registration = Make.Registration();
        byte[] token;
        await using (TestServer server = await TestServer.StartAsync(
            folder: folder.Path, configure: builder => builder.Services.PostConfigure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1))))
        {
            using DeviceClient account = await server.RegisterAsync(registration);
            token = account.Token;
            (Socket socket, byte[] rest) = await SendHalfAsync(server.Http.BaseAddress!, account, Make.Push(0, Make.Records(3)));
            using Socket held = socket;
            await server.StopAsync();
            await RawHttp.SendAsync(held, rest);
            Assert.DoesNotContain("200 OK", await RawHttp.ReadToEndAsync(held), StringComparison.Ordinal);
        }

        await using TestServer next = await TestServer.StartAsync(folder: folder.Path);
        using var survivor = new DeviceClient(next.Http.BaseAddress!, registration, token);
        Assert.Equal(0, (await survivor.PullAsync(0)).Head.Revision);
    }

    // Sends the head of a push and half of its body, and returns once the server asked for the body: then the request is under way.
    private static async Task<(Socket Socket, byte[] Remainder)> SendHalfAsync(Uri server, DeviceClient account, PushRequest push)
    {
        byte[] body = push.ToMessage().ToArray();
        Socket socket = await RawHttp.ConnectAsync(server);
        string head = $"POST {account.Path(Routes.Pushes)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {account.Http.DefaultRequestHeaders.Authorization}\r\n"
            + $"Content-Type: {RecordMessage.MediaType}\r\nContent-Length: {body.Length}\r\nExpect: 100-continue\r\n\r\n";
        await RawHttp.SendAsync(socket, Encoding.ASCII.GetBytes(head));
        byte[] asked = new byte[256];
        int read = await socket.ReceiveAsync(asked);
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(asked, 0, read), StringComparison.Ordinal);
        await RawHttp.SendAsync(socket, body[..(body.Length / 2)]);
        return (socket, body[(body.Length / 2)..]);
    }

    // Pushes until the server says that it stops; another answer, or none, fails.
    private static async Task PushOnAsync(Uri server, (RegisterRequest Registration, byte[] Token) account, List<PushRequest> sent, long[] acknowledged, int index)
    {
        using var client = new DeviceClient(server, account.Registration, account.Token);
        while (true)
        {
            PushRequest push = client.Owner.Push(acknowledged[index], [.. Make.Records(RecordsPerPush).Select(client.Owner.Adopt)]);
            HttpResponseMessage answer = await client.SendPushAsync(push);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                await answer.RequireAsync(503, ErrorCodes.ServerRefused);
                return;
            }

            sent.Add(push);
            Volatile.Write(ref acknowledged[index], (await answer.ReadAsync<PushAnswer>()).Revision);
        }
    }

    private static async Task<HttpResponseMessage> UntilRefusedAsync(HttpClient http)
    {
        while (true)
        {
            HttpResponseMessage answer = await http.GetAsync(Routes.Ready);
            if (!answer.IsSuccessStatusCode)
                return answer;
        }
    }
}
