using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Passpack.Protocol;
using Passpack.Server.Devices;

namespace Passpack.Server.Api;

/// <summary>The description of the API that the server itself serves.</summary>
internal static class OpenApiDocument
{
    private const string Scheme = "deviceToken";

    public static void AddOpenApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Passpack online account",
                Version = "v1",
                Description = "Holds the encrypted pack of an account and can read none of it. "
                    + "Errors are problem details (RFC 9457) with a code.",
            };
            // Cleared, because the address belongs to a deployment and not to the API: the document must not depend on the request.
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "The device token in base64url, without padding.",
                },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<DeviceTokenRequired>().Any())
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeRecordsAsync);
    });

    private static async Task DescribeRecordsAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<RecordLayout>().SingleOrDefault() is not { } layout)
            return;
        context.Document!.AddComponent(layout.Metadata.Name, await context.GetOrCreateSchemaAsync(layout.Metadata, cancellationToken: cancel));
        IEnumerable<IDictionary<string, OpenApiMediaType>?> contents =
            [operation.RequestBody?.Content, .. operation.Responses?.Values.Select(response => response.Content) ?? []];
        foreach (IDictionary<string, OpenApiMediaType>? content in contents)
        {
            if (content?.ContainsKey(RecordMessage.MediaType) is true)
                content[RecordMessage.MediaType] = new OpenApiMediaType { Schema = layout.ToSchema() };
        }
    }

    /// <summary>The document is made once, because making it costs a thousand times as much as asking for it.</summary>
    public static void MapOpenApiDocument(this WebApplication app)
    {
        var document = new Lazy<Task<byte[]>>(() => MakeAsync(app.Services));
        // As a stream, because bytes would go into the memory of a connection as a whole, whether or not anybody reads them.
        app.MapGet(Routes.OpenApi, async () => Results.Stream(new MemoryStream(await document.Value, writable: false), "application/json;charset=utf-8"))
            .ExcludeFromDescription();
    }

    private static async Task<byte[]> MakeAsync(IServiceProvider services)
    {
        Microsoft.OpenApi.OpenApiDocument document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1").GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        return json.ToArray();
    }
}
