using System.Reflection;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Passpack.Protocol;

namespace Passpack.Server.Api;

/// <summary>
/// The body of a request: read whole, then as JSON. Its exact bytes are kept, for whether a repeated push is a repeat is judged by
/// them. What cannot be read becomes an <see cref="UnreadableBodyException"/>, and so problem details.
/// </summary>
internal sealed class JsonBody<T>(T value, byte[] bytes) : IEndpointParameterMetadataProvider
{
    /// <summary>Tokens of the largest push, four times: many small values become many times their size in memory.</summary>
    private const int MostTokens = 64 << 10;

    /// <summary>What it says. No member that must be there is null; items of lists may be.</summary>
    public T Value => value;

    /// <summary>As sent.</summary>
    public byte[] Bytes => bytes;

    /// <summary>How minimal APIs ask for the parameter.</summary>
    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (!request.HasJsonContentType())
            throw new UnreadableBodyException("The body must be application/json.", StatusCodes.Status415UnsupportedMediaType);

        byte[] bytes = await ReadAsync(request);
        context.Features.Get<BodyArrival>()?.Note();
        JsonSerializerOptions options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        try
        {
            DemandFewTokens(bytes);
            T? value = JsonSerializer.Deserialize<T>(bytes, options);
            return value is null ? throw new UnreadableBodyException("The body is null.") : new JsonBody<T>(value, bytes);
        }
        catch (JsonException e)
        {
            throw UnreadableBodyException.NotExpected(e);
        }
    }

    // Finds broken JSON as well, so the path in a later fault is made of this server's own names, and of no others.
    private static void DemandFewTokens(byte[] bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        for (int tokens = 0; reader.Read(); tokens++)
        {
            if (tokens == MostTokens)
                throw new UnreadableBodyException("The body holds more values than any request has.", StatusCodes.Status413PayloadTooLarge);
        }
    }

    // Memory is taken for what has arrived, never for what a client says will come.
    private static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        long? most = request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        if (request.ContentLength > most)
            throw UnreadableBodyException.TooLarge(most.Value);
        using var buffer = new MemoryStream();
        try
        {
            // Bounded by Kestrel, also where no length was claimed.
            await request.BodyReader.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        }
        catch (IOException e) when (e is not (BadHttpRequestException or ConnectionResetException))
        {
            // So the framework says that a chunk claims more than any number holds; a client that went away is asked for elsewhere.
            throw new UnreadableBodyException("The body is not in chunks as HTTP has them.");
        }

        return buffer.ToArray();
    }

    /// <summary>What the OpenAPI document says of it.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
        foreach (int status in (ReadOnlySpan<int>)[400, 413, 415, 422])
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problems.MediaType]));
    }
}

/// <summary>A feature of a request that wants to know when its body has been read.</summary>
internal sealed record BodyArrival(Action Note);

/// <summary>A body that cannot be read, said in words of this server: those of its libraries name their types.</summary>
internal sealed class UnreadableBodyException(string message, int status = StatusCodes.Status400BadRequest) : BadHttpRequestException(message, status)
{
    public static UnreadableBodyException TooLarge(long most) => new(
        string.Create(CultureInfo.InvariantCulture, $"The body is too large: this path takes {most} bytes."), StatusCodes.Status413PayloadTooLarge);

    /// <summary>JSON that is broken, or of another shape than the path takes.</summary>
    public static UnreadableBodyException NotExpected(JsonException e) => new(string.Create(CultureInfo.InvariantCulture,
        $"The body is not the JSON that this path takes: see {PrintableText.Of(e.Path ?? "$", 100)}, line {e.LineNumber + 1 ?? 1}, byte {e.BytePositionInLine + 1 ?? 1}."));
}

/// <summary>How this server reads JSON: strictly. The protocol's own context cannot be told to refuse null (net8.0).</summary>
internal static class StrictJson
{
    public static void Configure(JsonSerializerOptions options)
    {
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
    }
}
