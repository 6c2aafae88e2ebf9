using System.Reflection;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Passpack.Protocol;

namespace Passpack.Server.Api;

/// <summary>
/// The body of a request, read completely and then parsed as JSON. An unreadable body throws <see cref="UnreadableBodyException"/>, which is answered
/// with problem details.
/// </summary>
internal sealed class JsonBody<T>(T value) : IEndpointParameterMetadataProvider
{
    /// <summary>The message. Required members are not null; items of lists may be.</summary>
    public T Value => value;

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
            RequireJson(bytes);
            T? value = JsonSerializer.Deserialize<T>(bytes, options);
            return value is null ? throw new UnreadableBodyException("The body is null.") : new JsonBody<T>(value);
        }
        catch (JsonException e)
        {
            throw UnreadableBodyException.NotExpected(e);
        }
    }

    // Finds broken JSON, so that the path in a later error consists of this server's own names only.
    private static void RequireJson(byte[] bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        while (reader.Read())
        {
        }
    }

    // Memory is allocated for received bytes, never by a claimed length.
    private static Task<byte[]> ReadAsync(HttpRequest request) => RequestBody.ReadAsync(request, async _ =>
    {
        using var buffer = new MemoryStream();
        await request.BodyReader.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        return buffer.ToArray();
    });

    /// <summary>Describes the body in the OpenAPI document.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
        RequestBody.DescribeRefusals(builder);
    }
}

/// <summary>A body that cannot be read. The message is this server's own, because those of libraries name their types.</summary>
internal sealed class UnreadableBodyException(string message, int status = StatusCodes.Status400BadRequest) : BadHttpRequestException(message, status)
{
    /// <summary>The code of the answer.</summary>
    public string Code { get; init; } = ErrorCodes.RequestInvalid;

    public static UnreadableBodyException TooLarge(long most) => new(
        string.Create(CultureInfo.InvariantCulture, $"The body is too large: this path takes {most} bytes."), StatusCodes.Status413PayloadTooLarge);

    /// <summary>JSON that is broken, or does not have the form that the route requires.</summary>
    public static UnreadableBodyException NotExpected(JsonException e, string what = "The body") => new(string.Create(CultureInfo.InvariantCulture,
        $"{what} is not the JSON that this path takes: see {PrintableText.Of(e.Path ?? "$", 100)}, line {e.LineNumber + 1 ?? 1}, " +
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
