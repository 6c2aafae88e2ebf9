using Passpack.Packing.Keys;

namespace Passpack.Health.Checks;

/// <summary>Where an entry's address leads.</summary>
internal static class EntryPlace
{
    private const string Http = "http://";

    /// <summary>The address as a URI; one without a scheme is taken for a site's. Null if it is none with a host.</summary>
    public static Uri? Of(string url)
    {
        url = url.Trim();
        if (url.Length == 0)
            return null;
        string whole = url.Contains("://", StringComparison.Ordinal) ? url : "https://" + url;
        return Uri.TryCreate(whole, UriKind.Absolute, out Uri? address) && address.Host.Length > 0 ? address : null;
    }

    /// <summary>The host, lower case, without <c>www.</c>.</summary>
    public static string Host(Uri address)
    {
        string host = address.IdnHost.ToLowerInvariant();
        return host.StartsWith("www.", StringComparison.Ordinal) && host.Length > 4 ? host[4..] : host;
    }

    /// <summary>Host and port.</summary>
    public static string Site(Uri address) => address.IsDefaultPort ? Host(address) : $"{Host(address)}:{address.Port}";

    /// <summary>Host, port and path: what stands behind it, and whether it is encrypted, does not count.</summary>
    public static string Page(Uri address) => Site(address) + address.AbsolutePath.TrimEnd('/');

    /// <summary>Whether a password that is entered there goes over the network in the clear.</summary>
    public static bool IsPlainHttp(string url)
    {
        url = url.TrimStart();
        return url.StartsWith(Http, StringComparison.OrdinalIgnoreCase) && !(Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && address.IsLoopback);
    }

    /// <summary>A text that is compared like names are.</summary>
    public static string Fold(string text) => VaultKeys.Fold(text.Trim());
}
