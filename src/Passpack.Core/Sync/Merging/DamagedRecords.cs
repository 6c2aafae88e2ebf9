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
    public static string WayOut(Guid id) => $"If no machine has it sound: Sync-PasspackVault -Resolve @{{ '{id}' = 'Local' }} sends this machine's version over it.";

    public static bool IsSettled(SyncRun run, Guid id) => run.Options.Resolve.TryGetValue(id, out ConflictPolicy policy) && policy == ConflictPolicy.PreferLocal;

    public static bool AnySettled(SyncRun run) => run.Options.Resolve.Keys.Any(id =>
        IsSettled(run, id) && run.Connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM mirror WHERE id = $1 AND owed = 1)", id) != 0);

    /// <summary>Turns this machine's versions of damaged records into local changes, for the entries that -Resolve names.</summary>
    public static void Settle(SyncRun run)
    {
        foreach ((Guid id, ConflictPolicy policy) in run.Options.Resolve)
        {
            if (policy != ConflictPolicy.PreferLocal)
                continue;
            foreach (byte stream in run.Connection.Query("SELECT stream FROM mirror WHERE id = $1 AND owed = 1", row => (byte)row.GetInt64(0), id).ToList())
                Settle(run, (RecordStream)stream, id);
        }
    }

    private static void Settle(SyncRun run, RecordStream stream, Guid id)
    {
        long next = Mirror.Find(run.Connection, (byte)stream, id)!.Version + 1;
        switch (stream)
        {
            case RecordStream.Data when EntryState.Find(run.Connection, id) is { IsLocal: false, MirrorHead: not null } state:
                EntryContent content = state.OpenMirror(run.Keys);
                LocalData.Put(run.Connection, id, next, SealedEntry.Seal(run.Keys, id, next, content), run.Keys.NameKey(content.Name), null);
                break;
            case RecordStream.Tags or RecordStream.Favorite:
                LocalOverlay flags = LocalOverlay.Of(run.Use, stream)!;
                new ResendQueue(run).Put((byte)stream, id, next, SealedEntry.SealAgain(run.Keys, stream, id, flags.Effective(id), next));
                break;
        }
    }
}
