using System.Net;
using System.Net.Sockets;

namespace Passpack.Server.Hosting;

/// <summary>
/// The client of a request, for limits by address. All requests over this machine's loopback have the same address, whether one program sends them or
/// a proxy for many clients; so loopback is not counted as a client. A header names the client only if <see cref="TrustedProxies"/> allow it.
/// </summary>
internal sealed class ClientAddress(byte[]? network, IPAddress? address)
{
    /// <summary>The IPv4 address, or the IPv6 /64, within which one host can choose addresses freely. Null if the client is not counted.</summary>
    public byte[]? Network => network;

    /// <summary>The address, for the log. Null if the socket has none.</summary>
    public string? Text => address?.ToString();

    /// <summary>Called by minimal APIs to bind the parameter.</summary>
    public static ValueTask<ClientAddress?> BindAsync(HttpContext context) => ValueTask.FromResult<ClientAddress?>(Of(context));

    public static ClientAddress Of(HttpContext context) =>
        Of(context.Connection.RemoteIpAddress, context.RequestServices.GetRequiredService<ServerOptions>().CountLoopback);

    /// <param name="address">The address. Null if the socket has none.</param>
    /// <param name="countLoopback">Whether each loopback address counts as a client; for tests.</param>
    public static ClientAddress Of(IPAddress? address, bool countLoopback)
    {
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        if (address is null || (IPAddress.IsLoopback(address) && !countLoopback))
            return new ClientAddress(null, address);
        byte[] bytes = address.GetAddressBytes();
        return new ClientAddress(address.AddressFamily == AddressFamily.InterNetworkV6 ? bytes[..8] : bytes, address);
    }
}
