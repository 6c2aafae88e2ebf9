using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Login;
using Passpack.Server.Sharing;
using Passpack.Server.Storage;

namespace Passpack.Server.Accounts;

/// <summary>Removes accounts: at once by a signature, or later by the Password alone, which a signature cancels.</summary>
internal static class RemovalEndpoints
{
    public static void MapRemoval(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.AccountRemoval, Remove)
            .Describe("Accounts", "RemoveAccount", "Removes the account with everything in it, at once and for good; needs a signature. Its User ID is free then.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .NeedsDeviceToken().WorksWithoutSecondFactor();

        routes.MapPost(Routes.RemovalWithoutKeys, RemoveWithoutKeys)
            .Describe("Accounts", "RemoveWithoutKeys", "Removes the account after 7 days, or after 30 if a device was seen within them; needs a proof of the Password, "
                + "and no keys. A second request gets the answer of the first.")
            .Answers<PendingRemoval>()
            .LimitsSignIns()
            .NeedsDeviceToken(mayAsleep: true).WorksWithoutSecondFactor();

        routes.MapPost(Routes.RemovalCancelling, Cancel)
            .Describe("Accounts", "CancelRemoval", "Cancels a removal that is pending; needs a signature. One that is not pending is cancelled already.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .NeedsDeviceToken().WorksWithoutSecondFactor();
    }

    private static async Task<IResult> Remove(
        JsonBody<RemoveAccountRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        RemoveAccountRequest request = body.Value;
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, device, SignaturePurpose.AccountRemoval, request.Head,
            request.Signature, vault => Statements.AccountRemoval(vault, request.Head), cancel);
        if (state is null)
            return refused!;

        if (!request.Force && await store.IsLastOwnerAsync(device.Account, cancel))
            return SharingProblems.LastOwner();
        ChangeOutcome outcome = await store.RemoveAccountAsync(device.Account, request.Head, device.Act(client, time.GetUtcNow()), cancel);
        // The account is removed from here on, even if the client has disconnected. If the server stops now, the next server's sweep erases the rest.
        while (outcome == ChangeOutcome.Done && await store.EraseRemovedAsync(CancellationToken.None))
        {
        }

        return state.Answered(outcome);
    }

    private static async Task<IResult> RemoveWithoutKeys(
        JsonBody<RemoveWithoutKeysRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, TimeProvider time, ClientAddress client,
        CancellationToken cancel)
    {
        RemoveWithoutKeysRequest request = body.Value;
        if ((RequestRules.Length("proof", request.Proof, RequestRules.ProofBytes) ?? RequestRules.SecondFactor(request.SecondFactor)) is { } fault)
            return Problems.Invalid(fault);
        (ProofVerdict verdict, _) = await throttle.VerifyAsync(device, new GivenProof(request.Proof, request.SecondFactor), client, cancel);
        if (!verdict.Proved)
            return Problems.NotProved(verdict);
        if (!await throttle.SpendAsync(device.Account, verdict, cancel))
            return Problems.SecondFactorRejected();
        return await store.RequestRemovalAsync(
                device.Account, Guid.NewGuid(), RemovalTimes.Default, device.Act(client, time.GetUtcNow()), cancel) is { } pending
            ? Results.Ok(pending)
            : Problems.DeviceRevoked();
    }

    private static async Task<IResult> Cancel(
        JsonBody<CancelRemovalRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        CancelRemovalRequest request = body.Value;
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, device, SignaturePurpose.RemovalCancelling, request.Head,
            request.Signature, vault => Statements.RemovalCancelling(vault, request.Head, request.Removal), cancel);
        if (state is null)
            return refused!;
        ChangeOutcome outcome = await store.CancelRemovalAsync(
            device.Account, request.Removal, request.Head, device.Act(client, time.GetUtcNow()), cancel);
        return outcome == ChangeOutcome.NotThere ? Results.NoContent() : state.Answered(outcome);
    }
}
