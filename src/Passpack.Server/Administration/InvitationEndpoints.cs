using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Administration;

/// <summary>Invitations to register, which administrators sign: a stolen token of one invites nobody.</summary>
internal static class InvitationEndpoints
{
    public static void MapInvitations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.Invitations, Invite)
            .Describe("Server", "Invite", "Invites somebody to register; for administrators, needs a signature. Its text is the client's, and is not sent.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status409Conflict)
            .NeedsDeviceToken();

        routes.MapPost(Routes.InvitationList, List)
            .Describe("Server", "ListInvitations", "The invitations that have not expired, used or not, page by page. For administrators, needs a signature.")
            .Answers<InvitationPage>()
            .IsAdministrators();

        routes.MapPost(Routes.InvitationRemoval, Remove)
            .Describe("Server", "RemoveInvitation", "Takes an invitation back that was not used. For administrators, needs a signature.")
            .Answers(StatusCodes.Status204NoContent)
            .IsAdministrators();
    }

    private static async Task<IResult> Invite(
        JsonBody<InviteRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        InviteRequest request = body.Value;
        DateTimeOffset now = time.GetUtcNow();
        if ((RequestRules.Length("hash", request.Hash, RecordMessage.DigestBytes) ?? RequestRules.Quota(request.Quota)) is { } fault)
            return Problems.Invalid(fault);
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, device, SignaturePurpose.Invitation, request.Head,
            request.Signature, vault => Statements.Invitation(vault, request.Head, request.Hash, request.Expires, request.Quota), cancel);
        if (state is null)
            return refused!;
        // An hour more, because clocks differ. One that has expired was repeated.
        if (request.Expires <= now || request.Expires > now + Invitations.MostLife + TimeSpan.FromHours(1))
            return Problems.Invalid("expires lies in the future, by at most 30 days.");
        var invitation = new NewInvitation(request.Hash, Administrator: false, request.Expires, request.Quota);
        return state.Answered(await store.AddInvitationAsync(
            invitation, (device.Account, request.Head), device.Act(client, now) with { Actor = EventActor.Administrator }, cancel));
    }

    private static async Task<IResult> List(
        JsonBody<ListInvitationsRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        if (RequestRules.Length("after", body.Value.After, RecordMessage.DigestBytes) is { } fault)
            return Problems.Invalid(fault);
        if (await SignedByAdministrator.TakeAsync(body.Value, device, store, time, client, cancel) is { } refused)
            return refused;
        IReadOnlyList<InvitationSummary> found = await store.ListInvitationsAsync(
            body.Value.After, Limits.InvitationsPerPage + 1, time.GetUtcNow(), cancel);
        return Results.Ok(new InvitationPage([.. found.Take(Limits.InvitationsPerPage)], found.Count > Limits.InvitationsPerPage));
    }

    private static async Task<IResult> Remove(
        JsonBody<RemoveInvitationRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        if (RequestRules.Length("hash", body.Value.Hash, RecordMessage.DigestBytes) is { } fault)
            return Problems.Invalid(fault);
        (SignedByAdministrator? signed, IResult? refused) = await SignedByAdministrator.VerifyAsync(body.Value, device, store, time, client, cancel);
        if (signed is null)
            return refused!;
        ChangeOutcome outcome = await store.RemoveInvitationAsync(signed.By, body.Value.Hash, signed.Act, cancel);
        return outcome == ChangeOutcome.NotThere ? Problems.InvitationInvalid() : signed.State.Answered(outcome);
    }
}
