using System.Net;

namespace Passpack.Server.Hosting;

/// <summary>
/// The rule for addresses: without TLS, a server listens on this machine only, because proofs and device tokens would be readable on the network.
/// </summary>
internal static class AddressRule
{
    /// <summary>The addresses of --urls, or the usual one.</summary>
    public static string[] AddressesOf(IConfiguration configuration) =>
        (configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } chosen ? chosen : ServerOptions.DefaultUrl)
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The addresses that settings of Kestrel name.</summary>
    public static IEnumerable<string> EndpointsOf(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? "");

    /// <exception cref="ServerStartException">An address is reachable from other machines without TLS, or is invalid.</exception>
    public static void Require(IEnumerable<string> urls)
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

    // For any other name (also *, + and 0.0.0.0), Kestrel listens on all interfaces.
    private static bool StaysHere(BindingAddress address) =>
        address.IsUnixPipe
        || address.IsNamedPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
