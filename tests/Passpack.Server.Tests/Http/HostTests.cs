using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Passpack.Protocol;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Http;

/// <summary>A web page in a browser on the server's machine, which wants to speak with the server on the loopback.</summary>
public sealed class HostTests
{
    private static async Task<string> AskAsync(TestServer server, string headers, string version = "1.1") =>
        await RawHttp.ExchangeAsync(server.Http.BaseAddress!, $"GET {Routes.Health} HTTP/{version}\r\n{headers}Connection: close\r\n\r\n");

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8780")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("192.0.2.1")]
    [InlineData("[2001:db8::1]:8780")]
    [InlineData("0.0.0.0")]
    public async Task A_name_that_is_not_the_loopbacks_is_refused(string host)
    {
        await using TestServer server = await TestServer.StartAsync();
        string answer = await AskAsync(server, $"Host: {host}\r\n");
        Assert.StartsWith("HTTP/1.1 421 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{ErrorCodes.ServerRefused}\"", answer, StringComparison.Ordinal);
        Assert.Contains("--host", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LocalHost:8780")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.1.2.3")]
    [InlineData("[::1]:8780")]
    public async Task Names_of_the_loopback_are_answered_to(string host)
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(server, $"Host: {host}\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_without_a_name_is_answered() // No browser sends one.
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(server, "", version: "1.0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_were_given_are_answered_to_and_no_others()
    {
        await using TestServer server = await TestServer.StartAsync(["--host", "pass.example.org, vault"]);
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(server, "Host: Pass.example.org:80\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(server, "Host: vault\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 421 ", await AskAsync(server, "Host: example.org\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trusted_proxy_passes_on_any_name_whatever_it_says_of_the_client()
    {
        await using TestServer trusting = await TestServer.StartAsync(TestServer.BehindProxy), other = await TestServer.StartAsync(["--trusted-proxy", "192.0.2.1"]);
        Assert.StartsWith(
            "HTTP/1.1 200 ", await AskAsync(trusting, "Host: pass.example.org\r\nX-Forwarded-For: 203.0.113.1\r\n"), StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 421 ", await AskAsync(other, "Host: pass.example.org\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: localhost\r\n"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_route_lets_a_page_of_another_origin_read_or_ask_anything()
    {
        await using TestServer server = await TestServer.StartAsync();
        using DeviceClient account = await server.RegisterAsync();
        int asked = 0;
        foreach (RouteEndpoint route in server.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            string path = route.RoutePattern.RawText!.Replace("{vaultId:guid}", $"{account.Vault}", StringComparison.Ordinal)
                .Replace("{id:guid}", $"{Guid.NewGuid()}", StringComparison.Ordinal);
            foreach (string method in new[] { "OPTIONS", "GET", "POST", "PUT", "DELETE" })
            foreach (AuthenticationHeaderValue? token in new[] { null, account.Http.DefaultRequestHeaders.Authorization })
            foreach (string origin in new[] { "https://evil.example", "null", "http://localhost" })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                request.Headers.Authorization = token;
                request.Headers.Add("Origin", origin);
                request.Headers.Add("Access-Control-Request-Method", "POST");
                request.Headers.Add("Access-Control-Request-Headers", "authorization, content-type");
                using HttpResponseMessage answer = await server.Http.SendAsync(request);
                asked++;
                Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
                Assert.True(method != "OPTIONS" || answer.StatusCode == HttpStatusCode.MethodNotAllowed, $"{path}: {(int)answer.StatusCode}");
            }
        }

        Assert.InRange(asked, 300, int.MaxValue);
    }
}
