using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Passpack.Protocol;
using Passpack.Server.Watching;

namespace Passpack.Server.Hosting;

/// <summary>Limits what strangers can occupy without logging in: connections, in total and by address, and slow bodies.</summary>
internal static class ConnectionLimits
{
    // At this rate, the largest body without a token (16 KiB) takes about 20 s.
    private static readonly MinDataRate s_slowest = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

    // Of a connection whose request still waits, or whose answer nobody reads. By default 1 MiB is read and 64 KiB are written of each.
    private const int MostUnread = 32 << 10;
    private const int MostUnsent = 16 << 10;

    /// <summary>What the sockets themselves hold; under TLS Kestrel's own limits come on top.</summary>
    public static void Apply(SocketTransportOptions sockets)
    {
        sockets.MaxReadBufferSize = MostUnread;
        sockets.MaxWriteBufferSize = MostUnsent;
    }

    public static void Apply(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = options.Connections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        kestrel.Limits.MaxRequestBodySize = Limits.MessageBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
        kestrel.Limits.MaxRequestBufferSize = MostUnread;
        kestrel.Limits.MaxResponseBufferSize = MostUnsent;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MinRequestBodyDataRate = s_slowest;
        kestrel.Limits.MinResponseDataRate = s_slowest;
        ServerMetrics metrics = kestrel.ApplicationServices.GetRequiredService<ServerMetrics>();
        PartitionedRateLimiter<ConnectionContext> byAddress = PartitionedRateLimiter.CreateChained(
            ByAddress(options, network => RateLimitPartition.GetConcurrencyLimiter(
                network, _ => new ConcurrencyLimiterOptions { PermitLimit = options.ConnectionsPerAddress })),
            ByAddress(options, network => RateLimitPartition.GetTokenBucketLimiter(network, _ => New(options))));
        kestrel.ConfigureEndpointDefaults(endpoint =>
        {
            // With HTTP/2, one connection carries many requests, which would defeat the limit of connections; clients and proxies use HTTP/1.1.
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.Use(next => async connection =>
            {
                // Before TLS, of which a handshake costs this server a thousand times what it costs a stranger. A connection above the limit is
                // closed unread, because an answer would cost more.
                using RateLimitLease lease = byAddress.AttemptAcquire(connection);
                if (!lease.IsAcquired)
                    return;
                metrics.NoteConnection(1);
                try
                {
                    await next(connection);
                }
                finally
                {
                    metrics.NoteConnection(-1);
                }
            });
        });
    }

    private static PartitionedRateLimiter<ConnectionContext> ByAddress(ServerOptions options, Func<string, RateLimitPartition<string>> limit) =>
        PartitionedRateLimiter.Create<ConnectionContext, string>(connection =>
            Counted((connection.RemoteEndPoint as IPEndPoint)?.Address, options) is { } network
                ? limit(Convert.ToHexString(network))
                : RateLimitPartition.GetNoLimiter(""));

    // All that it may have at once, twice, and a tenth of that each second.
    private static TokenBucketRateLimiterOptions New(ServerOptions options) => new()
    {
        TokenLimit = (int)Math.Min(2L * options.ConnectionsPerAddress, int.MaxValue),
        TokensPerPeriod = Math.Max(1, options.ConnectionsPerAddress / 5),
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
    };

    /// <summary>
    /// The network to which a connection counts. Null if it is not counted: a proxy, on this machine or trusted, stands for many clients.
    /// </summary>
    public static byte[]? Counted(IPAddress? peer, ServerOptions options) =>
        peer is null || options.Proxies.Trusts(peer) ? null : ClientAddress.Of(peer, options.CountLoopback).Network;
}
