using Passpack.Packing;
using Passpack.Protocol;
using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>Asks by id for records whose bodies were missing or damaged when they came.</summary>
internal static class OwedRecords
{
    /// <returns>Whether any is sound now: what waited for it can go on.</returns>
    public static async Task<bool> FetchAsync(SyncRun run, CancellationToken cancellationToken)
    {
        List<RecordKey> owed = [.. run.Connection.Query("SELECT stream, id FROM mirror WHERE owed = 1 LIMIT $1",
            row => new RecordKey((byte)row.GetInt64(0), row.GetId(1)), Limits.RecordIdsPerRequest)];
        // What was found damaged in this very run is not asked for at once: the next sync does.
        owed.RemoveAll(key => run.Done.Exists(change => change.Id == key.Id && change.Action == SyncAction.Damaged));
        if (owed.Count == 0)
            return false;
        RecordsAnswer answer = await run.Client.PostAsync(Routes.OfVault(run.Account.VaultId, Routes.Records), new RecordsRequest(owed),
            ProtocolJson.Default.RecordsRequest, ProtocolJson.Default.RecordsAnswer, cancellationToken).ConfigureAwait(false);
        if (answer.Records is null)
            throw run.Client.NotPasspack("its records are incomplete");
        List<RecordKey> still = [];
        run.InTransaction(() =>
        {
            foreach (RecordChange record in answer.Records)
                Take(run, record);
            still = owed.FindAll(key => IsOwed(run, key));
            foreach (RecordKey key in still)
                run.Done.Add(new SyncChange(key.Id, "", SyncAction.Damaged, [], "its online record is still damaged; push it again from a machine that has it"));
        });
        return still.Count < owed.Count;
    }

    private static void Take(SyncRun run, RecordChange record)
    {
        // Only what the manifest vouches for: the record that was claimed, in exactly that body.
        if (record?.Body is null || Mirror.Find(run.Connection, record.Stream, record.Id) is not { } claimed
            || claimed.Version != record.Version || !RecordBody.Digest(record.Body).AsSpan().SequenceEqual(claimed.Digest))
        {
            return;
        }
        OnlineRecord sound = OnlineRecord.Of(record) with { Digest = claimed.Digest, Deleted = claimed.Deleted };
        EntryContent? summary;
        try
        {
            summary = Mirror.Open(run.Keys, sound);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            return;
        }
        // Of entry data the version before went to the history when the damage was found.
        if (Flags(run, sound.Kind) is { } flags && !flags.HasOwn(sound.Id))
            flags.KeepInHistory(sound.Id, HistoryReason.Sync, run.Now);
        Mirror.Put(run.Connection, run.Keys, sound, summary);
        run.Done.Add(new SyncChange(record.Id, summary?.Name ?? "", SyncAction.Pulled, [], "its damaged online record is sound again"));
    }

    private static LocalFlags? Flags(SyncRun run, RecordStream stream) => stream switch
    {
        RecordStream.Tags => LocalFlags.Tags(run.Use),
        RecordStream.Favorite => LocalFlags.Favorites(run.Use),
        _ => null,
    };

    private static bool IsOwed(SyncRun run, RecordKey key) =>
        run.Connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM mirror WHERE stream = $1 AND id = $2 AND owed = 1)", (long)key.Stream, key.Id) != 0;
}
