using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Login;
using Passpack.Server.Storage;

namespace Passpack.Server.Accounts;

/// <summary>Removes accounts.</summary>
internal static class RemovalEndpoint
{
    public static void MapRemoval(this IEndpointRouteBuilder routes) => routes.MapPost(Routes.AccountRemoval, Remove)
        .Describe("Accounts", "RemoveAccount", "Removes the account with everything in it, for good; needs a proof of the Password. Its User ID is free then.")
        .Answers(StatusCodes.Status204NoContent)
        .LimitsSignIns()
        .NeedsDeviceToken();

    private static async Task<IResult> Remove(
        JsonBody<RemoveAccountRequest> body, CurrentDevice device, IServerStore store, LoginThrottle throttle, ClientAddress client, CancellationToken cancel)
    {
        if (RequestRules.Length("proof", body.Value.Proof, RequestRules.ProofBytes) is { } fault)
            return Problems.Invalid(fault);

        (ProofVerdict verdict, _) = await throttle.VerifyAsync(device, _ => body.Value.Proof, client, cancel);
        if (!verdict.Proved)
            return Problems.NotProved(verdict);

        await store.RemoveAccountAsync(device.Account, cancel);
        // The account is removed from here on, even if the client has disconnected. If the server stops now, the next server's sweep erases the rest.
        while (await store.EraseRemovedAsync(CancellationToken.None))
        {
        }

        return Results.NoContent();
    }
}
