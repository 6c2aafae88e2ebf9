using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Passpack.Protocol;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>One answer, whole; or with a way of its own to be written.</summary>
internal sealed record Answer(int Status, string? ContentType, byte[] Body)
{
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Writes in place of <see cref="Body"/>: what is slow, endless or broken.</summary>
    public Func<HttpContext, Task>? Write { get; init; }

    /// <summary>Whether it holds nothing that any machine ever had: then nobody looks for what it may tell.</summary>
    public bool IsInvented { get; init; }

    public static Answer Json<T>(T message, JsonTypeInfo<T> type) => new(200, "application/json", JsonSerializer.SerializeToUtf8Bytes(message, type));

    public static Answer Text(string text, string contentType = "application/json", int status = 200) => new(status, contentType, Encoding.UTF8.GetBytes(text));

    public static Answer Problem(int status, string code, string title = "Problem", string? detail = null) =>
        new(status, "application/problem+json", JsonSerializer.SerializeToUtf8Bytes(new Problem(status, code, title, detail), ProtocolJson.Default.Problem));

    public static Answer Records(RecordMessage message) => new(200, RecordMessage.MediaType, message.ToArray());

    public T Read<T>(JsonTypeInfo<T> type) => JsonSerializer.Deserialize(Body, type)!;

    /// <summary>The same answer with another message.</summary>
    public Answer With<T>(JsonTypeInfo<T> type, Func<T, T> alter) =>
        this with { Body = JsonSerializer.SerializeToUtf8Bytes(alter(Read(type)), type) };

    /// <summary>The same answer with another page.</summary>
    public Answer With(Func<ChangePage, ChangePage> alter) => this with { Body = alter(Read(ChangePage.ReadAsync)).ToMessage().ToArray() };

    public T Read<T>(Func<RecordReader, CancellationToken, Task<T>> read) => Read(Body, read);

    /// <summary>Reads a message with records; all of it is there, so nothing is waited for.</summary>
    public static T Read<T>(byte[] message, Func<RecordReader, CancellationToken, Task<T>> read) =>
        read(new RecordReader(new MemoryStream(message)), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Reads a push.</summary>
    public static PushRequest ReadPush(byte[] message) =>
        Read(message, (reader, cancel) => PushRequest.ReadAsync(reader, ProtocolJson.Default.PushMetadata, cancel));

    /// <summary>The same answer with other JSON: all of it, or where it has records its metadata.</summary>
    public Answer WithJson(Action<JsonNode> alter)
    {
        JsonNode json = Json()!;
        alter(json);
        byte[] text = Encoding.UTF8.GetBytes(json.ToJsonString());
        return this with { Body = HasRecords ? Frame.First(Body).Replaced(Body, text) : text };
    }

    /// <summary>Its JSON: all of it, or where it has records its metadata.</summary>
    public JsonNode? Json() => JsonNode.Parse(HasRecords ? Frame.First(Body).Content(Body) : Body);

    public bool HasRecords => Body.AsSpan().StartsWith(RecordMessage.Magic);

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        if (ContentType is not null)
            context.Response.ContentType = ContentType;
        foreach ((string name, string value) in Headers)
            context.Response.Headers[name] = value;
        try
        {
            if (Write is not null)
                await Write(context);
            else if (Body.Length > 0)
                await context.Response.Body.WriteAsync(Body, context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client had enough.
        }
    }
}

/// <summary>Ways to lie about one thing and be honest about the rest.</summary>
internal static class Lies
{
    /// <summary>Lies about one part of the API.</summary>
    public static Lie About(string part, Lie lie) => async exchange => exchange.Is(part) ? await lie(exchange) : await exchange.HonestAsync();

    /// <summary>Alters every honest page of changes.</summary>
    public static Lie Page(Func<ChangePage, ChangePage> alter) => About(Routes.Changes, async exchange =>
        (await exchange.HonestAsync()) is { Status: 200 } honest ? honest.With(alter) : await exchange.HonestAsync());

    /// <summary>Alters where the vault stands.</summary>
    public static Lie Head(Func<VaultHead, VaultHead> alter) => Page(page => page with { Head = page.Head is null ? null : alter(page.Head) });

    /// <summary>Alters the changes that fit a description; at least one has to.</summary>
    public static Lie Changes(Func<RecordChange, bool> which, Func<RecordChange, RecordChange?> alter) => Page(page =>
    {
        Assert.Contains(page.Changes, change => which(change));
        return page with { Changes = [.. page.Changes.Select(change => which(change) ? alter(change) : change).OfType<RecordChange>()] };
    });

    /// <summary>Adds changes to what the honest server says.</summary>
    public static Lie Adding(params RecordChange[] invented) => Page(page => page with { Changes = [.. page.Changes, .. invented] });

    /// <summary>Honest answers in small pages, with tokens of its own: so that a little data takes many requests.</summary>
    public static Lie InPagesOf(int records) => About(Routes.Changes, async exchange =>
    {
        string[] parts = exchange.Path.Split("&page=");
        int from = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        return (await exchange.HonestAsync(parts[0])).With(page => page.Changes.Count <= from + records
            ? page with { Changes = [.. page.Changes.Skip(from)] }
            : new ChangePage([.. page.Changes.Skip(from).Take(records)], $"{from + records}", null));
    });

    /// <summary>An answer of which only some bytes come before the connection breaks.</summary>
    public static Answer CutAfter(this Answer answer, int bytes) => answer with
    {
        Write = async context =>
        {
            context.Response.ContentLength = answer.Body.Length;
            await context.Response.Body.WriteAsync(answer.Body.AsMemory(0, Math.Min(bytes, answer.Body.Length - 1)));
            await context.Response.Body.FlushAsync();
            context.Abort();
        },
    };

    /// <summary>Nothing more is heard of it until the client gives up.</summary>
    public static Answer Never => new(200, "application/json", [])
    {
        Write = async context =>
        {
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        },
    };
}
