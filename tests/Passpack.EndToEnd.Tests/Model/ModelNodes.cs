using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Passpack.Tests.Postgres;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>Two nodes over one database of PostgreSQL. Every other request that comes to the first is answered by the second.</summary>
public sealed class ModelNodes : ModelServer
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"passpack-model-second-{Guid.NewGuid():N}");
    private readonly HttpClient _http = new();
    private WebApplication? _second;
    private string _database = "";
    private Uri _secondAddress = null!;
    private int _requests;

    private protected override string[] Options => ["--database", _database];

    public override async ValueTask InitializeAsync()
    {
        // What skips a test here would fail it: the test says it itself.
        if (PostgresCluster.Missing is not null)
            return;
        _database = await PostgresCluster.NewDatabaseAsync();
        await base.InitializeAsync();
        _second = await StartAsync(_folder);
        _secondAddress = new Uri(_second.Urls.Single() + "/");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_second is not null)
        {
            await _second.DisposeAsync();
            await PostgresCluster.DropAsync(_database);
            // A node over PostgreSQL keeps nothing in its folder, but may make it.
            if (Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
        }
        _http.Dispose();
    }

    private protected override async Task HandleAsync(HttpContext context, RequestDelegate honest)
    {
        if (_second is null || context.Request.Host.Port == _secondAddress.Port || Interlocked.Increment(ref _requests) % 2 == 0)
        {
            await honest(context);
            return;
        }
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_secondAddress, context.Request.Path + context.Request.QueryString));
        if (context.Request.ContentLength is > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in context.Request.Headers)
        {
            if (name is not ("Host" or "Connection") && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value);
        }
        using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach ((string name, IEnumerable<string> value) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Connection"))
                context.Response.Headers[name] = value.ToArray();
        }
        await answer.Content.CopyToAsync(context.Response.Body);
    }
}
