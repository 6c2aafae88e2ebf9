using Microsoft.AspNetCore.Mvc;
using Passpack.Protocol;

namespace Passpack.Server.Api;

/// <summary>What endpoints say about themselves; the OpenAPI document is made of it.</summary>
internal static class EndpointConventions
{
    /// <summary>Bytes of every body but a push's: nobody who is not logged in may make the server read much.</summary>
    public const int SmallBody = 256 << 10;

    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string tag, string name, string summary) =>
        route.WithTags(tag).WithName(name).WithSummary(summary).TakesBodyUpTo(SmallBody)
            .Refuses(StatusCodes.Status429TooManyRequests, StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable);

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status = StatusCodes.Status200OK) =>
        route.Produces<T>(status, "application/json");

    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder route, int status) => route.Produces(status);

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in statuses)
            route.Produces<Problem>(status, Problems.MediaType);
        return route;
    }

    /// <summary>Bounds the body; the last call holds.</summary>
    public static RouteHandlerBuilder TakesBodyUpTo(this RouteHandlerBuilder route, int bytes) =>
        route.WithMetadata(new RequestSizeLimitAttribute(bytes));
}
