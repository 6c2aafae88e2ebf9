using System.Net;
using Passpack.Server.Api;

namespace Passpack.Server.Hosting;

/// <summary>
/// The host names that a plain HTTP address accepts. It is reachable on this machine only (<see cref="AddressRule"/>), but a web page in a local
/// browser could point its own name to this machine (DNS rebinding), and would then share an origin with the server. Its requests still carry the
/// foreign name as Host. Over TLS, the certificate stops such a page.
/// </summary>
internal static class HostRule
{
    /// <summary>Comes first, before <see cref="TrustedProxies"/> replaces the peer's address by the client's.</summary>
    public static void UseHostRule(this WebApplication app, ServerOptions options) => app.Use(async (context, next) =>
    {
        if (Answers(context.Request, context.Connection.RemoteIpAddress, options))
            await next(context);
        else
            await Problems.AnotherHost().ExecuteAsync(context);
    });

    private static bool Answers(HttpRequest request, IPAddress? peer, ServerOptions options) =>
        request.IsHttps
        // A Unix socket, which no browser can reach.
        || peer is null
        // A proxy passes on its public name.
        || options.Proxies.Trusts(peer)
        // Browsers always send a Host; some health checks of proxies do not.
        || !request.Host.HasValue
        || IsLoopback(request.Host.Host)
        || options.Hosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a Host is this machine's loopback, by name or address.</summary>
    public static bool IsLoopback(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
