using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Storage;
using Passpack.Server.Sync;

namespace Passpack.Server.Events;

/// <summary>The log of the token's account.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder routes) => routes.MapGet(Routes.Events, Read)
        .Describe("Events", "ReadEvents", "What happened to the account, after the event with a number, page by page. Each event's hash names the one before it; "
            + "events are kept for 400 days, addresses for 30.")
        .Answers<EventPage>()
        .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status422UnprocessableEntity)
        .NeedsDeviceToken().TakesKeyFileMachines().WorksWithoutSecondFactor()
        .WithMetadata(Transfer.Answer);

    private static async Task<IResult> Read(
        CurrentDevice device, IServerStore store, TimeProvider time, CancellationToken cancel, long after = 0)
    {
        if (after < 0)
            return Problems.Invalid("after is not negative.");
        return await store.ReadEventsAsync(device.Account, after, time.GetUtcNow(), cancel) is { } page ? Results.Ok(page) : Problems.DeviceRevoked();
    }
}
