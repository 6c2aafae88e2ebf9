using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Sharing;
using Passpack.Server.Storage;

namespace Passpack.Server.Sync;

/// <summary>Reading a vault: its changes, manifests, and records by id.</summary>
internal static class VaultEndpoints
{
    /// <summary>The route of one part of a vault.</summary>
    public static string Of(string part) => $"{Routes.Vaults}/{{vaultId:guid}}/{part}";

    public static IResult NoSuchVault() => Problems.NotFound("The account has no such vault.");

    public static void MapVaults(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Of(Routes.Changes), Changes)
            .Describe("Sync", "ReadChanges", "What changed after a revision, page by page, without the bodies of chunks of attachments; the last page says where the vault stands.")
            .AnswersRecords<ChangePageMetadata>("R")
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status422UnprocessableEntity, StatusCodes.Status404NotFound)
            .NeedsDeviceToken().TakesKeyFileMachines()
            .WithMetadata(Transfer.Answer);

        routes.MapGet(Of(Routes.Manifests), Manifests)
            .Describe("Sync", "ReadManifests", "Manifests after one generation and before another, both excluded, oldest first.")
            .Answers<ManifestPage>()
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status422UnprocessableEntity, StatusCodes.Status404NotFound)
            .NeedsDeviceToken().TakesKeyFileMachines()
            .WithMetadata(Transfer.Answer);

        routes.MapPost(Of(Routes.Records), Records)
            .Describe("Sync", "ReadRecords", "The newest state of records by id, chunks of attachments with their bodies; ask again for what did not fit.")
            .AnswersRecords<RecordsAnswerMetadata>("R")
            .Refuses(StatusCodes.Status404NotFound)
            .NeedsDeviceToken().TakesKeyFileMachines()
            .WithMetadata(Transfer.Answer);
    }

    private static async Task<IResult> Changes(
        Guid vaultId, CurrentDevice device, IServerStore store, CancellationToken cancel, long after = 0, string? page = null, long? generation = null,
        long? statements = null, bool shared = false)
    {
        if (after < 0 || generation < 0)
            return Problems.Invalid("after and generation are not negative.");
        if (statements < -1)
            return Problems.Invalid("statements is the number of a statement, or -1.");
        PagePosition position = PagePosition.AfterRevision(after);
        if (page is not null && !PageToken.TryRead(page, out position))
            return Problems.Invalid("page is not one that this server gave out.");

        var wish = new HeadWish(generation, statements, shared);
        return await SharedAccess.ReadAsync(
            store, device, vaultId, vault => store.ReadChangesAsync(vault, position, wish, cancel),
            slice => new RecordResult(new ChangePage(slice.Changes, slice.Next is { } next ? PageToken.Write(next) : null, slice.Head).ToMessage()), cancel);
    }

    private static async Task<IResult> Manifests(
        Guid vaultId, CurrentDevice device, IServerStore store, CancellationToken cancel, long after = 0, long before = long.MaxValue)
    {
        if (after < 0 || before < 0)
            return Problems.Invalid("after and before are not negative.");
        return await SharedAccess.ReadAsync(
            store, device, vaultId, vault => store.ReadManifestsAsync(vault, after, before, cancel), manifests => Results.Ok(new ManifestPage(manifests)), cancel);
    }

    private static async Task<IResult> Records(
        Guid vaultId, JsonBody<RecordsRequest> body, CurrentDevice device, IServerStore store, CancellationToken cancel)
    {
        RecordsRequest request = body.Value;
        if (request.Records.Count > Limits.RecordIdsPerRequest)
            return Problems.Invalid($"records has more than {Limits.RecordIdsPerRequest} items.");
        if (request.Records.Any(key => key is null))
            return Problems.Invalid("records holds null.");
        return await SharedAccess.ReadAsync(
            store, device, vaultId, vault => store.ReadRecordsAsync(vault, request.Records.Distinct(), cancel),
            records => new RecordResult(new RecordsAnswer(records).ToMessage()), cancel);
    }
}
