using Microsoft.OpenApi;
using Passpack.Protocol;

namespace Passpack.Server.Api;

/// <summary>Marks endpoints that take or answer a <see cref="RecordMessage"/>, for the OpenAPI document.</summary>
/// <param name="Metadata">The type of its metadata.</param>
/// <param name="Kind">Of its records' frames.</param>
internal sealed record RecordLayout(Type Metadata, string Kind)
{
    public OpenApiSchema ToSchema() => new()
    {
        Type = JsonSchemaType.String,
        Format = "binary",
        Description = $"The bytes 50 50 52 01, then frames: kind (1 byte), length (4 bytes, unsigned), so many bytes. Numbers are big-endian. The first frame is of kind 'M': "
            + $"JSON as #/components/schemas/{Metadata.Name} says. Then one of kind '{Kind}' for each record, at most {Limits.RecordsPerBatch}: "
            + (Kind == "V" ? "when it was stored and when it was replaced (8 bytes each, milliseconds since 1970), " : "")
            + "stream (1), id (16), version (8), flags (1: 1 deleted, and in a push 2 sealed anew), SHA-256 of the body (32), "
            + $"body (the rest, at most {Limits.RecordBodyBytes} bytes). The last frame is of kind 'E' and empty. Nothing follows.",
    };
}
