using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>Changes the Password of the token's account.</summary>
internal static class PasswordEndpoint
{
    public static void MapPassword(this IEndpointRouteBuilder routes) => routes.MapPut(Routes.Password, Replace)
        .Describe("Login", "ChangePassword", "Changes the Password; needs a signature and, unless it was lost, a proof of the old one. All other tokens are revoked.")
        .Answers(StatusCodes.Status204NoContent)
        .Refuses(StatusCodes.Status409Conflict)
        .LimitsSignIns()
        .NeedsDeviceToken();

    private static async Task<IResult> Replace(
        JsonBody<ChangePasswordRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, TimeProvider time, ClientAddress client,
        CancellationToken cancel)
    {
        ChangePasswordRequest request = body.Value;
        string? fault = (request.Proof is null ? null : RequestRules.Length("proof", request.Proof, RequestRules.ProofBytes))
            ?? RequestRules.LoginSalt(request.LoginSalt)
            ?? RequestRules.Kdf(request.LoginKdf)
            ?? RequestRules.Length("newProof", request.NewProof, RequestRules.ProofBytes)
            ?? RequestRules.Statement(request.Head, request.Signature)
            ?? RequestRules.SecondFactor(request.SecondFactor);
        if (fault is not null)
            return Problems.Invalid(fault);
        if (await AccountState.ReadAsync(store, device, cancel) is not { } state || await store.FindLoginAsync(device.Account, cancel) is not { } login)
            return Problems.DeviceRevoked();

        // The answer to the first request may have been lost: then the Password has been changed, and the new one has to be it.
        if (request.LoginSalt.AsSpan().SequenceEqual(login.LoginSalt))
        {
            (ProofVerdict repeat, _) = await throttle.VerifyAsync(device, new GivenProof(request.NewProof, null) { PasswordOnly = true }, client, cancel);
            return repeat.Proved ? Results.NoContent() : Problems.NotProved(repeat);
        }

        byte[] statement = Statements.Password(state.Vault, request.Head, login.LoginSalt, request.LoginSalt, request.LoginKdf, request.NewProof);
        if ((state.FindForgery(SignaturePurpose.Password, statement, request.Signature) ?? state.FindOtherHead(request.Head)) is { } refused)
            return refused;
        if (request.Proof is not null)
        {
            (ProofVerdict verdict, _) = await throttle.VerifyAsync(device, new GivenProof(request.Proof, request.SecondFactor), client, cancel);
            if (!verdict.Proved)
                return Problems.NotProved(verdict);
            if (!await throttle.SpendAsync(login.Account, verdict, cancel))
                return Problems.SecondFactorRejected();
        }

        byte[] proofSalt = ProofHash.NewSalt();
        var replacement = new NewLogin(request.LoginSalt, request.LoginKdf, proofSalt, ProofHash.Compute(proofSalt, request.NewProof));
        return state.Answered(await store.ReplaceLoginAsync(
            login, replacement, device.Id, request.Head, device.Act(client, time.GetUtcNow()), cancel));
    }
}
