using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Login;
using Passpack.Server.Storage;

namespace Passpack.Server.Accounts;

/// <summary>
/// Registers accounts. Only a client that has done the proof of work learns whether a User ID exists, a few times an hour. Until then, known and
/// unknown User IDs get the same answers in the same time.
/// </summary>
internal static class RegistrationEndpoints
{
    public static void MapRegistration(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.RegistrationChallenge, Challenge)
            .Describe("Accounts", "RegistrationChallenge", "What a registration has to work on first; the same for User IDs that are taken.")
            .Answers<RegistrationChallenge>()
            .Refuses(StatusCodes.Status403Forbidden)
            .LimitsSignIns();

        routes.MapPost(Routes.Accounts, Register)
            .Describe("Accounts", "Register", "A new account, with its vault, keys and first device. The answer holds the device's token, which is awake.")
            .Answers<RegisterAnswer>(StatusCodes.Status201Created)
            .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status409Conflict, StatusCodes.Status507InsufficientStorage)
            .LimitsSignIns();
    }

    private static async Task<IResult> Challenge(
        JsonBody<ChallengeRequest> body, ServerOptions options, IServerStore store, RegistrationChallenges challenges, TimeProvider time,
        CancellationToken cancel)
    {
        if (await FindClosedAsync(options, store, body.Value.Invitation, body.Value.UserId, time.GetUtcNow(), cancel) is { } closed)
            return closed;
        return RequestRules.UserId(body.Value.UserId, out string userId) is { } fault
            ? Problems.Invalid(fault)
            : Results.Ok(await challenges.CreateAsync(userId, cancel));
    }

    private static async Task<IResult> Register(
        JsonBody<RegisterRequest> body, ServerOptions options, IServerStore store, RegistrationChallenges challenges, ClientAddress client,
        DiskReserve disk, TimeProvider time, CancellationToken cancel)
    {
        RegisterRequest request = body.Value;
        if (await FindClosedAsync(options, store, request.Invitation, request.UserId, time.GetUtcNow(), cancel) is { } closed)
            return closed;
        if (!disk.HasReserve)
            return Problems.DiskFull();
        string? fault = FindFault(request, out string userId, out CheckedKeys? keys, out SignedManifest? manifest) ?? await challenges.FindFaultAsync(userId, request.Challenge, request.Work, cancel);
        if (fault is not null)
            return Problems.Invalid(fault);
        if ((KeyRecordCheck.FindForgery(keys!) ?? ManifestCheck.FindForgery(manifest!, "manifest", keys!.Content.Identity)) is { } forgery)
            return forgery;

        var secret = new ServerSecret(await store.GetSecretAsync(cancel));
        DateTimeOffset now = time.GetUtcNow();
        if (client.Network is { } network
            && await store.SpendAsync(secret.Registrations(network), options.RegistrationsOfAddress, now, cancel) is { } wait)
        {
            return Problems.RateLimited(wait);
        }

        byte[] proofSalt = ProofHash.NewSalt();
        var account = new NewAccount(
            userId, request.LoginSalt, request.LoginKdf, proofSalt, ProofHash.Compute(proofSalt, request.Proof), keys!,
            request.Manifest, now, client.Network is null ? null : secret.Place(userId, client))
        {
            TotalQuotaBytes = options.TotalQuotaBytes,
            Invitation = request.Invitation is null ? null : Invitations.HashOf(request.Invitation),
        };
        DeviceToken token = DeviceToken.Create();
        bool onlyFirst = options.Registration == RegistrationRule.First;
        return await store.AddAccountAsync(account, token.SignIn(request.Device, client, now), onlyFirst, cancel) switch
        {
            AddOutcome.Added => Results.Json(new RegisterAnswer(token.Bytes), statusCode: StatusCodes.Status201Created),
            AddOutcome.NotFirst => Problems.RegistrationClosed(),
            AddOutcome.Full => Problems.DiskFull(),
            AddOutcome.NotInvited => Problems.InvitationInvalid(),
            _ => Problems.AccountExists(),
        };
    }

    /// <summary>Why nobody registers, or not with this invitation. Null if the door is open. Checked before any other part of the request.</summary>
    private static async Task<IResult?> FindClosedAsync(
        ServerOptions options, IServerStore store, string? invitation, string userId, DateTimeOffset now, CancellationToken cancel)
    {
        bool isClosed = options.Registration switch
        {
            RegistrationRule.Open => false,
            RegistrationRule.First => await store.HasAccountsAsync(cancel),
            RegistrationRule.Invitation => invitation is null,
            _ => true,
        };
        if (isClosed)
            return Problems.RegistrationClosed();
        if (invitation is null)
            return null;
        if (invitation.Length > Limits.InvitationLength)
            return Problems.Invalid($"invitation has at most {Limits.InvitationLength} characters.");
        byte[] hash = Invitations.HashOf(invitation);
        // That of an administrator lets anybody in, that to a shared vault only who was invited.
        bool holds = await store.HasInvitationAsync(hash, now, cancel)
            || (RequestRules.UserId(userId, out string normalized) is null && await store.MayRegisterAsync(hash, normalized, now, cancel));
        return holds ? null : Problems.InvitationInvalid();
    }

    private static string? FindFault(RegisterRequest request, out string userId, out CheckedKeys? keys, out SignedManifest? manifest)
    {
        (keys, manifest) = (null, null);
        return RequestRules.UserId(request.UserId, out userId)
            ?? RequestRules.LoginSalt(request.LoginSalt)
            ?? RequestRules.Kdf(request.LoginKdf)
            ?? RequestRules.Length("proof", request.Proof, RequestRules.ProofBytes)
            ?? KeyRecordCheck.Read(request.Keys, userId, out keys)
            ?? (keys!.Content.Generation == 1 ? null : "keys.record of a new account is of generation 1.")
            ?? ManifestCheck.Read(request.Manifest, "manifest", out manifest)
            ?? (request.Manifest.Generation == 1 ? null : "manifest.generation of a new account is 1.")
            ?? ManifestCheck.FindFault(manifest!, "manifest", 1, keys.Content)
            ?? RequestRules.Device(request.Device);
    }
}
