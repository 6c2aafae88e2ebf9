using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Storage;

namespace Passpack.Server.Sharing;

/// <summary>Creates shared vaults.</summary>
internal static class SharedVaultEndpoints
{
    public static void MapSharedVaults(this IEndpointRouteBuilder routes) => routes.MapPost(Routes.SharedVaults, Create)
        .Describe("Sharing", "CreateSharedVault", "A shared vault: its first statement, which its id is out of, its first manifest, and its key wrapped for its founder.")
        .Answers(StatusCodes.Status204NoContent)
        .Refuses(StatusCodes.Status507InsufficientStorage)
        .NeedsDeviceToken()
        .TakesBodyUpTo(EndpointConventions.SmallBody);

    private static async Task<IResult> Create(
        JsonBody<CreateSharedVaultRequest> body, CurrentDevice device, ServerOptions options, DiskReserve disk, IServerStore store, TimeProvider time,
        ClientAddress client, CancellationToken cancel)
    {
        CreateSharedVaultRequest request = body.Value;
        if (!SignedStatement.TryRead(request.Statement, out SignedStatement? first, out string? fault))
            return Problems.Invalid($"statement {fault}.");
        if (RequestRules.Length("wrappedKey", request.WrappedKey, WrappedKey.KeyBytes) is { } noKey)
            return Problems.Invalid(noKey);
        if (ManifestCheck.Read(request.Manifest, "manifest", out SignedManifest? manifest, isShared: true) is { } noManifest)
            return Problems.Invalid(noManifest);
        if (await AccountState.ReadAsync(store, device, cancel) is not { } state)
            return Problems.DeviceRevoked();
        StatementFault refused = VaultLog.TryBegin(first, out VaultLog? log);
        if (log is null)
            return refused == StatementFault.SignatureInvalid ? Problems.NotSigned("statement") : Problems.Invalid("statement does not begin a log.");
        AccountIdentity founder = ((StatementAct.Create)first.Content.Act).Founder;
        if (!founder.Bytes.SequenceEqual(state.Keys.Identity.Bytes))
            return Problems.NotSigned("statement");
        if (ManifestCheck.FindForgery(manifest!, "manifest", founder) is { } forgery)
            return forgery;
        var shared = new SharedManifest(
            new ChainHead(request.Manifest.Generation, Hash256.Of(request.Manifest.Sealed)), default, manifest!.Log!.Value, log.State.Epoch, first.Content.Author);
        fault = log.Judge(shared, ChainHead.None) != ManifestFault.None ? "manifest is not the first of the vault, or does not name statement."
            : ManifestCheck.FindFault(manifest, "manifest", 1, new VaultEpoch(log), "statement");
        if (fault is not null)
            return Problems.Invalid(fault);
        if (!disk.HasReserve)
            return Problems.DiskFull();

        var vault = new NewSharedVault(log.VaultId, first.Content.Author, request.Statement, first.Hash, request.Manifest, request.WrappedKey);
        return SharingProblems.OfOutcome(await store.AddSharedVaultAsync(
            device.Account, vault, new Quotas(options.QuotaBytes, options.TotalQuotaBytes), device.Act(client, time.GetUtcNow()), cancel));
    }
}
