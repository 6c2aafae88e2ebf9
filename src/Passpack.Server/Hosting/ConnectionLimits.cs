using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Passpack.Protocol;

namespace Passpack.Server.Hosting;

/// <summary>Limits what strangers can occupy without logging in: connections, in total and by address, and slow bodies.</summary>
internal static class ConnectionLimits
{
    // At this rate, the largest body without a token (16 KiB) takes about 20 s.
    private static readonly MinDataRate s_slowest = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

    public static void Apply(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = options.Connections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        kestrel.Limits.MaxRequestBodySize = Limits.MessageBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
        // Also limits what is buffered while a request waits or its answer is not read; the default is 1 MiB for each connection.
        kestrel.Limits.MaxRequestBufferSize = 32 << 10;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MinRequestBodyDataRate = s_slowest;
        kestrel.Limits.MinResponseDataRate = s_slowest;
        PartitionedRateLimiter<ConnectionContext> byAddress = PartitionedRateLimiter.Create<ConnectionContext, string>(connection =>
            Counted((connection.RemoteEndPoint as IPEndPoint)?.Address, options) is { } network
                ? RateLimitPartition.GetConcurrencyLimiter(
                    Convert.ToHexString(network), _ => new ConcurrencyLimiterOptions { PermitLimit = options.ConnectionsPerAddress })
                : RateLimitPartition.GetNoLimiter(""));
        kestrel.ConfigureEndpointDefaults(endpoint =>
        {
            // With HTTP/2, one connection carries many requests, which would defeat the limit of connections; clients and proxies use HTTP/1.1.
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.Use(next => async connection =>
            {
                // A connection above the limit is closed unread, because an answer would cost more.
                using RateLimitLease lease = byAddress.AttemptAcquire(connection);
                if (lease.IsAcquired)
                    await next(connection);
            });
        });
    }

    /// <summary>
    /// The network to which a connection counts. Null if it is not counted: a proxy, on this machine or trusted, stands for many clients.
    /// </summary>
    public static byte[]? Counted(IPAddress? peer, ServerOptions options) =>
        peer is null || options.Proxies.Trusts(peer) ? null : ClientAddress.Of(peer, options.CountLoopback).Network;
}
