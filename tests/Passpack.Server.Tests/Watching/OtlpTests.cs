using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Passpack.Protocol;
using Passpack.Server.Tests.Hosting;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Watching;

/// <summary>The real program, and a collector that takes OTLP over HTTP, as protobuf.</summary>
public sealed class OtlpTests
{
    private const string Address = "192.0.2.77", UserId = "anna.of.spans@example.org";

    [Fact]
    public async Task Spans_numbers_and_the_log_arrive_and_name_nobody()
    {
        using var folder = new TempFolder();
        await using Collector collector = await Collector.StartAsync();
        (string Name, string Value)[] environment =
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
        ];
        using ServerProcess server = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--registration-difficulty", "1", "--trusted-proxy", "127.0.0.1", "--node", "node-one"], environment);
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", Address);
        RegisterRequest registration = Make.Registration(UserId);
        RegisterAnswer answer = await (await http.RegisterAsync(registration)).ReadAsync<RegisterAnswer>(HttpStatusCode.Created);
        using var account = new DeviceClient(server.Address, registration, answer.DeviceToken);
        Guid entry = Guid.NewGuid();
        account.Http.DefaultRequestHeaders.Add("X-Forwarded-For", Address);
        account.Http.DefaultRequestHeaders.Add("traceparent", $"00-{entry:N}-{account.Vault.ToString("N")[..16]}-01");
        await account.PushNextAsync(Make.Record(entry));
        (await account.Http.GetAsync(account.Path(Routes.Versions) + $"?stream=1&record={entry:N}")).EnsureSuccessStatusCode();
        await account.Http.GetAsync($"/v1/none/such/{entry}").RequireAsync(404, ErrorCodes.NotFound);
        server.Terminate();
        Assert.Equal(0, await server.WaitForExitAsync());

        Assert.Equal(["/v1/logs", "/v1/metrics", "/v1/traces"], collector.Got.Keys.Order());
        string spans = collector.TextOf("/v1/traces"), numbers = collector.TextOf("/v1/metrics"), log = collector.TextOf("/v1/logs");
        foreach (string expected in new[]
        {
            $"POST /v1/vaults/{{vaultId:guid}}/{Routes.Pushes}", "store ApplyPush", "http.route", "GET none", "passpack-server", "node-one",
        })
        {
            Assert.Contains(expected, spans, StringComparison.Ordinal);
        }

        foreach (string expected in new[] { "passpack.requests", "passpack.store.duration", "passpack.build.info", "passpack.pushes", "node-one" })
            Assert.Contains(expected, numbers, StringComparison.Ordinal);
        Assert.Contains("Passpack server listening", log, StringComparison.Ordinal);

        byte[] all = [.. collector.Got.Values.SelectMany(bodies => bodies).SelectMany(body => body)];
        string text = Encoding.Latin1.GetString(all);
        foreach (string mark in new[] { Address, UserId, "of.spans", "/v1/none/such", Convert.ToHexString(answer.DeviceToken) })
            Assert.DoesNotContain(mark, text, StringComparison.OrdinalIgnoreCase);
        foreach (Guid id in new[] { account.Vault, entry, account.Device.Id })
        {
            Assert.DoesNotContain(id.ToString("N"), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(id.ToString("D"), text, StringComparison.OrdinalIgnoreCase);
            // Ids of spans are bytes: that of the client's trace is not among them.
            Assert.True(all.AsSpan().IndexOf(id.ToByteArray()) < 0 && all.AsSpan().IndexOf(id.ToByteArray(bigEndian: true)) < 0);
        }
    }

    [Fact]
    public async Task Without_the_variable_nothing_is_sent_and_of_the_signals_none_that_is_unwanted()
    {
        using TempFolder first = new(), second = new();
        await using Collector collector = await Collector.StartAsync();
        await RunAsync(first, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        Assert.Empty(collector.Got);
        await RunAsync(second, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address),
            ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"));
        Assert.Equal(["/v1/traces"], collector.Got.Keys);
    }

    [Fact]
    public async Task A_collector_that_is_away_keeps_nobody_waiting()
    {
        using var folder = new TempFolder();
        string gone;
        await using (Collector collector = await Collector.StartAsync())
            gone = collector.Address;
        await RunAsync(folder, ("OTEL_EXPORTER_OTLP_ENDPOINT", gone), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
    }

    private static async Task RunAsync(TempFolder folder, params (string, string)[] environment)
    {
        using ServerProcess server = await ServerProcess.StartAsync(["--urls", "http://127.0.0.1:0", "--data", folder.Path], environment);
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Contains("ready", await http.GetStringAsync(Routes.Ready), StringComparison.Ordinal);
        server.Terminate();
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentDictionary<string, ConcurrentQueue<byte[]>> Got { get; } = new();

        public string Address => app.Urls.Single();

        public string TextOf(string path) => Encoding.UTF8.GetString([.. Got[path].SelectMany(body => body)]);

        public static async Task<Collector> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
            builder.Logging.ClearProviders();
            WebApplication app = builder.Build();
            var collector = new Collector(app);
            app.Run(async context =>
            {
                Assert.Equal("application/x-protobuf", context.Request.ContentType);
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                collector.Got.GetOrAdd(context.Request.Path, _ => []).Enqueue(body.ToArray());
                context.Response.ContentType = "application/x-protobuf";
            });
            await app.StartAsync();
            return collector;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
