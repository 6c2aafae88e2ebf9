using Passpack.Server.Api;
using Passpack.Server.Storage;

namespace Passpack.Server.Devices;

/// <summary>Marks endpoints that require a device token.</summary>
/// <param name="MayAsleep">Whether it may sleep.</param>
internal sealed record DeviceTokenRequired(bool MayAsleep);

/// <summary>
/// Marks endpoints by which an account that has to have a second factor, and has none, gets one: they are all that its tokens are taken for.
/// </summary>
internal sealed record LeadsToSecondFactor;

/// <summary>Marks endpoints that machines take which a key file connected: what a sync needs, so that who steals the file cannot keep the owner out.</summary>
internal sealed record TakesKeyFileMachines;

/// <summary>Marks endpoints that take the token of a key file.</summary>
internal sealed record TakesKeyFiles;

/// <summary>Finds the device of each request that needs one, before anything of the request's body is read.</summary>
internal static class DeviceAuthentication
{
    /// <summary>How old "last seen" must be to be written again: a sync without changes should write nothing.</summary>
    public static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(5);

    public static void UseDeviceTokens(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<DeviceTokenRequired>() is not { } required)
        {
            await next(context);
            return;
        }

        IServerStore store = context.RequestServices.GetRequiredService<IServerStore>();
        DeviceToken? token = DeviceToken.FromHeader(context.Request.Headers.Authorization);
        DeviceSession? session = token is null ? null : await store.FindDeviceAsync(token.Hash, context.RequestAborted);
        if (session is null)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Problems.DeviceRevoked().ExecuteAsync(context);
            return;
        }

        if (session.Disabled)
        {
            await Problems.AccountDisabled().ExecuteAsync(context);
            return;
        }

        if (session.LacksSecondFactor && context.GetEndpoint()!.Metadata.GetMetadata<LeadsToSecondFactor>() is null)
        {
            await Problems.SecondFactorDemanded().ExecuteAsync(context);
            return;
        }

        if (session.KeyFile is not null && !Takes(context.GetEndpoint()!, session))
        {
            await Problems.NotForKeyFiles().ExecuteAsync(context);
            return;
        }

        if (session.State is not (TokenState.Awake or TokenState.KeyFile) && !required.MayAsleep)
        {
            await (session.State == TokenState.KeysReplaced ? Problems.KeysReplaced() : Problems.NeverWoken()).ExecuteAsync(context);
            return;
        }

        DateTimeOffset now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        if (session.State != TokenState.NeverWoken && (now - session.LastSeen).Duration() > SeenEvery)
            await NoteSeenAsync(store, session, now, context.RequestAborted);
        context.Features.Set(new CurrentDevice(session));
        await next(context);
    });

    private static bool Takes(Endpoint endpoint, DeviceSession session) => session.State == TokenState.KeyFile
        ? endpoint.Metadata.GetMetadata<TakesKeyFiles>() is not null
        : endpoint.Metadata.GetMetadata<TakesKeyFileMachines>() is not null;

    private static async Task NoteSeenAsync(IServerStore store, DeviceSession session, DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            await store.NoteDeviceSeenAsync(session, now, cancel);
        }
        catch (StoreException)
        {
            // A full disk must not prevent reading. A request that has to write meets the same error and reports it.
        }
    }

    /// <summary>Requires a device token.</summary>
    /// <param name="route">The route.</param>
    /// <param name="mayAsleep">Whether the token may sleep.</param>
    public static RouteHandlerBuilder NeedsDeviceToken(this RouteHandlerBuilder route, bool mayAsleep = false) =>
        route.WithMetadata(new DeviceTokenRequired(mayAsleep)).TakesBodyUpTo(EndpointConventions.SmallBody)
            .Refuses(StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden);

    /// <summary>Takes machines that a key file connected.</summary>
    public static RouteHandlerBuilder TakesKeyFileMachines(this RouteHandlerBuilder route) => route.WithMetadata(new TakesKeyFileMachines());

    /// <summary>Takes the token of a key file.</summary>
    public static RouteHandlerBuilder TakesKeyFiles(this RouteHandlerBuilder route) => route.WithMetadata(new TakesKeyFiles());

    /// <summary>Takes tokens of accounts that have to have a second factor, and have none yet.</summary>
    public static RouteHandlerBuilder WorksWithoutSecondFactor(this RouteHandlerBuilder route) => route.WithMetadata(new LeadsToSecondFactor());
}
