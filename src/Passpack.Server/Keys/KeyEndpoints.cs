using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Login;
using Passpack.Server.Storage;

namespace Passpack.Server.Keys;

/// <summary>The key record of the token's account.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.KeyRecord, Get)
            .Describe("Keys", "GetKeyRecord", "The key record of the account.")
            .Answers<KeyRecord>()
            .NeedsDeviceToken();

        routes.MapPut(Routes.KeyRecord, Replace)
            .Describe("Keys", "ReplaceKeyRecord", "Replaces the key record: generation plus one, the same vault, and a proof of the Password.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .LimitsSignIns()
            .NeedsDeviceToken();
    }

    private static async Task<IResult> Get(CurrentDevice device, IServerStore store, CancellationToken cancel) =>
        Results.Ok(await store.GetKeyRecordAsync(device.Account, cancel));

    private static async Task<IResult> Replace(
        JsonBody<ReplaceKeysRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, ClientAddress client, CancellationToken cancel)
    {
        ReplaceKeysRequest request = body.Value;
        string? fault = KeyRecordCheck.FindFault(request.Keys) ?? RequestRules.Length("proof", request.Proof, RequestRules.ProofBytes);
        if (fault is not null)
            return Problems.Invalid(fault);

        (ProofVerdict verdict, _) = await throttle.VerifyAsync(device, _ => request.Proof, client, cancel);
        if (!verdict.Proved)
            return Problems.NotProved(verdict);

        KeyRecord current = await store.GetKeyRecordAsync(device.Account, cancel);
        if (request.Keys.VaultId != current.VaultId)
            return Problems.Invalid("keys.vaultId is fixed; it differs from the account's.");
        return await store.ReplaceKeyRecordAsync(device.Account, request.Keys, cancel)
            ? Results.NoContent()
            : Problems.KeyGenerationConflict(current.Generation);
    }
}
