using Passpack.Server.Api;
using Passpack.Server.Storage;

namespace Passpack.Server.Devices;

/// <summary>Marks endpoints that require a device token.</summary>
internal sealed class DeviceTokenRequired;

/// <summary>Finds the device of each request that needs one, before anything of the request's body is read.</summary>
internal static class DeviceAuthentication
{
    /// <summary>How old "last seen" must be to be written again: a sync without changes should write nothing.</summary>
    public static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(5);

    public static void UseDeviceTokens(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<DeviceTokenRequired>() is null)
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

        DateTimeOffset now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        if ((now - session.LastSeen).Duration() > SeenEvery)
            await NoteSeenAsync(store, session, now, context.RequestAborted);
        context.Features.Set(new CurrentDevice(session));
        await next(context);
    });

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

    public static RouteHandlerBuilder NeedsDeviceToken(this RouteHandlerBuilder route) =>
        route.WithMetadata(new DeviceTokenRequired()).TakesBodyUpTo(EndpointConventions.SmallBody).Refuses(StatusCodes.Status401Unauthorized);
}
