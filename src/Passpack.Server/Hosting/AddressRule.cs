using System.Net;

namespace Passpack.Server.Hosting;

/// <summary>
/// Where a server may listen: without TLS on this machine only. Proofs and device tokens travel in the open otherwise.
/// </summary>
internal static class AddressRule
{
    /// <exception cref="ServerStartException">An address is reachable from elsewhere without TLS, or is none.</exception>
    public static void Demand(IEnumerable<string> urls)
    {
        foreach (string url in urls)
        {
            BindingAddress address = Parse(url);
            bool tls = address.Scheme.Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
            if (!tls && !StaysHere(address))
            {
                throw new ServerStartException(
                    $"{url} could be reached from other machines without TLS. Use https (Kestrel__Certificates__Default__Path names the "
                    + "certificate), or listen on 127.0.0.1 behind a proxy that does.");
            }
        }
    }

    private static BindingAddress Parse(string url)
    {
        try
        {
            return BindingAddress.Parse(url);
        }
        catch (FormatException e)
        {
            throw new ServerStartException($"'{url}' is not an address to listen on, such as {ServerOptions.DefaultUrl}.", e);
        }
    }

    // Every other name (and *, + and 0.0.0.0) makes Kestrel listen on all interfaces.
    private static bool StaysHere(BindingAddress address) =>
        address.IsUnixPipe
        || address.IsNamedPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
