using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Passpack.Protocol;

namespace Passpack.Server.Api;

/// <summary>
/// The body of a request: read whole, then as JSON. Its exact bytes are kept, for whether a repeated push is a repeat is judged by
/// them. What cannot be read becomes a <see cref="BadHttpRequestException"/>, and so problem details.
/// </summary>
internal sealed class JsonBody<T>(T value, byte[] bytes) : IEndpointParameterMetadataProvider
{
    /// <summary>What it says. No member that must be there is null; items of lists may be.</summary>
    public T Value => value;

    /// <summary>As sent.</summary>
    public byte[] Bytes => bytes;

    /// <summary>How minimal APIs ask for the parameter.</summary>
    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (!request.HasJsonContentType())
            throw new BadHttpRequestException("The body must be application/json.", StatusCodes.Status415UnsupportedMediaType);

        using var buffer = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, Limits.MessageBytes));
        await request.Body.CopyToAsync(buffer, context.RequestAborted);
        byte[] bytes = buffer.ToArray();

        JsonSerializerOptions options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        try
        {
            T? value = JsonSerializer.Deserialize<T>(bytes, options);
            return value is null ? throw new BadHttpRequestException("The body is null.") : new JsonBody<T>(value, bytes);
        }
        catch (JsonException e)
        {
            throw new BadHttpRequestException(e.Message, e);
        }
    }

    /// <summary>What the OpenAPI document says of it.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
        foreach (int status in (ReadOnlySpan<int>)[400, 413, 415, 422])
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problems.MediaType]));
    }
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
