using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Accounts;

/// <summary>Invitations to register, which administrators sign: a stolen token of one invites nobody.</summary>
internal static class InvitationEndpoint
{
    public static void MapInvitations(this IEndpointRouteBuilder routes) => routes.MapPost(Routes.Invitations, Invite)
        .Describe("Server", "Invite", "Invites somebody to register; for administrators, needs a signature. Its text is the client's, and is not sent.")
        .Answers(StatusCodes.Status204NoContent)
        .Refuses(StatusCodes.Status409Conflict)
        .NeedsDeviceToken();

    private static async Task<IResult> Invite(
        JsonBody<InviteRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        InviteRequest request = body.Value;
        DateTimeOffset now = time.GetUtcNow();
        if (RequestRules.Length("hash", request.Hash, RecordMessage.DigestBytes) is { } fault)
            return Problems.Invalid(fault);
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, device, SignaturePurpose.Invitation, request.Head,
            request.Signature, vault => Statements.Invitation(vault, request.Head, request.Hash, request.Expires), cancel);
        if (state is null)
            return refused!;
        // An hour more, because clocks differ. One that has expired was repeated.
        if (request.Expires <= now || request.Expires > now + Invitations.MostLife + TimeSpan.FromHours(1))
            return Problems.Invalid("expires lies in the future, by at most 30 days.");
        var invitation = new NewInvitation(request.Hash, Administrator: false, request.Expires);
        return state.Answered(await store.AddInvitationAsync(invitation, (device.Account, request.Head), device.Act(client, now) with { Actor = EventActor.Administrator }, cancel));
    }
}
