using System.Globalization;
using System.Net;

namespace Passpack.Server.Hosting;

/// <summary>The rules for what names this node's numbers.</summary>
internal static class MetricsAddress
{
    private const int MostNodeCharacters = 100;

    /// <exception cref="ServerStartException">It is no address with a port, or stands for every address of this machine.</exception>
    public static IPEndPoint Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon];
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || AddressOf(host) is not { } address)
            throw new ServerStartException($"--metrics takes an address of this machine and a port, such as 127.0.0.1:9464 or [::1]:9464, not '{text}'.");
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            ? throw new ServerStartException($"--metrics {text} would answer at every address of this machine, the public ones, too. Name one.")
            : new IPEndPoint(address, port);
    }

    /// <exception cref="ServerStartException">It is too long, or cannot be shown.</exception>
    public static string RequireNode(string name) => name.Length <= MostNodeCharacters && !name.Any(char.IsControl)
        ? name
        : throw new ServerStartException($"--node has at most {MostNodeCharacters} characters, none of them a control character.");

    private static IPAddress? AddressOf(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return IPAddress.Loopback;
        bool isBracketed = host.StartsWith('[') && host.EndsWith(']');
        return IPAddress.TryParse(isBracketed ? host[1..^1] : host, out IPAddress? address)
            && isBracketed == (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) ? address : null;
    }
}
