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
            .Describe("Keys", "GetKeyRecord", "The account's key record, its newest manifest, how its keys were replaced, and a removal that is pending.")
            .Answers<KeysAnswer>()
            .NeedsDeviceToken(mayAsleep: true).WorksWithoutSecondFactor().TakesKeyFileMachines().TakesKeyFiles();

        routes.MapPut(Routes.KeyRecord, Replace)
            .Describe("Keys", "ReplaceKeyRecord", "Replaces the key record by the next generation, signed by its identity, with a proof of the Password. With a successor: "
                + "by the next epoch, signed by the identity in force as well; all other tokens sleep then.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .LimitsSignIns()
            .NeedsDeviceToken();
    }

    private static async Task<IResult> Get(CurrentDevice device, IServerStore store, CancellationToken cancel) =>
        await store.GetKeysAsync(device.Account, cancel) is { } keys ? Results.Ok(keys) : Problems.DeviceRevoked();

    private static async Task<IResult> Replace(
        JsonBody<ReplaceKeysRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, TimeProvider time, ClientAddress client,
        CancellationToken cancel)
    {
        ReplaceKeysRequest request = body.Value;
        if ((RequestRules.Length("proof", request.Proof, RequestRules.ProofBytes) ?? RequestRules.SecondFactor(request.SecondFactor)) is { } noProof)
            return Problems.Invalid(noProof);
        (ProofVerdict verdict, StoredLogin? login) = await throttle.VerifyAsync(
            device, new GivenProof(request.Proof, request.SecondFactor), client, cancel);
        if (!verdict.Proved || login is null)
            return Problems.NotProved(verdict);
        if (await AccountState.ReadAsync(store, device, cancel) is not { } state)
            return Problems.DeviceRevoked();
        if (IsRepeat(request.Keys, state.Answer.Keys))
            return Results.NoContent();

        if (KeyRecordCheck.Read(request.Keys, login.UserId, out CheckedKeys? keys) is { } fault)
            return Problems.Invalid(fault);
        if (KeyRecordCheck.FindForgery(keys!) is { } forgery)
            return forgery;
        if (keys!.Content.VaultId != state.Vault)
            return Problems.Invalid("keys.record is of another vault than the account's.");
        if (keys.Content.Generation != state.Keys.Generation + 1)
            return Problems.KeyGenerationConflict(state.Keys.Generation);

        NewEpoch? successor = null;
        IResult? refused = request.Successor is null
            ? FindFaultOfSame(keys.Content, state.Keys)
            : SuccessorCheck.FindFault(request.Successor, keys, state, device, time.GetUtcNow(), out successor);
        if (refused is null && !await throttle.SpendAsync(device.Account, verdict, cancel))
            refused = Problems.SecondFactorRejected();
        return refused ?? state.Answered(await store.ReplaceKeyRecordAsync(
            device.Account, keys, successor, device.Act(client, time.GetUtcNow()), cancel));
    }

    // The answer to the first request may have been lost.
    private static bool IsRepeat(KeyRecord keys, KeyRecord stored) => keys.Record.AsSpan().SequenceEqual(stored.Record)
        && keys.Mac.AsSpan().SequenceEqual(stored.Mac) && keys.Signature.AsSpan().SequenceEqual(stored.Signature);

    private static IResult? FindFaultOfSame(KeyRecordContent keys, KeyRecordContent before)
    {
        if (keys.Epoch != before.Epoch)
            return Problems.Invalid($"keys.record is of epoch {keys.Epoch} without a successor, and the one in force of {before.Epoch}.");
        if (!keys.Identity.Bytes.SequenceEqual(before.Identity.Bytes))
            return Problems.Invalid("keys.record has another identity than the one in force, and the same epoch.");
        return SuccessorCheck.HasEarlier(keys, before.EarlierKeys) ? null : Problems.Invalid("keys.record has other earlier keys than the one in force.");
    }
}
