using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Whatever is sent, errors are problem details with a code, and tell nothing of the inside.</summary>
public sealed class ProblemTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v1/vaults/not-an-id/changes")]
    [InlineData("/v2/accounts")]
    [InlineData("/v1/accounts/../../etc/passwd")]
    public async Task Unknown_paths(string path)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.Http.GetAsync(path).RequireAsync(404, ErrorCodes.NotFound);
    }

    [Fact]
    public async Task Another_method_and_another_media_type()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.Http.GetAsync(Routes.Accounts).RequireAsync(405, ErrorCodes.RequestInvalid);
        foreach (string type in new[] { "text/plain", "application/x-www-form-urlencoded", "application/xml" })
        {
            using var content = new StringContent("{}", Encoding.UTF8, type);
            await server.Http.PostAsync(Routes.Login, content).RequireAsync(415, ErrorCodes.RequestInvalid);
        }

        await server.Http.PostAsync(Routes.Login, null).RequireAsync(415, ErrorCodes.RequestInvalid);
        using DeviceClient account = await server.RegisterAsync();
        Problem problem = await account.Http.PostTextAsync(account.Path(Routes.Pushes), "{}").RequireAsync(415, ErrorCodes.RequestInvalid);
        Assert.Contains(RecordMessage.MediaType, problem.Detail, StringComparison.Ordinal);
        await account.Http.PostBytesAsync(account.Path(Routes.Records), Make.Push(0).ToMessage().ToArray()).RequireAsync(415, ErrorCodes.RequestInvalid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("<html></html>")]
    [InlineData("{\"userId\":\"a\"}")]
    [InlineData("{\"userId\":null,\"proof\":\"AAAA\",\"device\":{\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"name\":\"x\"}}")]
    [InlineData("{\"userId\":\"a\",\"proof\":null,\"device\":{\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"name\":\"x\"}}")]
    [InlineData("{\"userId\":\"a\",\"proof\":\"AAAA\",\"device\":null}")]
    [InlineData("{\"userId\":\"a\",\"proof\":\"!!!!\",\"device\":{\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"name\":\"x\"}}")]
    [InlineData("{\"userId\":\"a\",\"proof\":[1,2],\"device\":{\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"name\":\"x\"}}")]
    [InlineData("{\"userId\":5,\"proof\":\"AAAA\",\"device\":{\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"name\":\"x\"}}")]
    [InlineData("{\"userId\":\"a\",\"proof\":\"AAAA\",\"device\":{\"id\":\"nonsense\",\"name\":\"x\"}}")]
    [InlineData("{\"userId\":\"a\",\"proof\":\"AAAA\",\"device\":{\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"name\":null}}")]
    [InlineData("{\"userId\":\"a\",\"userId\":\"b\",\"proof\":\"AAAA\",\"device\":{\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"name\":\"x\"}}")]
    [InlineData("{\"userId\":\"\\ud800\",\"proof\":\"AAAA\",\"device\":{\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"name\":\"x\"}}")]
    public async Task Json_that_is_not_what_the_api_describes(string json)
    {
        await using TestServer server = await TestServer.StartAsync();
        Problem problem = await server.Http.PostTextAsync(Routes.Login, json).RequireAsync(400, ErrorCodes.RequestInvalid);
        Assert.False(string.IsNullOrEmpty(problem.Detail));
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_and_endless_nesting()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var latin = new ByteArrayContent([(byte)'{', (byte)'"', 0xE4, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        latin.Headers.ContentType = new("application/json");
        await server.Http.PostAsync(Routes.LoginParameters, latin).RequireAsync(400, ErrorCodes.RequestInvalid);
        // 16 KiB are all that is read of who has no token; of others more.
        await server.Http.PostTextAsync(Routes.LoginParameters, Deep(15_000)).RequireAsync(400, ErrorCodes.RequestInvalid);
        using DeviceClient account = await server.RegisterAsync();
        await account.Http.PostTextAsync(account.Path(Routes.Records), Deep(40_000)).RequireAsync(400, ErrorCodes.RequestInvalid);
        await account.Http.PostBytesAsync(account.Path(Routes.Pushes), Make.PushWith(Deep(40_000))).RequireAsync(400, ErrorCodes.RequestInvalid);

        static string Deep(int levels) => $"{{\"x\":{new string('[', levels)}";
    }

    [Fact]
    public async Task Items_that_are_null_and_numbers_out_of_range_in_a_push()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        string sound = Metadata();

        async Task Require(Action<JsonObject> spoil)
        {
            JsonObject push = JsonNode.Parse(sound)!.AsObject();
            spoil(push);
            await account.Http.PostBytesAsync(account.Path(Routes.Pushes), Make.PushWith(push.ToJsonString(), [.. s_push.Records])).RequireAsync(400, ErrorCodes.RequestInvalid);
        }

        await Require(push => push["manifest"]!["sealed"] = new JsonArray(null, null));
        await Require(push => push["baseRevision"] = "0");
        await Require(push => push["baseRevision"] = 1.5);
        await Require(push => push["baseRevision"] = decimal.MaxValue);
        foreach (string member in new[] { "pushId", "baseRevision", "manifest", "previous", "signature" })
        {
            await Require(push => push.Remove(member));
            await Require(push => push[member] = null);
        }

        await account.Http.PostTextAsync(account.Path(Routes.Records), """{"records":[null]}""").RequireAsync(422, ErrorCodes.RequestInvalid);
        Assert.Empty((await account.ChangesAsync(0)).Changes);
    }

    [Fact]
    public async Task Members_that_the_server_does_not_know_are_passed_over()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        JsonObject push = JsonNode.Parse(Metadata())!.AsObject();
        push["future"] = new JsonArray(1, 2);
        push["manifest"]!["colour"] = "red";
        await (await account.Http.PostBytesAsync(account.Path(Routes.Pushes), Make.PushWith(push.ToJsonString(), [.. s_push.Records]))).ReadAsync<PushAnswer>();
    }

    private static readonly PushRequest s_push = Make.Push(0, Make.Records(1));

    private static string Metadata() =>
        JsonSerializer.Serialize(new PushMetadata(s_push.PushId, 0, s_push.Manifest, s_push.Previous, s_push.Signature), ProtocolJson.Default.PushMetadata);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bodies_beyond_the_limit(bool chunked)
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();

        async Task Require(HttpClient http, string path, int bytes, int status = 413)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent(new string(' ', bytes), Encoding.UTF8, path.EndsWith(Routes.Pushes, StringComparison.Ordinal) ? RecordMessage.MediaType : "application/json"),
            };
            request.Headers.TransferEncodingChunked = chunked;
            // The server answers without reading on; asking first keeps the connection whole until the answer is read.
            request.Headers.ExpectContinue = true;
            // What is refused while it still comes ends its connection, which the next request must not be on.
            request.Headers.ConnectionClose = status == 400;
            try
            {
                await http.SendAsync(request).RequireAsync(status, ErrorCodes.RequestInvalid);
            }
            catch (HttpRequestException) when (chunked)
            {
                // Closed while the client was still sending: refused all the same.
            }
        }

        await Require(server.Http, Routes.Accounts, EndpointConventions.AnonymousBody + 1);
        await Require(account.Http, account.Path(Routes.Records), EndpointConventions.SmallBody + 1);
        // In chunks its size is not known before it is read, and then its first bytes are none of a push.
        await Require(account.Http, account.Path(Routes.Pushes), Limits.MessageBytes + 1, chunked ? 400 : 413);
        await account.PushAsync(Make.Push(0, Make.Records(1)));
    }

    [Fact]
    public async Task Too_many_requests()
    {
        await using TestServer server = await TestServer.StartAsync(["--sign-ins-per-minute", "3", "--requests-per-minute", "20", "--count-loopback", "true"]);
        for (int i = 0; i < 3; i++)
            await server.Http.PostTextAsync(Routes.Login, "{}").RequireAsync(400, ErrorCodes.RequestInvalid);
        HttpResponseMessage refused = await server.Http.PostTextAsync(Routes.Login, "{}");
        await refused.RequireAsync(429, ErrorCodes.RateLimited);
        Assert.Equal(TimeSpan.FromMinutes(1), refused.Headers.RetryAfter?.Delta);
        HttpResponseMessage health = await server.Http.GetAsync(Routes.Health);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        for (int i = 0; i < 20 && health.IsSuccessStatusCode; i++)
            health = await server.Http.GetAsync(Routes.Health);
        await health.RequireAsync(429, ErrorCodes.RateLimited);
    }

    [Theory]
    [InlineData(nameof(StoreFailure.Full), 507)]
    [InlineData(nameof(StoreFailure.Busy), 503)]
    [InlineData(nameof(StoreFailure.Unusable), 500)]
    public async Task A_store_that_fails(string failure, int status)
    {
        await using TestServer server = await StartFailingAsync(() => new StoreException(Enum.Parse<StoreFailure>(failure), "secret detail"));
        HttpResponseMessage response = await server.Http.PostTextAsync(Routes.LoginParameters, """{"userId":"anna"}""");
        Problem problem = await response.RequireAsync(status, ErrorCodes.ServerRefused);
        Assert.DoesNotContain("secret", problem.Title + problem.Detail, StringComparison.Ordinal);
        Assert.Equal(status == 503, response.Headers.RetryAfter is not null);
        await server.Http.GetAsync(Routes.Ready).RequireAsync(503, ErrorCodes.ServerRefused);
        // A restart would not bring the store back.
        Assert.Contains("healthy", await server.Http.GetStringAsync(Routes.Health), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_the_server()
    {
        await using TestServer server = await StartFailingAsync(() => new InvalidOperationException("secret detail"));
        HttpResponseMessage response = await server.Http.PostTextAsync(Routes.LoginParameters, """{"userId":"anna"}""");
        await response.RequireAsync(500, ErrorCodes.ServerRefused);
        Assert.DoesNotContain("secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartFailingAsync(Func<Exception> fault) => TestServer.StartAsync(
        configure: builder => builder.Services.AddSingleton(FailingStore.Create(fault)));
}
