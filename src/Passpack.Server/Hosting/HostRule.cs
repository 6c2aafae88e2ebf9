using System.Net;
using Passpack.Server.Api;

namespace Passpack.Server.Hosting;

/// <summary>
/// Which names a plain HTTP address answers to. It is on this machine only (<see cref="AddressRule"/>), but a web page in a browser here could
/// give its own name this machine's address (DNS rebinding) and would be of one origin with the server then. Its requests still carry that
/// name as Host. Over TLS such a page fails by the certificate.
/// </summary>
internal static class HostRule
{
    /// <summary>Before anything else, and before <see cref="TrustedProxies"/> puts the client's address in place of the peer's.</summary>
    public static void UseHostRule(this WebApplication app, ServerOptions options) => app.Use(async (context, next) =>
    {
        if (Answers(context.Request, context.Connection.RemoteIpAddress, options))
            await next(context);
        else
            await Problems.AnotherHost().ExecuteAsync(context);
    });

    private static bool Answers(HttpRequest request, IPAddress? peer, ServerOptions options) =>
        request.IsHttps
        // A socket of the file system, which no browser reaches.
        || peer is null
        // A proxy passes on the name by which the world knows it.
        || options.Proxies.Trusts(peer)
        // Every browser sends one; some checks of a proxy send none.
        || !request.Host.HasValue
        || IsLoopback(request.Host.Host)
        || options.Hosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase);

    private static bool IsLoopback(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
