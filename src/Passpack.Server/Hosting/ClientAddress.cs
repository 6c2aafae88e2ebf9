using System.Net;
using System.Net.Sockets;

namespace Passpack.Server.Hosting;

/// <summary>
/// Who is behind a request, as far as limits go by address. Everything that comes over this machine's loopback looks alike, whether it
/// comes from one program or through a proxy from everywhere: it is no client, and no count of addresses takes it for one. A header says
/// who it is only where <see cref="TrustedProxies"/> let it.
/// </summary>
internal sealed class ClientAddress(byte[]? network)
{
    /// <summary>The IPv4 address, or of IPv6 the /64, within which one host chooses freely; null when it is not counted.</summary>
    public byte[]? Network => network;

    /// <summary>How minimal APIs ask for the parameter.</summary>
    public static ValueTask<ClientAddress?> BindAsync(HttpContext context) => ValueTask.FromResult<ClientAddress?>(Of(context));

    public static ClientAddress Of(HttpContext context) =>
        Of(context.Connection.RemoteIpAddress, context.RequestServices.GetRequiredService<ServerOptions>().CountLoopback);

    /// <param name="address">Null for a socket without one.</param>
    /// <param name="countLoopback">Whether each address of this machine's loopback is a client; for tests.</param>
    public static ClientAddress Of(IPAddress? address, bool countLoopback)
    {
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        if (address is null || (IPAddress.IsLoopback(address) && !countLoopback))
            return new ClientAddress(null);
        byte[] bytes = address.GetAddressBytes();
        return new ClientAddress(address.AddressFamily == AddressFamily.InterNetworkV6 ? bytes[..8] : bytes);
    }
}
