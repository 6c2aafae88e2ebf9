using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Sharing;
using Passpack.Server.Storage;

namespace Passpack.Server.Sync;

/// <summary>Serves the earlier versions of a record.</summary>
internal static class VersionEndpoint
{
    public static void MapVersions(this IEndpointRouteBuilder routes) => routes.MapGet(VaultEndpoints.Of(Routes.Versions), Versions)
        .Describe("Sync", "ReadVersions", "The earlier versions of one record that are still kept, the newest first, page by page.")
        .AnswersRecords<VersionPageMetadata>("V")
        .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status422UnprocessableEntity, StatusCodes.Status404NotFound)
        .NeedsDeviceToken().TakesKeyFileMachines()
        .WithMetadata(Transfer.Answer);

    private static async Task<IResult> Versions(
        Guid vaultId, byte stream, Guid record, CurrentDevice device, IServerStore store, CancellationToken cancel, long before = long.MaxValue)
    {
        if (before < 1)
            return Problems.Invalid("before is a version, and versions start at 1.");
        return await SharedAccess.ReadAsync(
            store, device, vaultId, vault => store.ReadVersionsAsync(vault, new RecordKey(stream, record), before, cancel),
            slice => new RecordResult(new VersionPage(slice.Versions, slice.NextBefore).ToMessage()), cancel);
    }
}
