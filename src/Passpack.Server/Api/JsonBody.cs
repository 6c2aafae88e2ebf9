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
/// The body of a request, read completely and then parsed as JSON. The raw bytes are kept to recognise a repeated push. An unreadable body throws
/// <see cref="UnreadableBodyException"/>, which is answered with problem details.
/// </summary>
internal sealed class JsonBody<T>(T value, byte[] bytes) : IEndpointParameterMetadataProvider
{
    /// <summary>Four times the JSON tokens of the largest push. Limited, because many small values take many times their size in memory.</summary>
    private const int MostTokens = 64 << 10;

    /// <summary>The message. Required members are not null; items of lists may be.</summary>
    public T Value => value;

    /// <summary>The raw bytes, as sent.</summary>
    public byte[] Bytes => bytes;

    /// <summary>Called by minimal APIs to bind the parameter.</summary>
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
            RequireFewTokens(bytes);
            T? value = JsonSerializer.Deserialize<T>(bytes, options);
            return value is null ? throw new UnreadableBodyException("The body is null.") : new JsonBody<T>(value, bytes);
        }
        catch (JsonException e)
        {
            throw UnreadableBodyException.NotExpected(e);
        }
    }

    // Also finds broken JSON, so that the path in a later error consists of this server's own names only.
    private static void RequireFewTokens(byte[] bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        for (int tokens = 0; reader.Read(); tokens++)
        {
            if (tokens == MostTokens)
                throw new UnreadableBodyException("The body holds more values than any request has.", StatusCodes.Status413PayloadTooLarge);
        }
    }

    // Memory is allocated for received bytes, never by a claimed length.
    private static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        long? most = request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        if (request.ContentLength > most)
            throw UnreadableBodyException.TooLarge(most.Value);
        using var buffer = new MemoryStream();
        try
        {
            // Limited by Kestrel, also without a claimed length.
            await request.BodyReader.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        }
        catch (IOException e) when (e is not (BadHttpRequestException or ConnectionResetException))
        {
            // The framework throws this if a chunk's claimed size overflows; a disconnected client is handled elsewhere.
            throw new UnreadableBodyException("The body is not in chunks as HTTP has them.");
        }

        return buffer.ToArray();
    }

    /// <summary>Describes the body in the OpenAPI document.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
        foreach (int status in (ReadOnlySpan<int>)[400, 413, 415, 422])
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problems.MediaType]));
    }
}

/// <summary>A feature of a request that wants to know when its body has been read.</summary>
internal sealed record BodyArrival(Action Note);

/// <summary>A body that cannot be read. The message is this server's own, because those of libraries name their types.</summary>
internal sealed class UnreadableBodyException(string message, int status = StatusCodes.Status400BadRequest) : BadHttpRequestException(message, status)
{
    public static UnreadableBodyException TooLarge(long most) => new(
        string.Create(CultureInfo.InvariantCulture, $"The body is too large: this path takes {most} bytes."), StatusCodes.Status413PayloadTooLarge);

    /// <summary>JSON that is broken, or does not have the form that the route requires.</summary>
    public static UnreadableBodyException NotExpected(JsonException e) => new(string.Create(CultureInfo.InvariantCulture,
        $"The body is not the JSON that this path takes: see {PrintableText.Of(e.Path ?? "$", 100)}, line {e.LineNumber + 1 ?? 1}, " +
        $"byte {e.BytePositionInLine + 1 ?? 1}."));
}

/// <summary>Strict options for reading JSON. The protocol's own context cannot refuse null (net8.0).</summary>
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
