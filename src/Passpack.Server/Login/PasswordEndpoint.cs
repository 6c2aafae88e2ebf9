using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>Changes the Password of the token's account.</summary>
internal static class PasswordEndpoint
{
    public static void MapPassword(this IEndpointRouteBuilder routes) => routes.MapPut(Routes.Password, Replace)
        .Describe("Login", "ChangePassword", "Changes the Password; needs a proof of the old one. The tokens of all other devices are revoked.")
        .Answers(StatusCodes.Status204NoContent)
        .LimitsSignIns()
        .NeedsDeviceToken();

    private static async Task<IResult> Replace(
        JsonBody<ChangePasswordRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, ClientAddress client, CancellationToken cancel)
    {
        ChangePasswordRequest request = body.Value;
        string? fault = RequestRules.Length("proof", request.Proof, RequestRules.ProofBytes)
            ?? RequestRules.LoginSalt(request.LoginSalt)
            ?? RequestRules.Kdf(request.LoginKdf)
            ?? RequestRules.Length("newProof", request.NewProof, RequestRules.ProofBytes);
        if (fault is not null)
            return Problems.Invalid(fault);

        (ProofVerdict verdict, StoredLogin? login) = await throttle.VerifyAsync(
            device, known => IsRepeat(known) ? request.NewProof : request.Proof, client, cancel);
        if (!verdict.Proved || login is null)
            return Problems.NotProved(verdict);
        if (IsRepeat(login))
            return Results.NoContent();

        byte[] proofSalt = ProofHash.NewSalt();
        var replacement = new NewLogin(request.LoginSalt, request.LoginKdf, proofSalt, ProofHash.Compute(proofSalt, request.NewProof));
        return await store.ReplaceLoginAsync(login, replacement, device.Id, cancel)
            ? Results.NoContent()
            : Problems.NotProved(default); // Another machine has changed the Password meanwhile, so the proved one is outdated.

        // The answer to the first request may have been lost: then the Password has been changed, and the old one no longer proves anything.
        bool IsRepeat(StoredLogin? known) => known is not null && request.LoginSalt.AsSpan().SequenceEqual(known.LoginSalt);
    }
}
