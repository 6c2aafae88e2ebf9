using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;
using Passpack.Server.Sync;

namespace Passpack.Server.Sharing;

/// <summary>Invitations to shared vaults, of which the server sees neither the vault nor the secret; and identities, for who may know them.</summary>
internal static class VaultInvitationEndpoints
{
    private const string OfOne = Routes.VaultInvitations + "/{id:guid}";

    // People compare the first 160 bits of a fingerprint: 40 digits.
    private const int ShownDigits = 40;

    public static void MapVaultInvitations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.VaultInvitations, Invite)
            .Describe("Sharing", "InviteToVault", "Somebody is invited to a shared vault, which is not named. A repeat gets the same answer.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict, StatusCodes.Status507InsufficientStorage)
            .NeedsDeviceToken();

        routes.MapGet(Routes.VaultInvitations, List)
            .Describe("Sharing", "ListVaultInvitations", "The invitations to shared vaults that the account made, with their answers.")
            .Answers<VaultInvitationPage>()
            .NeedsDeviceToken().TakesKeyFileMachines()
            .WithMetadata(Transfer.Answer);

        routes.MapDelete(OfOne, Withdraw)
            .Describe("Sharing", "WithdrawVaultInvitation", "Takes an invitation to a shared vault back. A repeat gets the same answer.")
            .Answers(StatusCodes.Status204NoContent)
            .NeedsDeviceToken();

        routes.MapGet($"{OfOne}/{Routes.Inviter}", Inviter)
            .Describe("Sharing", "ReadInviter", "The identity of who invited, for the account whose User ID was invited.")
            .Answers<InviterAnswer>()
            .Refuses(StatusCodes.Status404NotFound)
            .NeedsDeviceToken().TakesKeyFileMachines();

        routes.MapPut($"{OfOne}/{Routes.Answer}", Answer)
            .Describe("Sharing", "AnswerVaultInvitation", "The account whose User ID was invited answers, once. The same answer again gets the same answer.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict)
            .NeedsDeviceToken().TakesKeyFileMachines()
            .TakesBodyUpTo(EndpointConventions.SmallBody);

        routes.MapGet(Routes.Identities, Identity)
            .Describe("Sharing", "ReadIdentity", "The identity of a User ID, for who names its fingerprint, or the first 40 digits of it.")
            .Answers<InviterAnswer>()
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status422UnprocessableEntity, StatusCodes.Status404NotFound)
            .NeedsDeviceToken();
    }

    private static async Task<IResult> Invite(
        JsonBody<NewVaultInvitationRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        NewVaultInvitationRequest request = body.Value;
        DateTimeOffset now = time.GetUtcNow();
        if (request.Id == Guid.Empty)
            return Problems.Invalid("id is empty.");
        string? fault = RequestRules.UserId(request.UserId, out _)
            ?? (request.Registration is null ? null : RequestRules.Length("registration", request.Registration, RecordMessage.DigestBytes));
        if (fault is not null)
            return Problems.Invalid(fault);
        // An hour more, because clocks differ. One that has expired was repeated.
        if (request.Expires <= now || request.Expires > now + Invitations.MostLife + TimeSpan.FromHours(1))
            return Problems.Invalid("expires lies in the future, by at most 30 days.");
        SharingOutcome outcome = await store.AddVaultInvitationAsync(device.Account, request, device.Act(client, now), cancel);
        return outcome switch
        {
            SharingOutcome.Taken => SharingProblems.InvitationInvalid("Another invitation has this id."),
            SharingOutcome.TooMany => SharingProblems.TooMany($"An account has at most {Limits.VaultInvitationsOpen} invitations that hold."),
            SharingOutcome.NotMember => Problems.DeviceRevoked(),
            _ => Results.NoContent(),
        };
    }

    private static async Task<IResult> List(CurrentDevice device, IServerStore store, CancellationToken cancel) =>
        Results.Ok(new VaultInvitationPage(await store.ListVaultInvitationsAsync(device.Account, cancel)));

    private static async Task<IResult> Withdraw(Guid id, CurrentDevice device, IServerStore store, CancellationToken cancel)
    {
        await store.RemoveVaultInvitationAsync(device.Account, id, cancel);
        return Results.NoContent();
    }

    private static async Task<IResult> Inviter(Guid id, CurrentDevice device, IServerStore store, CancellationToken cancel) =>
        await FindForAsync(id, device, store, cancel) is var (inviter, _) ? await IdentityOfAsync(store, inviter, "", cancel) : NoSuchInvitation();

    private static async Task<IResult> Answer(
        Guid id, JsonBody<AnswerInvitationRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client,
        CancellationToken cancel)
    {
        if (!InvitationAnswer.TryRead(body.Value.Answer, out InvitationAnswer? answer, out string? fault))
            return Problems.Invalid($"answer {fault}.");
        if (await FindForAsync(id, device, store, cancel) is not var (inviter, invitation))
            return NoSuchInvitation();
        if (answer.Invitation != id || answer.Expires.ToUnixTimeMilliseconds() != invitation.Expires.ToUnixTimeMilliseconds())
            return Problems.Invalid("answer is to another invitation.");
        if (await AccountState.ReadAsync(store, device, cancel) is not { } state)
            return Problems.DeviceRevoked();
        if (!answer.Identity.Bytes.SequenceEqual(state.Keys.Identity.Bytes) || !answer.IsSigned)
            return Problems.NotSigned("answer");
        SharingOutcome outcome = await store.AnswerVaultInvitationAsync(
            inviter, id, device.Account, body.Value.Answer, device.Act(client, time.GetUtcNow()), cancel);
        return outcome == SharingOutcome.Taken
            ? SharingProblems.InvitationInvalid("It was answered otherwise, has expired, or was taken back.") : Results.NoContent();
    }

    private static async Task<IResult> Identity(string userId, string fingerprint, CurrentDevice device, IServerStore store, CancellationToken cancel)
    {
        if (RequestRules.UserId(userId, out string normalized) is { } fault)
            return Problems.Invalid(fault);
        if (fingerprint.Length is not (ShownDigits or 2 * AccountIdentity.FingerprintBytes) || !fingerprint.All(char.IsAsciiHexDigit))
            return Problems.Invalid($"fingerprint has {ShownDigits} or {2 * AccountIdentity.FingerprintBytes} hexadecimal digits.");
        // The same work for an unknown User ID: no account has the number 0.
        StoredLogin? login = await store.FindLoginAsync(normalized, cancel);
        return await IdentityOfAsync(store, login?.Account ?? 0, fingerprint, cancel);
    }

    /// <summary>An invitation, for the account that it is for. Null for all others.</summary>
    private static async Task<(long Inviter, StoredVaultInvitation Invitation)?> FindForAsync(
        Guid id, CurrentDevice device, IServerStore store, CancellationToken cancel) =>
        await store.FindVaultInvitationAsync(id, cancel) is var (inviter, invitation)
            && await store.FindLoginAsync(device.Account, cancel) is { } login && UserIds.Normalize(invitation.UserId) == login.UserId
            ? (inviter, invitation) : null;

    private static async Task<IResult> IdentityOfAsync(IServerStore store, long account, string fingerprint, CancellationToken cancel) =>
        await store.GetKeysAsync(account, cancel) is { } keys && KeyRecordCheck.OfStore(keys.Keys).Identity is var identity
            && Convert.ToHexString(identity.Fingerprint).StartsWith(fingerprint, StringComparison.OrdinalIgnoreCase)
            ? Results.Ok(new InviterAnswer(identity.Bytes.ToArray())) : Problems.NotFound("There is nobody with this User ID and fingerprint.");

    private static IResult NoSuchInvitation() => Problems.NotFound("The account was not invited by such an invitation.");
}
