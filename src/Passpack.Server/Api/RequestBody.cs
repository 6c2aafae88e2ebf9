using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Passpack.Protocol;

namespace Passpack.Server.Api;

/// <summary>What bodies of all forms have in common: their size is checked before they are read.</summary>
internal static class RequestBody
{
    /// <summary>Reads a body.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="read">Is told the most bytes that come: those that the request claims, or that its path takes.</param>
    public static async Task<T> ReadAsync<T>(HttpRequest request, Func<long, Task<T>> read)
    {
        long most = request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? Limits.MessageBytes;
        if (request.ContentLength > most)
            throw UnreadableBodyException.TooLarge(most);
        try
        {
            // Limited by Kestrel, also without a claimed length.
            return await read(request.ContentLength ?? most);
        }
        catch (IOException e) when (e is not (BadHttpRequestException or ConnectionResetException))
        {
            // The framework throws this if a chunk's claimed size overflows; a disconnected client is handled elsewhere.
            throw new UnreadableBodyException("The body is not in chunks as HTTP has them.");
        }
    }

    /// <summary>Describes, in the OpenAPI document, how a body is refused.</summary>
    public static void DescribeRefusals(EndpointBuilder builder)
    {
        foreach (int status in (ReadOnlySpan<int>)[400, 413, 415, 422])
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problems.MediaType]));
    }
}

/// <summary>A feature of a request that wants to know when its body has been read.</summary>
internal sealed record BodyArrival(Action Note);
