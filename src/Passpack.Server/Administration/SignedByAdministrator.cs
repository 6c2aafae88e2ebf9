using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Administration;

/// <summary>
/// A request of an administrator whose signature was verified. That the account is an administrator's, and that the request was not taken before, the store
/// sees to.
/// </summary>
/// <param name="State">What the signature was verified by.</param>
/// <param name="By">For the store.</param>
/// <param name="Act">For the logs.</param>
internal sealed record SignedByAdministrator(AccountState State, AdministratorTurn By, Act Act)
{
    /// <summary>Verifies a request: either it, or why it is refused.</summary>
    public static async Task<(SignedByAdministrator? Signed, IResult? Refused)> VerifyAsync(
        AdministrationRequest request, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        AdministratorSignature by = request.By;
        if (by.Number < 0)
            return (null, Problems.Invalid("by.number is not negative."));
        if (RequestRules.Statement(by.Head, by.Signature, "by.") is { } fault)
            return (null, Problems.Invalid(fault));
        (AccountState? state, IResult? refused) = await AccountState.OfSignedAsync(store, device, SignaturePurpose.Administration, by.Head, by.Signature,
            vault => Statements.Administration(vault, by.Head, by.Number, request.ToContent()), cancel);
        if (state is null)
            return (null, refused);
        Act act = device.Act(client, time.GetUtcNow()) with { Actor = EventActor.Administrator };
        return (new SignedByAdministrator(state, new AdministratorTurn(device.Account, by.Head, by.Number), act), null);
    }

    /// <summary>Verifies a request that only reads, and takes it. Null if it may be answered; otherwise why not.</summary>
    public static async Task<IResult?> TakeAsync(
        AdministrationRequest request, CurrentDevice device, IServerStore store, TimeProvider time, ClientAddress client, CancellationToken cancel)
    {
        (SignedByAdministrator? signed, IResult? refused) = await VerifyAsync(request, device, store, time, client, cancel);
        if (signed is null)
            return refused;
        ChangeOutcome outcome = await store.AdministerAsync(signed.By, cancel);
        return outcome == ChangeOutcome.Done ? null : signed.State.Answered(outcome);
    }
}
