using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>What strangers can make this server write into its log.</summary>
public sealed class FaultLogTests
{
    [Theory]
    [InlineData("Content-Length: 90\r\n\r\n{", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\n{", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n", false)]
    [InlineData("Content-Length: 90\r\n\r\n{", false)]
    public async Task A_body_that_is_broken_off_or_in_broken_chunks_writes_nothing(string rest, bool reset)
    {
        var log = new Lines();
        var ended = new EndedRequests();
        await using TestServer server = await TestServer.StartAsync(configure: builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Services.AddSingleton<IStartupFilter>(ended);
        });
        log.All.Clear();
        for (int i = 1; i <= 20; i++)
        {
            using Socket socket = await RawHttp.ConnectAsync(server.Http.BaseAddress!);
            await RawHttp.SendAsync(socket, Encoding.ASCII.GetBytes($"POST {Routes.Login} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{rest}"));
            while (ended.Begun < i)
                await Task.Delay(1);
            if (reset)
                socket.LingerState = new LingerOption(true, 0);
            socket.Close();
            while (ended.Count < i)
                await Task.Delay(1);
        }

        Assert.True(log.All.IsEmpty, log.All.FirstOrDefault());
    }

    [Fact]
    public async Task Of_faults_so_many_a_minute_are_logged_and_how_many_more_there_were()
    {
        var log = new Lines();
        await using TestServer server = await TestServer.StartAsync(configure: builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Services.AddSingleton(FailingStore.Create(() => new InvalidOperationException("broken")));
        });
        log.All.Clear();
        for (int i = 0; i < 100; i++)
            await server.Http.PostTextAsync(Routes.LoginParameters, "{\"userId\":\"anna\"}").RequireAsync(500, ErrorCodes.ServerRefused);
        Assert.Equal(FaultLog.PerMinute, log.All.Count);
        Assert.All(log.All, line => Assert.Contains("broken", line, StringComparison.Ordinal));

        server.Time.Advance(TimeSpan.FromMinutes(1));
        await server.Http.PostTextAsync(Routes.LoginParameters, "{\"userId\":\"anna\"}").RequireAsync(500, ErrorCodes.ServerRefused);
        Assert.Equal(FaultLog.PerMinute + 2, log.All.Count);
        Assert.Contains(log.All, line => line.StartsWith($"{100 - FaultLog.PerMinute} more requests failed", StringComparison.Ordinal));
    }

    /// <summary>Counts requests that came, and that the server is done with.</summary>
    private sealed class EndedRequests : IStartupFilter
    {
        private int _begun, _count;

        public int Begun => Volatile.Read(ref _begun);

        public int Count => Volatile.Read(ref _count);

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, inner) =>
            {
                Interlocked.Increment(ref _begun);
                try
                {
                    await inner(context);
                }
                finally
                {
                    Interlocked.Increment(ref _count);
                }
            });
            next(app);
        };
    }

    /// <summary>What is logged, a text each.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentBag<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add($"{formatter(state, exception)}{exception}");

        public void Dispose()
        {
        }
    }
}
