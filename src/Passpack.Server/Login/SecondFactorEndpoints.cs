using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>
/// The second factor of the token's account: set up by a signature and a proof of the Password, put in force by a code. Tokens that are there work without.
/// </summary>
internal static class SecondFactorEndpoints
{
    public static void MapSecondFactor(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.SecondFactor, SetUp)
            .Describe("Login", "SetUpSecondFactor", "Sets a second factor up, which a code has to put in force within ten minutes; needs a signature and a proof.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .LimitsSignIns()
            .NeedsDeviceToken().WorksWithoutSecondFactor();

        routes.MapPost(Routes.SecondFactorConfirmation, Confirm)
            .Describe("Login", "ConfirmSecondFactor", "Puts the second factor in force that was set up. Logins need a code of it from then on.")
            .Answers(StatusCodes.Status204NoContent)
            .LimitsSignIns()
            .NeedsDeviceToken().WorksWithoutSecondFactor();

        routes.MapPost(Routes.SecondFactorRemoval, Remove)
            .Describe("Login", "RemoveSecondFactor", "Removes the second factor; needs a signature, a proof and a code.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .LimitsSignIns()
            .NeedsDeviceToken();
    }

    private static async Task<IResult> SetUp(
        JsonBody<SetUpSecondFactorRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, ClientAddress client, TimeProvider time,
        CancellationToken cancel)
    {
        SetUpSecondFactorRequest request = body.Value;
        string? fault = RequestRules.Length("seed", request.Seed, SecondFactors.SeedBytes)
            ?? RequestRules.Length("recovery", request.Recovery, SecondFactors.RecoveryCodes * SecondFactors.HashBytes);
        if (fault is not null)
            return Problems.Invalid(fault);
        (AccountState? state, IResult? refused) = await ProvedAsync(
            SignaturePurpose.SecondFactor, request.Proof, request.SecondFactor, request.Head, request.Signature,
            vault => Statements.SecondFactor(vault, request.Head, request.Seed, request.Recovery), device, store, throttle, client, cancel);
        if (state is null)
            return refused!;
        var setup = new SecondFactorSetup(request.Seed, request.Recovery, time.GetUtcNow());
        return state.Answered(await store.SetUpSecondFactorAsync(device.Account, setup, request.Head, cancel));
    }

    private static async Task<IResult> Confirm(
        JsonBody<ConfirmSecondFactorRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, ClientAddress client, TimeProvider time,
        CancellationToken cancel)
    {
        string code = body.Value.Code;
        if (RequestRules.SecondFactor(code) is { } fault)
            return Problems.Invalid(fault);
        DateTimeOffset now = time.GetUtcNow();
        if (await store.FindLoginAsync(device.Account, cancel) is not { } login)
            return Problems.DeviceRevoked();
        SecondFactorSetup? setup = await store.FindSecondFactorSetupAsync(device.Account, now - SecondFactors.SetupLife, cancel);
        if (setup is null)
        {
            // The answer to the first request may have been lost.
            return login.SecondFactor is { Last: { } last } && last.Device == device.Id && last.Code.AsSpan().SequenceEqual(SecondFactors.HashOf(last.Seed, code))
                ? Results.NoContent() : Problems.SecondFactorRejected("No set-up waits for it: one holds for ten minutes.");
        }

        long? step = SecondFactorCheck.FindStep(setup.Seed, SecondFactors.Normalize(code), now);
        if (await throttle.CountAsync(device, login, step is not null, client, cancel) is { } wait)
            return Problems.NotProved(new ProofVerdict(false, wait));
        return step is not null
            && await store.ConfirmSecondFactorAsync(
                device.Account, setup, new SecondFactorUse(setup.Seed, SecondFactors.HashOf(setup.Seed, code), step, device.Id, now),
                device.Act(client, now), cancel)
            ? Results.NoContent() : Problems.SecondFactorRejected();
    }

    private static async Task<IResult> Remove(
        JsonBody<RemoveSecondFactorRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, TimeProvider time, ClientAddress client,
        CancellationToken cancel)
    {
        RemoveSecondFactorRequest request = body.Value;
        if (await store.FindLoginAsync(device.Account, cancel) is { NeedsSecondFactor: true })
            return Problems.SecondFactorDemanded();
        (AccountState? state, IResult? refused) = await ProvedAsync(
            SignaturePurpose.SecondFactorRemoval, request.Proof, request.SecondFactor, request.Head, request.Signature,
            vault => Statements.SecondFactorRemoval(vault, request.Head), device, store, throttle, client, cancel);
        if (state is null)
            return refused!;
        ChangeOutcome outcome = await store.RemoveSecondFactorAsync(device.Account, request.Head, device.Act(client, time.GetUtcNow()), cancel);
        return outcome == ChangeOutcome.NotThere ? Results.NoContent() : state.Answered(outcome);
    }

    /// <summary>The state of the account, if the request is signed and proved. The code is taken last, so that no other fault costs one.</summary>
    private static async Task<(AccountState? State, IResult? Refused)> ProvedAsync(
        SignaturePurpose purpose, byte[] proof, string? code, ManifestName head, byte[] signature, Func<Guid, byte[]> statement,
        CurrentDevice device, IServerStore store, LoginThrottle throttle, ClientAddress client, CancellationToken cancel)
    {
        if ((RequestRules.Length("proof", proof, RequestRules.ProofBytes) ?? RequestRules.SecondFactor(code)) is { } fault)
            return (null, Problems.Invalid(fault));
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, device, purpose, head, signature, statement, cancel);
        refused ??= state!.FindOtherHead(head);
        if (refused is not null)
            return (null, refused);
        (ProofVerdict verdict, _) = await throttle.VerifyAsync(device, new GivenProof(proof, code), client, cancel);
        if (!verdict.Proved)
            return (null, Problems.NotProved(verdict));
        return await throttle.SpendAsync(device.Account, verdict, cancel) ? (state, null) : (null, Problems.SecondFactorRejected());
    }
}
