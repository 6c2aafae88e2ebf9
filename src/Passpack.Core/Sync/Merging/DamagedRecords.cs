using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Merging;

/// <summary>
/// The way out if a record is damaged online and no machine has it sound: <c>-Resolve @{ id = 'Local' }</c> overwrites it with this machine's
/// version.
/// </summary>
internal static class DamagedRecords
{
    public static string WayOut(Guid id) => $"If no machine has it sound: {ResolveAdvice.TakeLocal(id)} sends this machine's version over it.";

    public static bool IsSettled(SyncRun run, Guid id) =>
        run.Options.Resolve.TryGetValue(id, out ConflictPolicy policy) && policy == ConflictPolicy.PreferLocal;

    public static bool AnySettled(SyncRun run) => run.Options.Resolve.Keys.Any(id =>
        IsSettled(run, id) && Mirror.OwedStreams(run.Connection, id).Count > 0);

    /// <summary>Turns this machine's versions of damaged records into local changes, for the entries that -Resolve names.</summary>
    public static void Settle(SyncRun run)
    {
        foreach ((Guid id, ConflictPolicy policy) in run.Options.Resolve)
        {
            if (policy != ConflictPolicy.PreferLocal)
                continue;
            foreach (RecordStream stream in Mirror.OwedStreams(run.Connection, id))
                Settle(run, stream, id);
        }
    }

    private static void Settle(SyncRun run, RecordStream stream, Guid id)
    {
        var key = new RecordKey((byte)stream, id);
        long next = Mirror.Find(run.Connection, key)!.Version + 1;
        switch (stream)
        {
            case RecordStream.Data when EntryState.Find(run.Connection, id) is { IsLocal: false, MirrorHead: not null } state:
                LocalData.Seal(run.Use, id, next, state.OpenMirror(run.Keys), null);
                break;
            case RecordStream.Tags or RecordStream.Favorite:
                LocalOverlay flags = LocalOverlay.Of(run.Use, stream)!;
                new ResendQueue(run).Put(key, next, SealedEntry.SealAgain(run.Keys, stream, id, flags.Effective(id), next));
                break;
        }
    }
}
