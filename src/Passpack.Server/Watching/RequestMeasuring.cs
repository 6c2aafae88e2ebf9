using System.Diagnostics;
using System.Globalization;

namespace Passpack.Server.Watching;

/// <summary>Counts requests, and makes a span of each. A path is told by its template alone, because ids are in it.</summary>
internal static class RequestMeasuring
{
    /// <summary>Of requests that no route takes; their paths are whatever strangers write.</summary>
    private const string NoRoute = "none";

    /// <summary>Comes first, around everything.</summary>
    public static void UseRequestMeasuring(this WebApplication app)
    {
        ServerMetrics metrics = app.Services.GetRequiredService<ServerMetrics>();
        app.Use(async (context, next) =>
        {
            string route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? NoRoute;
            string method = MethodOf(context.Request);
            // Below nothing: neither the framework's own span, which knows the path, nor one that a stranger names in a header.
            Activity.Current = null;
            using Activity? span = ServerMetrics.Spans.StartActivity($"{method} {route}", ActivityKind.Server);
            long start = Stopwatch.GetTimestamp();
            try
            {
                await next(context);
            }
            finally
            {
                int status = context.Response.StatusCode;
                bool aborted = context.RequestAborted.IsCancellationRequested;
                metrics.NoteRequest(route, method, aborted ? "aborted" : string.Create(CultureInfo.InvariantCulture, $"{status / 100}xx"), Stopwatch.GetElapsedTime(start));
                if (status == StatusCodes.Status429TooManyRequests)
                    metrics.NoteLimited();
                span?.SetTag("http.route", route).SetTag("http.request.method", method).SetTag("http.response.status_code", status);
                if (aborted || status >= 500)
                    span?.SetStatus(ActivityStatusCode.Error);
            }
        });
    }

    // Anything can be sent as a method.
    private static string MethodOf(HttpRequest request) =>
        request.Method is "GET" or "POST" or "PUT" or "DELETE" or "HEAD" or "PATCH" or "OPTIONS" ? request.Method : "_OTHER";
}
