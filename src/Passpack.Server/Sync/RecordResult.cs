using System.Buffers;
using System.IO.Pipelines;
using Passpack.Protocol;

namespace Passpack.Server.Sync;

/// <summary>An answer with records. What the client has not taken yet stays in few buffers, however large the answer is.</summary>
internal sealed class RecordResult(RecordMessage message) : IResult
{
    private const int FlushBytes = 32 << 10;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.ContentType = RecordMessage.MediaType;
        response.ContentLength = message.Length;
        PipeWriter writer = response.BodyWriter;
        int unflushed = 0;
        foreach (ReadOnlyMemory<byte> piece in message.Pieces)
        {
            for (ReadOnlyMemory<byte> rest = piece; !rest.IsEmpty;)
            {
                int count = Math.Min(rest.Length, FlushBytes - unflushed);
                writer.Write(rest.Span[..count]);
                rest = rest[count..];
                unflushed += count;
                if (unflushed < FlushBytes)
                    continue;
                // Also ends the answer where the client has gone.
                if ((await writer.FlushAsync(httpContext.RequestAborted)).IsCompleted)
                    return;
                unflushed = 0;
            }
        }

        // Without it, Kestrel waits for room for the rest when more is left than it buffers, and nothing makes any.
        await writer.FlushAsync(httpContext.RequestAborted);
    }
}
