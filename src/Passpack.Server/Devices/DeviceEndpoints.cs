using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Storage;
using Passpack.Server.Sync;

namespace Passpack.Server.Devices;

/// <summary>The devices of the token's account.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Devices, List)
            .Describe("Devices", "ListDevices", "The devices of the account, the oldest first.")
            .Answers<DeviceList>()
            .NeedsDeviceToken()
            .WithMetadata(Transfer.Answer);

        routes.MapDelete(Routes.Devices + "/{id:guid}", Revoke)
            .Describe("Devices", "RevokeDevice", "Revokes the token of a device, the asking one included.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status404NotFound)
            .NeedsDeviceToken();
    }

    private static async Task<IResult> List(CurrentDevice current, IServerStore store, CancellationToken cancel)
    {
        IReadOnlyList<StoredDevice> devices = await store.ListDevicesAsync(current.Account, cancel);
        return Results.Ok(new DeviceList([.. devices.Select(device =>
            new DeviceSummary(device.Id, device.Name, device.Created, device.LastSeen, device.Id == current.Id))]));
    }

    private static async Task<IResult> Revoke(Guid id, CurrentDevice current, IServerStore store, CancellationToken cancel) =>
        await store.RemoveDeviceAsync(current.Account, id, cancel) ? Results.NoContent() : Problems.NotFound("The account has no such device.");
}
