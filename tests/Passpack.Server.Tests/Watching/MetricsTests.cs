using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Passpack.Server.Watching;
using Xunit;

namespace Passpack.Server.Tests.Watching;

/// <summary>The numbers: their form, that they are right, and that they name nobody.</summary>
public sealed partial class MetricsTests
{
    private const string Address = "192.0.2.77", UserId = "anna.of.metrics@example.org", DeviceName = "a device of metrics", Node = "node \"one\"\\";

    [Fact]
    public async Task After_all_routes_were_used_they_name_nobody_and_have_the_form_of_Prometheus()
    {
        await using TestServer server = await StartAsync([.. TestServer.BehindProxy, "--node", Node]);
        (string[] marks, HashSet<string> routes) = await UseEveryRouteAsync(server);
        string text = await ReadAsync(server);
        List<Family> families = PrometheusText.Read(text);
        Assert.All(marks, mark => Assert.DoesNotContain(mark, text, StringComparison.OrdinalIgnoreCase));
        // Also in no other writing of an id.
        Assert.All(families.SelectMany(family => family.Samples).SelectMany(sample => sample.Labels), label => Assert.DoesNotMatch("[0-9a-fA-F]{12}|@", label.Value));
        Assert.DoesNotContain("/v1/none/such", text, StringComparison.Ordinal);
        Assert.All(families.SelectMany(family => family.Samples), sample => Assert.Equal(Node, sample.Label("node")));

        Family requests = families.Single(family => family.Name == "passpack_requests_total");
        Assert.Equal(["method", "node", "route", "status"], requests.Samples.SelectMany(sample => sample.Labels.Select(label => label.Key)).Distinct().Order());
        HashSet<string> told = [.. requests.Samples.Select(sample => $"{sample.Label("method")} {sample.Label("route")}")];
        Assert.Superset(routes, told);
        // Of a content type that no route takes, of no path that there is, of no method.
        Assert.Equal(["GET none", "POST none", "_OTHER none"], told.Except(routes).Order(StringComparer.Ordinal));
        // A stranger cannot make labels: what there is comes from the routes.
        Assert.All(requests.Samples, sample => Assert.Matches("^([2-5]xx|aborted)\\z", sample.Label("status")));
    }

