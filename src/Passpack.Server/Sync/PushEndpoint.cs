using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Server.Api;
using Passpack.Server.Devices;
using Passpack.Server.Hosting;
using Passpack.Server.Keys;
using Passpack.Server.Sharing;
using Passpack.Server.Storage;
using Passpack.Server.Watching;

namespace Passpack.Server.Sync;

/// <summary>Accepts pushes.</summary>
internal static class PushEndpoint
{
    // The most bytes of a deletion's body when the disk is full. A client's has about 100; larger ones could bypass the reserve.
    private const int DeletionBytes = 1024;

    public static void MapPushes(this IEndpointRouteBuilder routes) => routes.MapPost(VaultEndpoints.Of(Routes.Pushes), Push)
        .Describe("Sync", "Push", "Takes a batch of changes in, whole or not at all. It is signed. A repeat of what it says gets the same answer.")
        .Answers<PushAnswer>()
        .WithMetadata(new RecordLayout(typeof(PushMetadata), "R"))
        .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict, StatusCodes.Status507InsufficientStorage)
        .NeedsDeviceToken().TakesKeyFileMachines()
        .TakesBodyUpTo(Limits.MessageBytes)
        .WithMetadata(Transfer.Push);

    private static async Task<IResult> Push(
        Guid vaultId, PushBody body, CurrentDevice device, ServerOptions options, DiskReserve disk, IServerStore store, SharedLogs logs, TimeProvider time,
        ServerMetrics metrics, CancellationToken cancel)
    {
        if (PushCheck.FindFault(body.Value) is { } formFault)
            return Problems.Invalid(formFault);
        VaultKey vault = device.Vault(vaultId);
        PushBase? found = await store.FindPushBaseAsync(vault, body.Value.PushId, cancel);
        if (found is null)
        {
            (SharedPlace? place, IResult? noMember) = await SharedAccess.FindMemberAsync(store, device, vaultId, cancel);
            if (place is null)
                return noMember!;
            vault = place.Key;
            found = await store.FindPushBaseAsync(vault, body.Value.PushId, cancel);
        }

        if (found is null)
            return VaultEndpoints.NoSuchVault();
        if (ManifestCheck.Read(body.Value.Manifest, "manifest", out SignedManifest? manifest, isShared: found.Log is not null) is { } manifestFault)
            return Problems.Invalid(manifestFault);
        // Before anything that has moved since: another epoch may be in force.
        if (found.Earlier is { } earlier && PushOutcome.OfEarlier(earlier, body.Value.Digest()) is { Status: PushStatus.Accepted } repeat)
            return Results.Ok(repeat.Answer);
        VaultLog? log = found.Log is { } end ? await logs.LoadAsync(vaultId, end, cancel) : null;
        KeyRecordContent? keys = found.Keys is null ? null : KeyRecordCheck.OfStore(found.Keys);
        IResult? refused = log is null
            ? PushCheck.FindForgery(body.Value, manifest!, keys!.Identity, keys.VaultId) : SharedPushCheck.FindForgery(body.Value, manifest!, vault, log);
        if (refused is not null)
            return refused;
        (string? conflict, refused) = found.Earlier is not null ? (null, null)
            : log is null ? (PushCheck.FindConflict(body.Value, found), null) : SharedPushCheck.Judge(body.Value, manifest!, found, log);
        if (conflict is not null)
        {
            metrics.NotePushConflict();
            return await ComeAgainAsync(conflict);
        }

        if (refused is not null)
            return refused;
        (VaultEpoch epoch, string says) = log is null ? (new VaultEpoch(keys!), "the key record") : (new VaultEpoch(log), "the log");
        string? fault = ManifestCheck.FindFault(manifest!, "manifest", body.Value.Manifest.Generation, epoch, says) ?? PushCheck.FindFaultInside(body.Value, epoch);
        if (fault is not null)
            return Problems.Invalid(fault);

        // Deletions free space later, so they are accepted on a full disk and somewhat beyond the quotas: otherwise nobody could ever make room.
        bool deletes = body.Value.Records.All(record => record.Deleted && record.Body.Length <= DeletionBytes);
        if (!disk.HasReserve && !deletes)
        {
            metrics.NotePushWithoutRoom();
            return Problems.DiskFull();
        }

        var push = new Push(
            body.Value, Quota(found.QuotaBytes ?? options.QuotaBytes, deletes), options.Retention, time.GetUtcNow())
        {
            TotalQuotaBytes = options.TotalQuotaBytes is { } total ? Quota(total, deletes) : null,
            Device = device.Told,
            Heads = found.Log is { } judged ? new SharedHeads(judged, SharedPushCheck.HeadOf(found)) : null,
        };
        PushOutcome? outcome = await store.ApplyPushAsync(vault, push, cancel);
        Count(outcome, push, metrics);
        return outcome switch
        {
            null => VaultEndpoints.NoSuchVault(),
            { Status: PushStatus.Accepted } => Results.Ok(outcome.Answer! with { Log = log is null ? outcome.Log : null }),
            { Status: PushStatus.PushIdReused } => Problems.PushIdReused(outcome.Detail),
            { Status: PushStatus.QuotaExceeded } => Problems.QuotaExceeded(outcome.Detail),
            { Status: PushStatus.VersionTooFar or PushStatus.NotResealable } => Problems.Invalid(outcome.Detail!),
            _ => await ComeAgainAsync(outcome.Detail),
        };

        async Task<IResult> ComeAgainAsync(string? detail) =>
            Problems.RevisionConflict(detail, await store.QueueAsync(vault, device.Id, time.GetUtcNow(), cancel));
    }

    private static void Count(PushOutcome? outcome, Push push, ServerMetrics metrics)
    {
        switch (outcome?.Status)
        {
            // A repeat has no log: what it says was counted before.
            case PushStatus.Accepted when outcome.Log is not null:
                metrics.NotePush(push.Request.Records.Count, push.Request.Records.Sum(record => (long)record.Body.Length));
                break;
            case PushStatus.RevisionConflict or PushStatus.NotItsTurn:
                metrics.NotePushConflict();
                break;
            case PushStatus.QuotaExceeded:
                metrics.NotePushWithoutRoom();
                break;
        }
    }

    /// <summary>The most bytes after a push. Deletions may go an eighth beyond it.</summary>
    private static long Quota(long bytes, bool deletes) => deletes ? (long)Int128.Min(long.MaxValue, (Int128)bytes * 9 / 8) : bytes;
}
