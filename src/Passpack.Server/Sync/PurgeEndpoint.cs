using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Sharing;
using Passpack.Server.Storage;

namespace Passpack.Server.Sync;

/// <summary>Forgets earlier versions that are sealed under old keys.</summary>
internal static class PurgeEndpoint
{
    public static void MapPurge(this IEndpointRouteBuilder routes) => routes.MapPost(VaultEndpoints.Of(Routes.Purge), Purge)
        .Describe("Sync", "Purge", "Removes the earlier versions under epochs before one; needs a signature. Newest states and manifests stay.")
        .Answers<PurgeAnswer>()
        .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict)
        .NeedsDeviceToken();

    private static async Task<IResult> Purge(
        Guid vaultId, JsonBody<PurgeRequest> body, CurrentDevice device, IServerStore store, SharedLogs logs, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        PurgeRequest request = body.Value;
        if (RequestRules.Statement(request.Head, request.Signature) is { } fault)
            return Problems.Invalid(fault);
        if (await AccountState.ReadAsync(store, device, cancel) is not { } state)
            return Problems.DeviceRevoked();
        VaultKey vault = device.Vault(vaultId);
        int newest = state.Keys.Epoch;
        if (vaultId != state.Vault)
        {
            (SharedPlace? place, IResult? noMember) = await SharedAccess.FindMemberAsync(store, device, vaultId, cancel);
            if (place is null)
                return noMember!;
            LogState log = (await logs.LoadAsync(vaultId, place.Heads.Log, cancel)).State;
            if (log.RoleOf(place.Key.As!.Identity) != VaultRole.Owner)
                return SharingProblems.NotPermitted("Owners remove earlier versions.");
            (vault, newest) = (place.Key, log.Epoch);
        }

        if (state.FindForgery(SignaturePurpose.Purge, Statements.Purge(vaultId, request.Head, request.Epoch), request.Signature) is { } forgery)
            return forgery;
        if (request.Epoch < 1 || request.Epoch > newest)
            return Problems.Invalid($"epoch is from 1 to {newest}, the one in force.");
        Act act = device.Act(client, time.GetUtcNow());
        PurgePart? part = await store.PurgeAsync(vault, request.Epoch, request.Head, null, act, cancel);
        if (part is null)
            return Problems.HeadMoved();
        long removed = part.Removed;
        // Once begun it goes on, whatever is pushed meanwhile, and ends where the account was removed.
        while (part?.End is { } end)
        {
            part = await store.PurgeAsync(vault, request.Epoch, null, end, act, CancellationToken.None);
            removed += part?.Removed ?? 0;
        }

        return Results.Ok(new PurgeAnswer(removed));
    }
}
