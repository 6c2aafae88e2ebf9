using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Files;
using Polly;

namespace Passpack.Sync.Client;

/// <summary>
/// Talks to one server and trusts nothing that comes back: no redirects, bounded answers, time limits, JSON and records only. The server's errors are
/// passed on in this product's words, with the server's address.
/// </summary>
internal sealed partial class OnlineClient : IDisposable
{
    private const int MostObjects = 10 * Limits.RecordsPerBatch;

    private readonly SyncTimeouts _timeouts;
    private readonly HttpClient _http;
    private readonly PinnedCertificate.Check? _certificate;
    private AuthenticationHeaderValue? _authorization;

    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.InsecureTransport"/>, <see cref="ErrorCodes.ServerUnreachable"/>: the text is not a server's address.
    /// </exception>
    /// <exception cref="ArgumentException">A certificate is demanded of an address that shows none.</exception>
    public OnlineClient(OnlineServer server, SyncTimeouts? timeouts = null)
    {
        Server = ServerAddress.Require(server.Address);
        Certificate = server.Certificate;
        _certificate = PinnedCertificate.Check.Of(Server, Certificate);
        _timeouts = timeouts ?? SyncTimeouts.Default;
        SocketsHttpHandler? shared = _certificate is null ? _timeouts.Connections : null;
        _http = new HttpClient(shared ?? NewConnections(Server, _certificate), disposeHandler: shared is null)
        {
            BaseAddress = Server,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("Passpack/7");
    }

    // No proxy for plain HTTP to this machine: a proxy (the environment may name one) would see every proof and token in clear.
    internal static SocketsHttpHandler NewConnections(Uri server, PinnedCertificate.Check? certificate = null)
    {
        var connections = new SocketsHttpHandler
        {
            UseProxy = !server.IsLoopback,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            MaxResponseHeadersLength = 32,
        };
        certificate?.Apply(connections.SslOptions);
        return connections;
    }

    public Uri Server { get; }

    /// <summary>The one that the server has to show; null: one that a certificate authority vouches for.</summary>
    public PinnedCertificate? Certificate { get; }

    public int Requests { get; private set; }

    public long BytesSent { get; private set; }

    public long BytesReceived { get; private set; }

    /// <summary>Whether the server, or a proxy in front of it, has answered any request so far.</summary>
    public bool HasAnswered { get; private set; }

    public void Authenticate(ReadOnlySpan<byte> deviceToken) =>
        _authorization = new AuthenticationHeaderValue("Bearer", Base64Text.EncodeUrl(deviceToken));

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, Json(answer), repeatable: true, cancellationToken);

    /// <summary>Reads an answer with records.</summary>
    public Task<T> GetAsync<T>(string path, ReadRecords<T> answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, Records(answer), repeatable: true, cancellationToken);

    /// <summary>Sends a message once, without retries: the server must not act on it twice.</summary>
    public Task<TAnswer> PostAsync<TRequest, TAnswer>(
        string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, Body.Json(request, requestType), Json(answer), repeatable: false, cancellationToken);

    /// <summary>Sends a message once, for an answer with records.</summary>
    public Task<TAnswer> PostAsync<TRequest, TAnswer>(
        string path, TRequest request, JsonTypeInfo<TRequest> requestType, ReadRecords<TAnswer> answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, Body.Json(request, requestType), Records(answer), repeatable: false, cancellationToken);

    /// <summary>Sends the exact bytes of a push, if need be again: the server answers a repeated push as it did the first time.</summary>
    public Task<PushAnswer> PushAsync(string path, byte[] push, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, new Body(push, RecordMessage.MediaType), Json(ProtocolJson.Default.PushAnswer), repeatable: true, cancellationToken);

    /// <summary>Sends JSON, or nothing. Its answer has no body.</summary>
    /// <param name="method">How.</param>
    /// <param name="path">Where to.</param>
    /// <param name="json">What.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="repeatable">Whether the request may be sent again: the server answers a repeat as it did the first time.</param>
    public Task SendAsync(HttpMethod method, string path, byte[]? json, CancellationToken cancellationToken, bool repeatable = false) =>
        SendAsync(method, path, json is null ? null : new Body(json, "application/json"), ReadNothingAsync, repeatable, cancellationToken);

