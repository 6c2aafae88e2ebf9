using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Administration;

/// <summary>What administrators do to accounts. Whoever is none is refused before the User ID is looked up.</summary>
internal static class AccountActEndpoints
{
    public static void MapAccountActs(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.ServerAccountChange, ChangeAsync)
            .Describe("Server", "ChangeAccount", "Disables an account, enables it again, says how much it may hold and whether it has to have a second factor. "
                + "For administrators, needs a signature.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status404NotFound)
            .IsAdministrators();

        routes.MapPost(Routes.ServerAccountReset, ResetAsync)
            .Describe("Server", "ResetAccount", "Forgets an account's failed logins, revokes its devices, removes its second factor, takes the hash of a code for "
                + "another Password. For administrators, needs a signature.")
            .Answers<ResetAnswer>()
            .Refuses(StatusCodes.Status404NotFound)
            .IsAdministrators();

        routes.MapPost(Routes.ServerAccountRemoval, RemoveAsync)
            .Describe("Server", "RemoveServerAccount", "Removes an account with everything in it, at once and for good. For administrators, needs a signature.")
            .Answers(StatusCodes.Status204NoContent)
            .Refuses(StatusCodes.Status404NotFound)
            .IsAdministrators();
    }

    private static async Task<IResult> ChangeAsync(
        JsonBody<ChangeAccountRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        ChangeAccountRequest request = body.Value;
        if (RequestRules.Quota(request.Quota?.Bytes) is { } fault)
            return Problems.Invalid(fault);
        var change = new AccountChange { Disabled = request.Disabled, Quota = request.Quota, NeedsSecondFactor = request.NeedsSecondFactor };
        (_, IResult? refused) = await DoAsync(request, request.UserId, _ => change, device, store, time, client, cancel);
        return refused ?? Results.NoContent();
    }

    private static async Task<IResult> ResetAsync(
        JsonBody<ResetAccountRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        ResetAccountRequest request = body.Value;
        if (request.CodeHash is not null && RequestRules.Length("codeHash", request.CodeHash, RecordMessage.DigestBytes) is { } fault)
            return Problems.Invalid(fault);
        DateTimeOffset? until = null;
        (int devices, IResult? refused) = await DoAsync(request, request.UserId, act =>
        {
            // As it is stored, in whole milliseconds.
            until = request.CodeHash is null ? null : DateTimeOffset.FromUnixTimeMilliseconds((act.Now + PasswordResets.Life).ToUnixTimeMilliseconds());
            return new AccountChange
            {
                Lockout = request.Lockout, Devices = request.Devices, SecondFactor = request.SecondFactor,
                Code = request.CodeHash is null ? null : (request.CodeHash, until!.Value),
            };
        }, device, store, time, client, cancel);
        return refused ?? Results.Ok(new ResetAnswer(devices, until));
    }

    private static async Task<IResult> RemoveAsync(
        JsonBody<RemoveServerAccountRequest> body, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        (_, IResult? refused) = await DoAsync(
            body.Value, body.Value.UserId, _ => new AccountChange { Removed = true }, device, store, time, client, cancel);
        // The account is removed from here on, even if the client has disconnected. If the server stops now, the next server's sweep erases the rest.
        while (refused is null && await store.EraseRemovedAsync(CancellationToken.None))
        {
        }

        return refused ?? Results.NoContent();
    }

    /// <summary>Makes a change: how many devices it revoked, or why it is refused.</summary>
    private static async Task<(int Devices, IResult? Refused)> DoAsync(
        AdministrationRequest request, string userId, Func<Act, AccountChange> change, CurrentDevice device, IServerStore store, TimeProvider time,
        ClientAddress client, CancellationToken cancel)
    {
        if (RequestRules.UserId(userId, out string normalized) is { } fault)
            return (0, Problems.Invalid(fault));
        (SignedByAdministrator? signed, IResult? refused) = await SignedByAdministrator.VerifyAsync(request, device, store, time, client, cancel);
        if (signed is null)
            return (0, refused);
        AdministrationOutcome made = await store.ChangeAccountAsync(signed.By, normalized, change(signed.Act), signed.Act, cancel);
        return made.Outcome switch
        {
            ChangeOutcome.Done => (made.Devices, null),
            ChangeOutcome.NotThere => (0, Problems.ServerAccountNotFound()),
            _ => (0, signed.State.Answered(made.Outcome)),
        };
    }
}
