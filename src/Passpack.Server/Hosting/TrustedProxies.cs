using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace Passpack.Server.Hosting;

/// <summary>The networks whose X-Forwarded-For is trusted. The header of any other peer is ignored, with one warning.</summary>
internal sealed partial class TrustedProxies(IReadOnlyList<System.Net.IPNetwork> networks)
{
    // The key of ASPNETCORE_FORWARDEDHEADERS_ENABLED, which makes the framework trust every peer.
    private const string TrustAll = "ForwardedHeaders_Enabled";

    private int warned;

    /// <param name="list">Networks such as 10.0.0.0/8, or single addresses, separated by commas. Null for none.</param>
    /// <exception cref="ServerStartException">An item is invalid, or would trust every peer.</exception>
    public static TrustedProxies Parse(string? list) => new([.. (list ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(ParseNetwork)]);

    /// <exception cref="ServerStartException">The configuration makes the framework trust every peer.</exception>
    public static void RefuseTrustInAll(IConfiguration configuration)
    {
        if (string.Equals(configuration[TrustAll], "true", StringComparison.OrdinalIgnoreCase))
        {
            throw new ServerStartException(
                "ASPNETCORE_FORWARDEDHEADERS_ENABLED=true lets every client say what address it has. Remove it, and name the proxy with "
                + "--trusted-proxy CIDR, such as 127.0.0.1 or 10.1.0.0/16.");
        }
    }

    public bool Trusts(IPAddress address) =>
        networks.Any(network => network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    /// <summary>Replaces a request's address by the client's, if trusted proxies name it.</summary>
    public void Use(WebApplication app, ILogger logger)
    {
        // Addresses are followed from the nearest proxy outwards, up to the first that is not trusted.
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (System.Net.IPNetwork network in networks)
            options.KnownIPNetworks.Add(network);

        app.Use((context, next) =>
        {
            // Warned once only, because anyone can send the header any number of times.
            if (context.Request.Headers.ContainsKey(options.ForwardedForHeaderName)
                && context.Connection.RemoteIpAddress is { } peer && !Trusts(peer)
                && Interlocked.Exchange(ref warned, 1) == 0)
            {
                LogUntrusted(logger, peer);
            }

            return next(context);
        });
        // Without networks, the middleware would trust every peer.
        if (networks.Count > 0)
            app.UseForwardedHeaders(options);
    }

    private static System.Net.IPNetwork ParseNetwork(string text)
    {
        bool single = IPAddress.TryParse(text, out IPAddress? address);
        if (!System.Net.IPNetwork.TryParse(single ? $"{text}/{address!.GetAddressBytes().Length * 8}" : text, out System.Net.IPNetwork network))
        {
            throw new ServerStartException(
                $"--trusted-proxy takes networks such as 10.1.0.0/16 or addresses, not '{text}'.");
        }

        return network.PrefixLength > 0 ? network : throw new ServerStartException($"--trusted-proxy {text} would trust everybody.");
    }

    [LoggerMessage(5, LogLevel.Warning, "A request with X-Forwarded-For came from {Peer}, which is no trusted proxy; the header is not believed. "
        + "If that is a proxy of yours, name it with --trusted-proxy, else limits by address do not know its clients apart. This is said once.")]
    private static partial void LogUntrusted(ILogger logger, IPAddress peer);
}
