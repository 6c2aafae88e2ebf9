using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Login;
using Passpack.Server.Storage;

namespace Passpack.Server.Accounts;

/// <summary>New accounts.</summary>
internal static class RegistrationEndpoints
{
    public static void MapRegistration(this IEndpointRouteBuilder routes) => routes.MapPost(Routes.Accounts, Register)
        .Describe("Accounts", "Register", "A new account, with its vault, keys and first device. The answer holds the device's token.")
        .Answers<LoginAnswer>(StatusCodes.Status201Created)
        .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status409Conflict)
        .LimitsSignIns();

    private static async Task<IResult> Register(
        JsonBody<RegisterRequest> body, ServerOptions options, IServerStore store, ClientAddress client, TimeProvider time, CancellationToken cancel)
    {
        if (!options.RegistrationOpen)
            return Problems.RegistrationClosed();
        RegisterRequest request = body.Value;
        string? fault = Check.UserId(request.UserId, out string userId)
            ?? Check.LoginSalt(request.LoginSalt)
            ?? Check.Kdf(request.LoginKdf)
            ?? Check.Length("proof", request.Proof, Check.ProofBytes)
            ?? KeyRecordCheck.FindFault(request.Keys)
            ?? (request.Keys.Generation == 1 ? null : "keys.generation of a new account is 1.")
            ?? Check.Manifest(request.Manifest)
            ?? (request.Manifest.Generation == 1 ? null : "manifest.generation of a new account is 1.")
            ?? Check.Device(request.Device);
        if (fault is not null)
            return Problems.Invalid(fault);

        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        byte[] proofSalt = ProofHash.NewSalt();
        DateTimeOffset now = time.GetUtcNow();
        var account = new NewAccount(
            userId, request.LoginSalt, request.LoginKdf, proofSalt, ProofHash.Compute(proofSalt, request.Proof), request.Keys,
            request.Manifest, now, client.Network is null ? null : secret.Place(userId, client));
        DeviceToken token = DeviceToken.Create();
        return await store.AddAccountAsync(account, token.SignIn(request.Device, now), cancel)
            ? Results.Json(new LoginAnswer(token.Bytes, request.Keys), statusCode: StatusCodes.Status201Created)
            : Problems.AccountExists();
    }
}
