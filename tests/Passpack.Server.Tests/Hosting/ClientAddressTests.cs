using System.Net;
using System.Net.Http.Json;
using Passpack.Protocol;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;
using Passpack.Server.Tests.Support;
using Xunit;

namespace Passpack.Server.Tests.Hosting;

/// <summary>Who one client is, in everything that is counted by address.</summary>
public sealed class ClientAddressTests
{
    private static string? Name(string? address, bool countLoopback = false) =>
        ClientAddress.Of(address is null ? null : IPAddress.Parse(address), countLoopback).Network is { } network ? Convert.ToHexString(network) : null;

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:0:2::1", false)]
    [InlineData("fe80::1%1", "fe80::2%2", true)]
    [InlineData("203.0.113.1", "203.0.113.2", false)]
    [InlineData("203.0.113.1", "::ffff:203.0.113.1", true)]
    [InlineData("::ffff:203.0.113.1", "::ffff:203.0.113.2", false)]
    public void An_IPv6_client_is_its_64_and_an_IPv4_client_its_address_however_it_is_written(string one, string other, bool same) =>
        Assert.Equal(same, Name(one) == Name(other));

    [Theory]
    [InlineData(null)]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void The_loopback_and_a_socket_without_address_are_no_client(string? address)
    {
        Assert.Null(Name(address));
        Assert.Equal(address is null, Name(address, countLoopback: true) is null);
    }

    [Fact]
    public void Connections_are_counted_by_the_same_name_and_a_trusted_proxys_not_at_all()
    {
        ServerOptions options = new("", 1, Retention.Default, 1, 1) { Proxies = TrustedProxies.Parse("2001:db8:9::/48") };
        Assert.Equal(Name("2001:db8:1:2::1"), Convert.ToHexString(ConnectionLimits.Counted(IPAddress.Parse("2001:db8:1:2::77"), options)!));
        Assert.Null(ConnectionLimits.Counted(IPAddress.Parse("2001:db8:9::1"), options));
        Assert.Null(ConnectionLimits.Counted(IPAddress.Parse("::ffff:127.0.0.1"), options));
    }

    [Theory]
    [InlineData("--requests-per-minute")]
    [InlineData("--sign-ins-per-minute")]
    [InlineData("--registrations-per-hour")]
    public async Task Who_changes_the_address_within_an_IPv6_64_is_counted_on(string limit)
    {
        await using TestServer server = await TestServer.StartAsync([.. TestServer.BehindProxy, limit, "3"]);
        RegisterRequest[] worked = [.. await Task.WhenAll(Enumerable.Range(0, 5).Select(i => server.Http.WorkAsync(Make.Registration($"user{i}"))))];

        async Task<HttpStatusCode> AskAsync(string address, int i)
        {
            using HttpClient http = server.From(address);
            return (await http.PostAsJsonAsync(Routes.Accounts, worked[i])).StatusCode;
        }

        for (int i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.Created, await AskAsync($"2001:db8:1:2:{i + 1}::{i + 1}", i));
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync("2001:db8:1:2:9::9", 3));
        Assert.Equal(HttpStatusCode.Created, await AskAsync("2001:db8:1:3::1", 4));
    }
}
