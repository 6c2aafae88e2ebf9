using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Passpack.Protocol;
using Passpack.Server.Api;

namespace Passpack.Server.Sync;

/// <summary>
/// The body of a push, parsed while it is read. An unreadable body throws <see cref="UnreadableBodyException"/>, which is answered with problem details.
/// </summary>
internal sealed class PushBody(PushRequest value) : IEndpointParameterMetadataProvider
{
    /// <summary>The push. Of its metadata, required members are not null.</summary>
    public PushRequest Value => value;

    /// <summary>Called by minimal APIs to bind the parameter.</summary>
    public static async ValueTask<PushBody?> BindAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            || !type.MediaType.Equals(RecordMessage.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            throw new UnreadableBodyException($"The body must be {RecordMessage.MediaType}.", StatusCodes.Status415UnsupportedMediaType);
        }

        JsonSerializerOptions options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var strict = (JsonTypeInfo<PushMetadata>)options.GetTypeInfo(typeof(PushMetadata));
        try
        {
            PushBody body = await RequestBody.ReadAsync(request, async most =>
            {
                var reader = new RecordReader(request.Body, most, EndpointConventions.SmallBody);
                return new PushBody(await PushRequest.ReadAsync(reader, strict, context.RequestAborted));
            });
            context.Features.Get<BodyArrival>()?.Note();
            return body;
        }
        catch (RecordFormatException e)
        {
            throw new UnreadableBodyException($"The body {e.Message}.", e.IsRecordTooLarge ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest)
            {
                Code = e.IsRecordTooLarge ? ErrorCodes.RecordTooLarge : ErrorCodes.RequestInvalid,
            };
        }
        catch (JsonException e)
        {
            throw UnreadableBodyException.NotExpected(e, "The metadata of the body");
        }
    }

    /// <summary>Describes the body in the OpenAPI document.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new AcceptsMetadata([RecordMessage.MediaType], typeof(Stream)));
        RequestBody.DescribeRefusals(builder);
    }
}
