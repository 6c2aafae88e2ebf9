using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Storage;

namespace Passpack.Server.Sync;

/// <summary>Accepts pushes.</summary>
internal static class PushEndpoint
{
    // The most bytes of a deletion's body when the disk is full. A client's has about 100; larger ones could bypass the reserve.
    private const int DeletionBytes = 1024;

    public static void MapPushes(this IEndpointRouteBuilder routes) => routes.MapPost(VaultEndpoints.Of(Routes.Pushes), Push)
        .Describe("Sync", "Push", "Takes a batch of changes in, whole or not at all. A repeat of the same bytes gets the same answer.")
        .Answers<PushAnswer>()
        .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict, StatusCodes.Status507InsufficientStorage)
        .NeedsDeviceToken()
        .TakesBodyUpTo(Limits.MessageBytes)
        .WithMetadata(Transfer.Push);

    private static async Task<IResult> Push(
        Guid vaultId, JsonBody<PushRequest> body, CurrentDevice device, ServerOptions options, DiskReserve disk, IServerStore store, TimeProvider time,
        CancellationToken cancel)
    {
        if (PushCheck.FindFault(body.Value) is { } fault)
            return fault;
        // Deletions free space later, so they are accepted on a full disk and somewhat beyond the quotas: otherwise nobody could ever make room.
        bool deletes = body.Value.Records.All(record => record.Deleted && record.Body.Length <= DeletionBytes);
        if (!disk.HasReserve && !deletes)
            return Problems.DiskFull();

        var push = new Push(
            body.Value, SHA256.HashData(body.Bytes), Quota(options.QuotaBytes, deletes), options.Retention, time.GetUtcNow())
        {
            TotalQuotaBytes = options.TotalQuotaBytes is { } total ? Quota(total, deletes) : null,
        };
        PushOutcome? outcome = await store.ApplyPushAsync(device.Vault(vaultId), push, cancel);
        return outcome switch
        {
            null => VaultEndpoints.NoSuchVault(),
            { Status: PushStatus.Accepted } => Results.Ok(outcome.Answer),
            { Status: PushStatus.PushIdReused } => Problems.PushIdReused(outcome.Detail),
            { Status: PushStatus.QuotaExceeded } => Problems.QuotaExceeded(outcome.Detail),
            _ => Problems.RevisionConflict(outcome.Detail),
        };
    }

    /// <summary>The most bytes after a push. Deletions may go an eighth beyond it.</summary>
    private static long Quota(long bytes, bool deletes) => deletes ? (long)Int128.Min(long.MaxValue, (Int128)bytes * 9 / 8) : bytes;
}
