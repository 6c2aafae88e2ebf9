using System.Diagnostics;
using System.Net.Sockets;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>Strangers who hold connections by headers that never end (slowloris).</summary>
[Trait("Pace", "Slow")]
public sealed class SlowHeaderAttackTests
{
    [Fact]
    public async Task Headers_that_trickle_in_are_given_up_and_others_are_answered_meanwhile()
    {
        await using TestServer server = await TestServer.StartAsync();
        Socket[] slow = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RawHttp.ConnectAsync(server.Http.BaseAddress!)));
        try
        {
            Task<string>[] answers = [.. slow.Select(RawHttp.ReadToEndAsync)];
            foreach (Socket socket in slow)
                await RawHttp.SendAsync(socket, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "u8.ToArray());
            var patience = Stopwatch.StartNew();
            while (answers.Any(answer => !answer.IsCompleted))
            {
                // A guard against a hang, and no measure of speed: left alone, each would trickle for hours.
                Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), $"{answers.Count(answer => !answer.IsCompleted)} connections are held.");
                foreach (Socket socket in slow)
                    await RawHttp.SendAsync(socket, "x"u8.ToArray());
                await server.Http.GetStringAsync(Routes.Health);
                await Task.Delay(500);
            }

            Assert.All(answers, answer => Assert.DoesNotContain(" 200 ", answer.Result, StringComparison.Ordinal));
        }
        finally
        {
            foreach (Socket socket in slow)
                socket.Dispose();
        }
    }

    [Fact]
    public async Task Headers_beyond_their_bound_are_refused_while_they_come()
    {
        await using TestServer server = await TestServer.StartAsync();
        string many = string.Concat(Enumerable.Range(0, 2000).Select(i => $"X-{i}: y\r\n"));
        foreach (string headers in new[] { many, $"X: {new string('y', 20_000)}\r\n" })
        {
            string answer = await RawHttp.ExchangeAsync(server.Http.BaseAddress!, $"GET {Routes.Health} HTTP/1.1\r\nHost: localhost\r\n{headers}");
            Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
        }
    }
}
