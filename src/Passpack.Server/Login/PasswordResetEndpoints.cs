using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>
/// Another Password for who lost it and has no device: by a code of an administrator and a signature of the account's identity, of which neither is enough.
/// Unknown User IDs, codes that were used, and those of other accounts get one answer.
/// </summary>
internal static class PasswordResetEndpoints
{
    public static void MapPasswordReset(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.PasswordResetBase, Begin)
            .Describe("Login", "BeginPasswordReset", "What a reset of the Password is signed over, for a code of an administrator.")
            .Answers<ResetBase>()
            .Refuses(StatusCodes.Status403Forbidden)
            .LimitsSignIns();

        routes.MapPost(Routes.PasswordReset, Reset)
            .Describe("Login", "ResetPassword", "Sets another Password; needs a code of an administrator, which is used up, and a signature. All tokens are revoked.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status409Conflict)
            .LimitsSignIns();
    }

    private static async Task<IResult> Begin(JsonBody<BeginResetRequest> body, IServerStore store, TimeProvider time, CancellationToken cancel)
    {
        (StoredReset? found, IResult? refused) = await FindAsync(body.Value.UserId, body.Value.Code, store, time, cancel);
        return found is null ? refused! : Results.Ok(new ResetBase(found.Keys, found.Login.LoginSalt));
    }

    private static async Task<IResult> Reset(
        JsonBody<ResetPasswordRequest> body, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        ResetPasswordRequest request = body.Value;
        string? fault = RequestRules.LoginSalt(request.LoginSalt)
            ?? RequestRules.Kdf(request.LoginKdf)
            ?? RequestRules.Length("newProof", request.NewProof, RequestRules.ProofBytes)
            ?? RequestRules.Statement(request.Head, request.Signature);
        if (fault is not null)
            return Problems.Invalid(fault);
        (StoredReset? found, IResult? refused) = await FindAsync(request.UserId, request.Code, store, time, cancel);
        if (found is null)
            return refused!;

        var state = new AccountState(found.Keys);
        byte[] code = PasswordResets.HashOf(request.Code);
        byte[] statement = Statements.PasswordReset(
            state.Vault, request.Head, found.Login.LoginSalt, request.LoginSalt, request.LoginKdf, request.NewProof, code);
        if (state.FindForgery(SignaturePurpose.PasswordReset, statement, request.Signature) is { } forgery)
            return forgery;
        byte[] proofSalt = ProofHash.NewSalt();
        var replacement = new NewLogin(request.LoginSalt, request.LoginKdf, proofSalt, ProofHash.Compute(proofSalt, request.NewProof));
        var act = new Act(EventActor.Owner, null, client.Text, time.GetUtcNow());
        ChangeOutcome outcome = await store.ResetLoginAsync(found.Login, replacement, code, request.Head, act, cancel);
        return outcome == ChangeOutcome.NotThere ? Problems.ResetCodeInvalid() : state.Answered(outcome);
    }

    private static async Task<(StoredReset? Found, IResult? Refused)> FindAsync(
        string userId, string code, IServerStore store, TimeProvider time, CancellationToken cancel)
    {
        string? fault = RequestRules.UserId(userId, out string normalized)
            ?? (code.Length is 0 or > PasswordResets.MostCharacters ? $"code has 1 to {PasswordResets.MostCharacters} characters." : null);
        if (fault is not null)
            return (null, Problems.Invalid(fault));
        StoredReset? found = await store.FindResetAsync(normalized, PasswordResets.HashOf(code), time.GetUtcNow(), cancel);
        if (found is null)
            return (null, Problems.ResetCodeInvalid());
        return found.Login.Disabled ? (null, Problems.AccountDisabled()) : (found, null);
    }
}
