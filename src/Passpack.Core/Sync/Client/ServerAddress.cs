using Passpack.Protocol;

namespace Passpack.Sync.Client;

/// <summary>The rules for the address of a server: <c>https://passpack.example.com/folder/</c>, or plain HTTP on this machine.</summary>
public static class ServerAddress
{
    /// <summary>Refuses a text that is not an address, and an address with more than scheme, host, port and path.</summary>
    /// <returns>The address, ending with a slash.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ServerUnreachable"/>: this is not a server's address. <see cref="ErrorCodes.InsecureTransport"/>: plain HTTP to another
    /// machine.
    /// </exception>
    public static Uri Require(Uri? server)
    {
        if (server is not { IsAbsoluteUri: true } || (server.Scheme != Uri.UriSchemeHttps && server.Scheme != Uri.UriSchemeHttp))
            throw Refused($"'{Shown(server)}' is not a server's address. It has to look like https://passpack.example.com/.", server);
        if (server.UserInfo.Length > 0)
        {
            throw Refused($"The address of {Shown(server)} holds a user name or a password. Leave out what stands before the @: " +
                "User ID and Password are given with -Credential.", server);
        }
        if (server.Query.Length > 0 || server.Fragment.Length > 0)
        {
            throw Refused($"The address of {Shown(server)} goes on with ? or #. A server's address ends with its path, as " +
                "https://passpack.example.com/ does.", server);
        }
        if (server.Scheme == Uri.UriSchemeHttp && !server.IsLoopback)
        {
            throw new PasspackException(ErrorCodes.InsecureTransport,
                $"{server} is not encrypted. Plain HTTP is accepted only on this machine itself; use https.") { Target = server };
        }
        return server.AbsolutePath.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/");
    }

    private static PasspackException Refused(string message, Uri? server) => new(ErrorCodes.ServerUnreachable, message) { Target = Shown(server) };

    // Without user information and query: either may hold a password.
    private static string Shown(Uri? server)
    {
        if (server is { IsAbsoluteUri: true })
            return PrintableText.Of(server.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped), 200);
        return server?.OriginalString is { } text && !text.Contains('@', StringComparison.Ordinal) ? PrintableText.Of(text, 200) : "";
    }
}