    private async Task<T> SendAsync<T>(
        HttpMethod method, string path, Body? body, Func<HttpContent, CancellationToken, Task<T>> answer, bool repeatable, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using HttpResponseMessage response = repeatable
                ? await SendRepeatedlyAsync(method, path, body, limit).ConfigureAwait(false)
                : await SendOnceAsync(method, path, body, limit).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw Refusal(response, await ReadAsync(response.Content, limit.Token).ConfigureAwait(false), body);
            return await answer(response.Content, limit.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw _certificate?.Mismatch(e) ?? ConnectionErrors.Of(Server, e);
        }
        catch (IOException e)
        {
            throw ConnectionErrors.Unreachable(Server, "the connection broke", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw ConnectionErrors.Unreachable(Server, $"it did not answer within {_timeouts.Request.TotalSeconds} seconds", e);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The error for an answer that could be parsed but contradicts the protocol.</summary>
    public PasspackException NotPasspack(string how, Exception? inner = null) =>
        new(ErrorCodes.ServerRefused, $"{Server} does not answer like a Passpack server: {how}. Check the address. " +
            "The local account was not changed.", inner) { Target = Server };

    private async Task<HttpResponseMessage> SendRepeatedlyAsync(HttpMethod method, string path, Body? body, CancellationTokenSource limit)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(limit.Token);
        context.Properties.Set(Retries.Key, new Retries(this, _timeouts, limit));
        try
        {
            return await Retries.PipelineOf(_timeouts.Clock).ExecuteAsync(async _ => await SendOnceAsync(method, path, body, limit).ConfigureAwait(false),
                context).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, string path, Body? body, CancellationTokenSource limit)
    {
        using var request = new HttpRequestMessage(method, path.TrimStart('/'));
        request.Headers.Authorization = _authorization;
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body.Bytes);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(body.MediaType);
            BytesSent += body.Bytes.Length;
        }
        Requests++;
        limit.CancelAfter(_timeouts.Request);
        Failpoints.Hit("before a request");
        HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        Failpoints.Hit("answered");
        HasAnswered = true;
        return answer;
    }

    private Func<HttpContent, CancellationToken, Task<T>> Json<T>(JsonTypeInfo<T> type) => async (answer, cancellationToken) =>
        Read(await ReadAsync(answer, cancellationToken).ConfigureAwait(false), type) ?? throw NotPasspack("its answer is empty");

    private Func<HttpContent, CancellationToken, Task<T>> Records<T>(ReadRecords<T> read) => async (answer, cancellationToken) =>
    {
        using Stream stream = await answer.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var reader = new RecordReader(stream, Math.Min(answer.Headers.ContentLength ?? long.MaxValue, Limits.MessageBytes));
        try
        {
            return await read(reader, cancellationToken).ConfigureAwait(false);
        }
        catch (RecordFormatException e)
        {
            throw NotPasspack($"its answer {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw NotPasspack("the metadata of its answer is no JSON of this protocol", e);
        }
        finally
        {
            BytesReceived += reader.BytesRead;
        }
    };

    private async Task<bool> ReadNothingAsync(HttpContent answer, CancellationToken cancellationToken)
    {
        await ReadAsync(answer, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task<byte[]> ReadAsync(HttpContent answer, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream((int)Math.Clamp(answer.Headers.ContentLength ?? 0, 0, Limits.MessageBytes));
        using Stream stream = await answer.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[81920];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (content.Length + read > Limits.MessageBytes)
                throw NotPasspack($"its answer is larger than {Limits.MessageBytes >> 20} MiB");
            content.Write(buffer, 0, read);
        }
        BytesReceived += content.Length;
        return content.ToArray();
    }

    private T? Read<T>(byte[] content, JsonTypeInfo<T> type)
    {
        // An answer has room for four million empty objects; in memory they would take a hundred times its size.
        if (content.AsSpan().Count((byte)'{') > MostObjects)
            throw NotPasspack($"its answer has more than {MostObjects:N0} objects");
        try
        {
            return JsonSerializer.Deserialize(content, type);
        }
        catch (JsonException e)
        {
            throw NotPasspack("its answer is no JSON of this protocol", e);
        }
    }

    private sealed record Body(byte[] Bytes, string MediaType)
    {
        public static Body Json<T>(T message, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToUtf8Bytes(message, type), "application/json");
    }
}

/// <summary>Reads a message with records.</summary>
internal delegate Task<T> ReadRecords<T>(RecordReader reader, CancellationToken cancellationToken);
