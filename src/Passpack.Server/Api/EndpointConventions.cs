using Microsoft.AspNetCore.Mvc;
using Passpack.Protocol;

namespace Passpack.Server.Api;

/// <summary>The metadata of endpoints, from which the OpenAPI document is made.</summary>
internal static class EndpointConventions
{
    /// <summary>The most bytes of a body without a device token. The largest, a registration of an account of 50 epochs, has about 14,000.</summary>
    public const int AnonymousBody = 16 << 10;

    /// <summary>
    /// The most bytes of a body with a device token, except pushes. The largest, a request for 500 records by id, has about 30,000.
    /// </summary>
    public const int SmallBody = 48 << 10;

    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string tag, string name, string summary) =>
        route.WithTags(tag).WithName(name).WithSummary(summary).TakesBodyUpTo(AnonymousBody)
            .Refuses(StatusCodes.Status429TooManyRequests, StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable);

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status = StatusCodes.Status200OK) =>
        route.Produces<T>(status, "application/json");

    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder route, int status) => route.Produces(status);

    /// <summary>Answers with a <see cref="RecordMessage"/>.</summary>
    /// <param name="route">The route.</param>
    /// <param name="kind">Of its records' frames.</param>
    public static RouteHandlerBuilder AnswersRecords<TMetadata>(this RouteHandlerBuilder route, string kind) =>
        route.Produces<Stream>(StatusCodes.Status200OK, RecordMessage.MediaType).WithMetadata(new RecordLayout(typeof(TMetadata), kind));

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in statuses)
            route.Produces<Problem>(status, Problems.MediaType);
        return route;
    }

    /// <summary>Limits the body; the last call counts.</summary>
    public static RouteHandlerBuilder TakesBodyUpTo(this RouteHandlerBuilder route, int bytes) =>
        route.WithMetadata(new RequestSizeLimitAttribute(bytes));
}
