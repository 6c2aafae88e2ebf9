using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Login;

/// <summary>Serves the parameters of the proof, and a device token for a proof.</summary>
internal static class LoginEndpoints
{
    /// <summary>The parameters reported for unknown User IDs: those with which every client registers today.</summary>
    private const string UsualKdf = "17.8.1";

    public static void MapLogin(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.LoginParameters, Parameters)
            .Describe("Login", "LoginParameters", "What the proof of a Password is derived with. Unknown User IDs get a lasting answer, too.")
            .Answers<LoginParameters>()
            .LimitsSignIns();

        routes.MapPost(Routes.Login, SignIn)
            .Describe("Login", "Login", "A device token for a proof of the Password. It sleeps: it reads the keys alone, until it is woken within a day.")
            .Answers<LoginAnswer>()
            .Refuses(StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden)
            .LimitsSignIns();
    }

    private static async Task<IResult> Parameters(JsonBody<LoginParametersRequest> body, IServerStore store, CancellationToken cancel)
    {
        if (RequestRules.UserId(body.Value.UserId, out string userId) is { } fault)
            return Problems.Invalid(fault);

        // Derived for known User IDs as well, so that both take the same time.
        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        byte[] unknownSalt = secret.UnknownUserSalt(userId);
        StoredLogin? login = await store.FindLoginAsync(userId, cancel);
        return Results.Ok(new LoginParameters(login?.LoginSalt ?? unknownSalt, login?.LoginKdf ?? UsualKdf));
    }

    private static async Task<IResult> SignIn(
        JsonBody<LoginRequest> body, IServerStore store, LoginThrottle throttle, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        LoginRequest request = body.Value;
        string? fault = RequestRules.UserId(request.UserId, out string userId)
            ?? RequestRules.Length("proof", request.Proof, RequestRules.ProofBytes)
            ?? RequestRules.Device(request.Device)
            ?? RequestRules.SecondFactor(request.SecondFactor);
        if (fault is not null)
            return Problems.Invalid(fault);

        StoredLogin? login = await store.FindLoginAsync(userId, cancel);
        ProofVerdict verdict = await throttle.VerifyAsync(
            userId, login, new GivenProof(request.Proof, request.SecondFactor), request.Device.Id, client, cancel);
        if (!verdict.Proved || login is null)
            return Problems.NotProved(verdict);
        // Told to who has the Password alone, and before a code is taken.
        if (login.Disabled)
            return Problems.AccountDisabled();
        if (!await throttle.SpendAsync(login.Account, verdict, cancel))
            return Problems.SecondFactorRejected();

        DeviceToken token = DeviceToken.Create();
        return await store.SignInDeviceAsync(login.Account, token.SignIn(request.Device, client, time.GetUtcNow()), cancel) is { } keys
            ? Results.Ok(new LoginAnswer(token.Bytes, keys))
            : Problems.NotProved(default); // The account was removed meanwhile.
    }
}
