using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>Over every route that the server maps: whatever is sent, an error is the server's own, and holds nothing of what was sent.</summary>
public sealed class OwnWordsTests
{
    private const string Marker = "zqxmarker";

    // As JSON; and as it is, as metadata, and as a frame, as a message with records.
    private static IEnumerable<(byte[] Body, string Type)> Forms(string text)
    {
        yield return (Encoding.UTF8.GetBytes(text), "application/json");
        yield return (Encoding.UTF8.GetBytes(text), RecordMessage.MediaType);
        yield return (Make.PushWith(text, Make.Records(1)), RecordMessage.MediaType);
        yield return ([.. RecordMessage.Magic, .. Encoding.UTF8.GetBytes(text)], RecordMessage.MediaType);
    }

    [Fact]
    public async Task OwnWords()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        AuthenticationHeaderValue token = account.Http.DefaultRequestHeaders.Authorization!;
        string[] bodies =
        [
            "", "null", Marker, $"{{\"{Marker}\":", $"{{\"{Marker}\":\"{Marker}\"}}", $"[\"{Marker}\"]", $"{{\"userId\":{{\"{Marker}\":1}}}}",
            $"{{\"userId\":\"{Marker}\\ud800\"}}", $"{{\"records\":[\"{Marker}\"]}}", $"{{\"keys\":\"{Marker}\",\"proof\":\"{Marker}\"}}", Marker + new string(' ', 64 << 10),
        ];
        int refused = 0;
        foreach (RouteEndpoint route in server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            string path = route.RoutePattern.RawText!.Replace("{vaultId:guid}", $"{account.Vault}", StringComparison.Ordinal)
                .Replace("{id:guid}", $"{Guid.NewGuid()}", StringComparison.Ordinal);
            foreach (string method in new[] { "GET", "POST", "PUT", "DELETE", "PATCH", Marker.ToUpperInvariant() })
            foreach (AuthenticationHeaderValue? authorization in new[] { null, new AuthenticationHeaderValue("Bearer", Marker), token })
            foreach ((byte[] body, string type) in bodies.SelectMany(Forms))
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), $"{path}?after={Marker}&stream={Marker}&page={Marker}")
                {
                    Content = new ByteArrayContent(body),
                };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
                request.Headers.Authorization = authorization;
                // A body that is refused unread ends its connection, which no other request may be on.
                request.Headers.ConnectionClose = true;
                request.Headers.ExpectContinue = body.Length > 1000;
                using HttpResponseMessage answer = await server.Http.SendAsync(request);
                string text = await answer.Content.ReadAsStringAsync();
                Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
                Assert.True(answer.Headers.CacheControl?.NoStore);
                if (answer.IsSuccessStatusCode)
                    continue;
                refused++;
                string where = $"{method} {path}: {(int)answer.StatusCode} {text}";
                Assert.True(answer.StatusCode != HttpStatusCode.InternalServerError, where);
                Assert.True(answer.Content.Headers.ContentType?.MediaType == "application/problem+json", where);
                Problem problem = JsonSerializer.Deserialize(text, ProtocolJson.Default.Problem)!;
                Assert.True(typeof(ErrorCodes).GetField(problem.Code) is not null && problem.Status == (int)answer.StatusCode, where);
                Assert.False($"{text}{answer.Headers}{answer.Content.Headers}".Contains(Marker, StringComparison.OrdinalIgnoreCase), where);
            }
        }

        Assert.True(refused > 1000, $"Only {refused} answers were errors.");
    }
}
