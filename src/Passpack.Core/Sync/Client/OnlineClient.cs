using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Passpack.Protocol;
using Passpack.Vault.Files;
using Polly;

namespace Passpack.Sync.Client;

/// <summary>
/// Talks to one server and trusts nothing that comes back: no redirects, bounded answers, time limits, JSON only. The server's errors are passed on
/// in this product's words, with the server's address.
/// </summary>
internal sealed class OnlineClient : IDisposable
{
    private const int MostObjects = 10 * Limits.RecordsPerBatch;

    private static readonly HashSet<string> s_passedOn =
    [
        ErrorCodes.PasswordRejected, ErrorCodes.AccountExists, ErrorCodes.AccountLockedOut, ErrorCodes.DeviceRevoked, ErrorCodes.RateLimited,
        ErrorCodes.QuotaExceeded, ErrorCodes.RecordTooLarge,
    ];

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
        _authorization = new AuthenticationHeaderValue("Bearer", Convert.ToBase64String(deviceToken).TrimEnd('=').Replace('+', '-').Replace('/', '_'));

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, answer, repeatable: true, cancellationToken);

    /// <summary>Sends a message once, without retries: the server must not act on it twice.</summary>
    public Task<TAnswer> PostAsync<TRequest, TAnswer>(
        string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, JsonSerializer.SerializeToUtf8Bytes(request, requestType), answer, repeatable: false, cancellationToken);

    /// <summary>Sends a message once. Its answer has no body.</summary>
    public Task SendAsync(HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken) =>
        SendAsync<Problem>(method, path, body, null, repeatable: false, cancellationToken);

    /// <summary>Sends exact bytes.</summary>
    /// <param name="method">How.</param>
    /// <param name="path">Where to.</param>
    /// <param name="body">What.</param>
    /// <param name="answer">The type of the answer. Null if no answer is wanted.</param>
    /// <param name="repeatable">
    /// Whether the request may be sent again: reads change nothing, and the server answers a repeated push as it did the first time.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer. The default value if no answer is wanted.</returns>
    public async Task<T> SendAsync<T>(
        HttpMethod method, string path, byte[]? body, JsonTypeInfo<T>? answer, bool repeatable, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using HttpResponseMessage response = repeatable
                ? await SendRepeatedlyAsync(method, path, body, limit).ConfigureAwait(false)
                : await SendOnceAsync(method, path, body, limit).ConfigureAwait(false);
            byte[] content = await ReadAsync(response, limit.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw Refusal(response, content, body);
            return answer is null ? default! : Read(content, answer) ?? throw NotPasspack("its answer is empty");
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

    /// <summary>Whether an error answer may come from the server itself, not from a proxy.</summary>
    public static bool HasProblem(HttpResponseMessage answer) => answer.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json";

    /// <summary>The error for an answer that could be parsed but contradicts the protocol.</summary>
    public PasspackException NotPasspack(string how, Exception? inner = null) =>
        new(ErrorCodes.ServerRefused, $"{Server} does not answer like a Passpack server: {how}. Check the address. The local account was not changed.", inner) { Target = Server };

    private async Task<HttpResponseMessage> SendRepeatedlyAsync(HttpMethod method, string path, byte[]? body, CancellationTokenSource limit)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(limit.Token);
        context.Properties.Set(Retries.Key, new Retries(this, _timeouts, limit));
        try
        {
            return await Retries.PipelineOf(_timeouts.Clock).ExecuteAsync(async _ => await SendOnceAsync(method, path, body, limit).ConfigureAwait(false), context).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, string path, byte[]? body, CancellationTokenSource limit)
    {
        using var request = new HttpRequestMessage(method, path.TrimStart('/'));
        request.Headers.Authorization = _authorization;
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            BytesSent += body.Length;
        }
        Requests++;
        limit.CancelAfter(_timeouts.Request);
        Failpoints.Hit("before a request");
        HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        Failpoints.Hit("answered");
        HasAnswered = true;
        return answer;
    }

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream((int)Math.Clamp(response.Content.Headers.ContentLength ?? 0, 0, Limits.MessageBytes));
        using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
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

    private PasspackException Refusal(HttpResponseMessage response, byte[] content, byte[]? sent)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
            return NotPasspack($"it redirects (HTTP {status}), which is not followed");
        Problem? problem = null;
        if (HasProblem(response))
            problem = Read(content, ProtocolJson.Default.Problem);
        if (problem?.Code is not { } code)
            return ForeignRefusal(response, sent);
        code = PrintableText.Of(code, 40);
        string told = Told(problem);
        string message = code switch
        {
            ErrorCodes.PasswordRejected => $"{Server} rejected User ID and Password. The Password is case-sensitive. Nothing was changed.",
            ErrorCodes.DeviceRevoked => $"{Server} no longer accepts this machine: its token was revoked, or the Password was changed. Connect it again with Connect-PasspackAccount.",
            ErrorCodes.AccountExists => $"{Server} already has an account with this User ID. If it is yours, use Connect-PasspackAccount.",
            ErrorCodes.AccountLockedOut or ErrorCodes.RateLimited when Retries.AskedFor(response, _timeouts.Clock) is TimeSpan wait =>
                $"{Server} has had too many {(code == ErrorCodes.AccountLockedOut ? "failed logins" : "requests")}, and asks to wait {PatienceText(wait)} before the next attempt.",
            // The one thing that a server forbids by this code. Whoever comes with a second machine learns the way on.
            ErrorCodes.ServerRefused when status is 403 =>
                $"{Server} refused (HTTP {status}): {told} If the account is there already, Connect-PasspackAccount sets this machine up with it.",
            ErrorCodes.NotFound when status is 404 => $"{Server} refused (HTTP {status}, {code}): {told} Check the address.",
            ErrorCodes.QuotaExceeded => $"{Server} has no room for this: {told} Delete entries online, or ask who runs the server.",
            _ => $"{Server} refused (HTTP {status}, {code}): {told}",
        };
        return new PasspackException(s_passedOn.Contains(code) ? code : ErrorCodes.ServerRefused, message)
        {
            Target = Server,
            ServerCode = code,
            IsDefinite = status is 400 or 409 or 413 or 415 or 422 or 507,
            IsTooLarge = status is 413 && code != ErrorCodes.RecordTooLarge,
        };
    }

    // An answer that does not follow the protocol comes from a proxy in front of the server: the proxy cannot reach the server, or has limits of its
    // own.
    private PasspackException ForeignRefusal(HttpResponseMessage response, byte[]? sent)
    {
        string answered = $"HTTP {(int)response.StatusCode} {PrintableText.Of(response.Content.Headers.ContentType?.MediaType ?? "", 80)}".TrimEnd();
        return response.StatusCode switch
        {
            >= HttpStatusCode.InternalServerError => ConnectionErrors.Unreachable(Server, $"what stands in front of it answers {answered}", null),
            HttpStatusCode.TooManyRequests => new(ErrorCodes.RateLimited, $"{Server}, or what stands in front of it, has had too many requests ({answered}) and asks to wait " +
                $"{(Retries.AskedFor(response, _timeouts.Clock) is TimeSpan wait ? PatienceText(wait) : "a while")} before the next attempt. The local account was not changed.") { Target = Server },
            HttpStatusCode.RequestEntityTooLarge => new(ErrorCodes.RecordTooLarge, $"What stands in front of {Server} takes no request of {sent?.Length ?? 0:N0} bytes ({answered}). " +
                $"Ask who runs the server to let requests of {Limits.MessageBytes >> 20} MiB through (nginx: client_max_body_size {Limits.MessageBytes >> 20}m).")
            { Target = Server, IsDefinite = true, IsTooLarge = true },
            _ => NotPasspack($"it answers {answered}"),
        };
    }

    private static string PatienceText(TimeSpan wait) => wait.TotalSeconds < 60
        ? $"{Math.Ceiling(wait.TotalSeconds)} seconds"
        : Math.Ceiling(wait.TotalMinutes) is 1 ? "a minute" : $"{Math.Ceiling(wait.TotalMinutes):N0} minutes";

    // The server's own text: it may be hostile, so it is cut to one short line.
    private static string Told(Problem problem) => PrintableText.Of($"{problem.Title} {problem.Detail}".Trim(), 300);
}
