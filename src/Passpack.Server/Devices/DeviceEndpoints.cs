using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;
using Passpack.Server.Sync;

namespace Passpack.Server.Devices;

/// <summary>The devices of the token's account.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Devices, List)
            .Describe("Devices", "ListDevices", "The devices of the account that were ever woken, the oldest first.")
            .Answers<DeviceList>()
            .NeedsDeviceToken().WorksWithoutSecondFactor().TakesKeyFileMachines()
            .WithMetadata(Transfer.Answer);

        routes.MapPost(Routes.Wake, Wake)
            .Describe("Devices", "WakeDevice", "Replaces the token that asks by one of the client's, which may be used for everything; needs a signature.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .NeedsDeviceToken(mayAsleep: true).WorksWithoutSecondFactor().TakesKeyFileMachines();

        routes.MapPost(Routes.Devices + "/{id:guid}/removal", Revoke)
            .Describe("Devices", "RevokeDevice", "Revokes the tokens of a device, the asking one included; needs a signature. One that is not there is revoked already.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .NeedsDeviceToken().WorksWithoutSecondFactor().TakesKeyFileMachines();
    }

    private static async Task<IResult> List(CurrentDevice current, IServerStore store, CancellationToken cancel)
    {
        IReadOnlyList<StoredDevice> devices = await store.ListDevicesAsync(current.Account, cancel);
        return Results.Ok(new DeviceList([.. devices.Select(device =>
            new DeviceSummary(device.Id, device.Name, device.Created, device.LastSeen, device.Id == current.Told, device.Asleep)
            {
                KeyFile = device.IsKeyFile, Machines = device.Machines,
            })]));
    }

    private static async Task<IResult> Wake(
        JsonBody<WakeRequest> body, CurrentDevice current, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        WakeRequest request = body.Value;
        string? fault = RequestRules.Length("tokenHash", request.TokenHash, RecordMessage.DigestBytes) ?? RequestRules.Statement(request.Head, request.Signature);
        if (fault is not null)
            return Problems.Invalid(fault);
        // The answer to the first request may have been lost: then the new token asks. One that was never woken is no new one.
        if (current.Session.State != TokenState.NeverWoken && request.TokenHash.AsSpan().SequenceEqual(current.Session.TokenHash))
            return Results.NoContent();
        if (await AccountState.ReadAsync(store, current, cancel) is not { } state)
            return Problems.DeviceRevoked();
        byte[] statement = Statements.Wake(state.Vault, request.Head, current.Id, request.TokenHash);
        return state.FindForgery(SignaturePurpose.Wake, statement, request.Signature)
            ?? state.Answered(await store.WakeDeviceAsync(
                current.Session, request.TokenHash, request.Head, current.Act(client, time.GetUtcNow()), cancel));
    }

    private static async Task<IResult> Revoke(
        Guid id, JsonBody<RemoveDeviceRequest> body, CurrentDevice current, IServerStore store, TimeProvider time, ClientAddress client,
        CancellationToken cancel)
    {
        RemoveDeviceRequest request = body.Value;
        if (current.Session.KeyFile is not null && id != current.Id)
            return Problems.NotForKeyFiles();
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, current, SignaturePurpose.DeviceRemoval, request.Head,
            request.Signature, vault => Statements.DeviceRemoval(vault, request.Head, id), cancel);
        if (state is null)
            return refused!;
        ChangeOutcome outcome = await store.RemoveDeviceAsync(current.Account, id, request.Head, current.Act(client, time.GetUtcNow()), cancel);
        return outcome == ChangeOutcome.NotThere ? Results.NoContent() : state.Answered(outcome);
    }
}
