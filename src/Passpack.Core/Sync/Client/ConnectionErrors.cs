using Passpack.Protocol;

namespace Passpack.Sync.Client;

/// <summary>The errors of a connection that did not come about, or broke: name, address, TLS, certificate.</summary>
internal static class ConnectionErrors
{
    /// <summary>What went wrong before an answer came, and what to do about it.</summary>
    public static PasspackException Of(Uri server, HttpRequestException e) =>
        Distrusted(server, e) ?? Unreachable(server, $"{Cause(e)}{SchemeHint(server, e)}", e);

    public static PasspackException Unreachable(Uri server, string cause, Exception? inner) =>
        new(ErrorCodes.ServerUnreachable, $"{server} cannot be reached: {cause}. The local account was not changed; " +
            "try again later, or check the address.", inner) { Target = server };

    // .NET tells what is wrong with a certificate by words alone: "... errors in the certificate chain: UntrustedRoot".
    private static PasspackException? Distrusted(Uri server, HttpRequestException e)
    {
        if (e.HttpRequestError != HttpRequestError.SecureConnectionError
            || e.InnerException is not System.Security.Authentication.AuthenticationException { Message: var told }
            || !told.Contains("certificate is invalid", StringComparison.Ordinal))
            return null;
        string status = told[(told.LastIndexOf(':') + 1)..].Trim();
        string why = told.Contains("NameMismatch", StringComparison.Ordinal)
            ? $"the certificate of {server.Authority} is for another name ({status}): use the name that it is for, or have it made for this one"
            : status.Contains("NotTimeValid", StringComparison.Ordinal)
            ? $"the certificate of {server.Authority} is not valid today ({status}): look at its dates, and at this machine's clock"
            : $"this machine does not trust the certificate of {server.Authority} ({status}): have it trust the CA, see docs/server.md";
        return new PasspackException(ErrorCodes.ServerUnreachable, $"{server} cannot be reached: {why}. " +
            "Nothing was sent, and the local account was not changed.", e) { Target = server };
    }

    private static string Cause(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "there is no such host",
        HttpRequestError.ConnectionError => "nothing answers at that address",
        HttpRequestError.SecureConnectionError when SpeaksNoTls(e) => "it does not speak TLS",
        HttpRequestError.SecureConnectionError => $"no secure connection can be made ({e.InnerException?.Message ?? e.Message})",
        HttpRequestError.ResponseEnded => "the connection broke",
        HttpRequestError.InvalidResponse => "its answer is no HTTP",
        _ => e.Message,
    };

    private static string SchemeHint(Uri server, HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.SecureConnectionError when SpeaksNoTls(e) => ". If plain HTTP was meant, its address starts with http:// (on this machine only)",
        HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse when server.Scheme == Uri.UriSchemeHttp =>
            ". If it speaks TLS, its address starts with https://",
        _ => "",
    };

    // The answer to the first TLS message was not TLS. .NET says so only in this text.
    private static bool SpeaksNoTls(HttpRequestException e) =>
        e.InnerException is System.Security.Authentication.AuthenticationException { Message: var message }
        && message.Contains("frame", StringComparison.OrdinalIgnoreCase);
}