    [Fact]
    public async Task Promtool_finds_no_fault()
    {
        string? tool = Programs.Find("promtool");
        Assert.SkipWhen(tool is null, "NOT TESTED: promtool (Debian: prometheus) is not there.");
        await using TestServer server = await StartAsync();
        await UseEveryRouteAsync(server);
        (int exitCode, string output) = await Programs.RunAsync(tool!, ["check", "metrics"], await ReadAsync(server));
        Assert.Equal("", output);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task Everything_that_is_counted_is_counted_once()
    {
        using var lines = new TempFolder();
        string log = lines.Of("events.jsonl");
        await using TestServer server = await StartAsync(["--event-log", log]);
        Dictionary<string, double> before = await ValuesAsync(server);
        Assert.Equal(0, before["passpack_pushes_total{outcome=stored}"]);
        Assert.Equal(0, before["passpack_sign_ins_total{outcome=refused}"]);
        Assert.Equal(0, before["passpack_sweep_last_timestamp_seconds{}"]);

        using DeviceClient account = await server.RegisterAsync();
        RecordChange[] records = [.. Make.Records(7)];
        PushRequest push = Make.Push(0, records);
        await account.PushAsync(push);
        await account.PushAsync(push); // A repeat, which stores nothing.
        await account.SendPushAsync(Make.Push(0, Make.Records(1))).RequireAsync(409, ErrorCodes.RevisionConflict);
        for (int i = 0; i < LockoutPolicyFailures; i++)
            await LogInAsync(server, Make.Bytes(32)).RequireAsync(401, ErrorCodes.PasswordRejected);
        await LogInAsync(server, Make.Bytes(32)).RequireAsync(429, ErrorCodes.AccountLockedOut);
        File.Delete(log);
        Directory.CreateDirectory(log);
        await server.Service<Sweeper>().SweepAsync(default);
        await server.Store.NoteServerEventAsync(EventType.ServerBackedUp, Act.OfServer(server.Time.GetUtcNow()), default);

        Dictionary<string, double> after = await ValuesAsync(server);
        double Grown(string name) => after[name] - before.GetValueOrDefault(name);
        Assert.Equal(1, Grown("passpack_pushes_total{outcome=stored}"));
        Assert.Equal(1, Grown("passpack_pushes_total{outcome=conflict}"));
        Assert.Equal(0, Grown("passpack_pushes_total{outcome=full}"));
        Assert.Equal(7, Grown("passpack_push_records_total{}"));
        Assert.Equal(records.Sum(record => record.Body.Length), Grown("passpack_push_size_bytes_total{}"));
        Assert.Equal(LockoutPolicyFailures, Grown("passpack_sign_ins_total{outcome=refused}"));
        Assert.Equal(1, Grown("passpack_sign_ins_total{outcome=locked_out}"));
        Assert.Equal(1, Grown("passpack_requests_limited_total{}"));
        Assert.Equal(1, Grown("passpack_sweeps_total{outcome=done}"));
        Assert.Equal(server.Time.GetUtcNow().ToUnixTimeSeconds(), after["passpack_sweep_last_timestamp_seconds{}"]);
        Assert.Equal(1, Grown("passpack_event_lines_failures_total{}"));
        Assert.Equal(1, Grown("passpack_store_duration_seconds_count{operation=ApplyPush}"));
        Assert.Equal(3, Grown("passpack_store_duration_seconds_count{operation=FindPushBase}"));
        string pushes = $"route=/v1/vaults/{{vaultId:guid}}/{Routes.Pushes},method=POST";
        Assert.Equal(2, Grown($"passpack_requests_total{{{pushes},status=2xx}}"));
        Assert.Equal(1, Grown($"passpack_requests_total{{{pushes},status=4xx}}"));
        Assert.Equal(3, Grown($"passpack_request_duration_seconds_count{{{pushes}}}"));
        Assert.Equal(2, after["passpack_connections{}"]);
        Assert.Equal(0, after["passpack_requests_active{}"]);
        Assert.Equal(0, after["passpack_draining{}"]);
        Assert.InRange(after["passpack_disk_free_bytes{}"], 1, double.MaxValue);
        Assert.Single(after.Keys, key => key.StartsWith("passpack_build_info{version=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_push_for_which_there_is_no_room_and_a_store_that_fails()
    {
        await using TestServer server = await StartAsync(["--quota", "2000"]);
        using DeviceClient account = await server.RegisterAsync();
        await account.SendPushAsync(Make.Push(0, Make.Record(Guid.NewGuid(), body: Make.Bytes(4000)))).RequireAsync(507, ErrorCodes.QuotaExceeded);
        IServerStore failing = MeasuredStore.Around(
            FailingStore.Create(() => new StoreException(StoreFailure.Busy, "busy")), server.Service<ServerMetrics>());
        await Assert.ThrowsAsync<StoreException>(() => failing.HasAccountsAsync(default));
        Dictionary<string, double> values = await ValuesAsync(server);
        Assert.Equal(1, values["passpack_pushes_total{outcome=full}"]);
        Assert.Equal(1, values["passpack_store_failures_total{failure=busy}"]);
        Assert.Equal(0, values["passpack_store_failures_total{failure=full}"]);
    }

    [Fact]
    public async Task They_are_at_their_own_address_alone()
    {
        await using TestServer server = await StartAsync();
        await server.Http.GetAsync("/metrics").RequireAsync(404, ErrorCodes.NotFound);
        Uri address = server.Service<MetricsEndpoint>().Address!;
        Assert.NotEqual(server.Http.BaseAddress!.Port, address.Port);
        using var http = new HttpClient();
        foreach (string path in new[] { Routes.Health, Routes.Ready, Routes.OpenApi, Routes.Devices, "/", "/metrics/x" })
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(address, path))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync(address, null)).StatusCode);
        HttpResponseMessage answer = await http.GetAsync(address);
        Assert.Equal(MetricsCollector.MediaType, answer.Content.Headers.ContentType!.ToString());
        // A page in a browser of this machine, under a name of its own.
        using var foreign = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Host = "attacker.example" } };
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await http.SendAsync(foreign)).StatusCode);
    }

    [Theory]
    [InlineData("0.0.0.0:9464", "Name one")]
    [InlineData("[::]:9464", "Name one")]
    [InlineData("[::ffff:0.0.0.0]:9464", "Name one")]
    [InlineData("*:9464", "such as 127.0.0.1:9464")]
    [InlineData("9464", "such as 127.0.0.1:9464")]
    [InlineData("127.0.0.1", "such as 127.0.0.1:9464")]
    [InlineData("::1:9464", "such as 127.0.0.1:9464")]
    [InlineData("127.0.0.1:99999", "such as 127.0.0.1:9464")]
    [InlineData("metrics.example.org:9464", "such as 127.0.0.1:9464")]
    public async Task An_address_that_is_none_or_every_one_stops_the_start(string address, string told)
    {
        ServerStartException refused = await Assert.ThrowsAsync<ServerStartException>(() => TestServer.StartAsync(["--metrics", address]));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_stops_the_start()
    {
        await using TestServer server = await StartAsync();
        Uri taken = server.Service<MetricsEndpoint>().Address!;
        ServerStartException refused = await Assert.ThrowsAsync<ServerStartException>(() => TestServer.StartAsync(["--metrics", $"127.0.0.1:{taken.Port}"]));
        Assert.Contains("--metrics", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_the_dashboard_asks_for_is_there()
    {
        await using TestServer server = await StartAsync();
        await UseEveryRouteAsync(server);
        List<Family> families = PrometheusText.Read(await ReadAsync(server));
        HashSet<string> names = [.. families.SelectMany(family => family.Samples).Select(sample => sample.Name)];
        using JsonDocument dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Repository.Of("docs/grafana-dashboard.json")));
        string[] queries = [.. Expressions(dashboard.RootElement)];
        Assert.NotEmpty(queries);
        string[] asked = [.. queries.SelectMany(query => MetricName().Matches(query).Select(match => match.Value)).Distinct()];
        Assert.All(asked, name => Assert.Contains(name, names));
        // And every query asks for something.
        Assert.All(queries, query => Assert.Matches(MetricName(), query));
        string[] labels = [.. families.SelectMany(family => family.Samples).SelectMany(sample => sample.Labels).Select(label => label.Key).Distinct()];
        Assert.All(queries.SelectMany(query => GroupedBy().Matches(query)).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)),
            label => Assert.Contains(label, labels));
        Assert.DoesNotContain("http://", dashboard.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_guide_lists_every_family_and_no_other()
    {
        await using TestServer server = await StartAsync();
        await UseEveryRouteAsync(server);
        await server.Service<Sweeper>().SweepAsync(default);
        string guide = await File.ReadAllTextAsync(Repository.Of("docs/server.md"));
        Assert.Equal(
            PrometheusText.Read(await ReadAsync(server)).Select(family => family.Name).Order(StringComparer.Ordinal),
            MetricName().Matches(guide).Select(match => match.Value).Where(name => !name.EndsWith("_bucket", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
    }

    private const int LockoutPolicyFailures = 10;

    private static IEnumerable<string> Expressions(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member.Name == "expr" ? [member.Value.GetString()!] : Expressions(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Expressions),
        _ => [],
    };

    private static Task<HttpResponseMessage> LogInAsync(TestServer server, byte[] proof) =>
        server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest("anna@example.org", proof, Make.Device()));

    private static Task<TestServer> StartAsync(string[]? options = null) => TestServer.StartAsync(["--metrics", "127.0.0.1:0", .. options ?? []]);

    private static async Task<string> ReadAsync(TestServer server)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(server.Service<MetricsEndpoint>().Address);
    }

    /// <summary>Each series but its node, by name and labels.</summary>
    private static async Task<Dictionary<string, double>> ValuesAsync(TestServer server) => PrometheusText.Read(await ReadAsync(server))
        .SelectMany(family => family.Samples)
        .ToDictionary(
            sample => $"{sample.Name}{{{string.Join(',', sample.Labels.Where(label => label.Key != "node").Select(label => $"{label.Key}={label.Value}"))}}}",
            sample => sample.Value);

    /// <summary>Uses what an account does, and then each route once more. Returns what must be nowhere, and the routes.</summary>
    private static async Task<(string[] Marks, HashSet<string> Routes)> UseEveryRouteAsync(TestServer server)
    {
        server.Http.DefaultRequestHeaders.Add("X-Forwarded-For", Address);
        using DeviceClient account = await server.RegisterAsync(Make.Registration(UserId) with { Device = new DeviceDescription(Guid.NewGuid(), DeviceName) });
        account.Http.DefaultRequestHeaders.Add("X-Forwarded-For", Address);
        using DeviceClient other = await server.SignInAsync(account);
        Guid entry = Guid.NewGuid();
        RecordChange record = account.Owner.Record(entry);
        await account.PushNextAsync(record);
        await account.PullAsync(0);
        await server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(UserId, Make.Bytes(32), Make.Device())).RequireAsync(401, ErrorCodes.PasswordRejected);
        await server.Http.PostAsJsonAsync(Routes.Login, new LoginRequest("nobody of metrics", Make.Bytes(32), Make.Device())).RequireAsync(401, ErrorCodes.PasswordRejected);

        HashSet<string> routes = [];
        foreach (RouteEndpoint endpoint in server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            string template = endpoint.RoutePattern.RawText!;
            string path = Parameter().Replace(template, match => match.Value.Contains("vault", StringComparison.Ordinal) ? $"{account.Vault:N}" : $"{other.Device.Id:N}");
            foreach (string method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                routes.Add($"{method} {template}");
                string query = $"?after=0&record={entry:N}&stream=1&userId={UserId}&device={DeviceName}";
                using var request = new HttpRequestMessage(new HttpMethod(method), path + query);
                if (method is "POST" or "PUT")
                    request.Content = new StringContent($$"""{"userId":"{{UserId}}","id":"{{entry}}"}""", Encoding.UTF8, "application/json");
                request.Headers.Add("traceparent", $"00-{account.Vault:N}-{entry.ToString("N")[..16]}-01");
                (await account.Http.SendAsync(request)).Dispose();
            }
        }

        (await account.Http.GetAsync($"/v1/none/such/{account.Vault}/{UserId}")).Dispose();
        using var odd = new HttpRequestMessage(new HttpMethod("PROPFIND"), $"/v1/none/such/{entry}");
        (await account.Http.SendAsync(odd)).Dispose();
        IEnumerable<string> ids = new[] { account.Vault, entry, account.Device.Id, other.Device.Id, account.Owner.Vault }
            .SelectMany(id => new[] { id.ToString("N"), id.ToString("D"), Convert.ToBase64String(id.ToByteArray())[..20] });
        return ([Address, UserId, DeviceName, "of metrics", "example.org", "127.0.0.1", Convert.ToHexString(account.Token), .. ids], routes);
    }

    [GeneratedRegex(@"\bpasspack_[a-z0-9_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex GroupedBy();

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();
}
