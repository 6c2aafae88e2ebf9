using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Merging;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Recovery;

/// <summary>Asks by id for records whose bodies were missing or damaged when they came.</summary>
internal static class RecordRefetch
{
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="later">Collects the records of which the server has a later version than the manifest names: the next pull brings them.</param>
    /// <returns>Whether any record was recovered, so that changes that waited for it can go on.</returns>
    public static async Task<bool> FetchAsync(SyncRun run, CancellationToken cancellationToken, ISet<RecordKey>? later = null)
    {
        // A record found damaged in this run is not asked for again at once, but in the next sync.
        HashSet<Guid> notNow = [.. run.Report.Done
            .Where(change => change.Action == SyncAction.Damaged && !DamagedRecords.IsSettled(run, change.Id)).Select(change => change.Id)];
        List<RecordKey> owed = [.. Mirror.Owed(run.Connection).Where(key => !notNow.Contains(key.Id))];
        bool any = false;
        foreach (RecordKey[] some in owed.Chunk(Limits.RecordIdsPerRequest))
            any |= await FetchAsync(run, some, later, cancellationToken).ConfigureAwait(false);
        return any;
    }

    /// <summary>Asks for records. An answer may hold only some: the rest is asked for again, until an answer brings none.</summary>
    private static async Task<bool> FetchAsync(SyncRun run, RecordKey[] keys, ISet<RecordKey>? later, CancellationToken cancellationToken)
    {
        var unanswered = new HashSet<RecordKey>(keys);
        bool any = false;
        int before;
        do
        {
            before = unanswered.Count;
            IReadOnlyList<RecordChange> records = await RequestAsync(run, [.. unanswered], cancellationToken).ConfigureAwait(false);
            run.InTransaction(() =>
            {
                foreach (RecordChange record in records)
                    Take(run, record, later);
            });
            unanswered.ExceptWith(records.Select(record => new RecordKey(record.Stream, record.Id)));
        }
        while (unanswered.Count > 0 && unanswered.Count < before);
        foreach (RecordKey key in keys)
        {
            if (!Mirror.IsOwed(run.Connection, key))
                any = true;
            else if (!DamagedRecords.IsSettled(run, key.Id))
                run.Report.Finish(new SyncChange(key.Id, "", SyncAction.Damaged, [], $"its online record is still damaged. {DamagedRecords.WayOut(key.Id)}"));
        }
        return any;
    }

    private static async Task<IReadOnlyList<RecordChange>> RequestAsync(SyncRun run, RecordKey[] owed, CancellationToken cancellationToken)
    {
        RecordsAnswer answer = await run.Client.PostAsync(Routes.OfVault(run.Account.VaultId, Routes.Records), new RecordsRequest(owed),
            ProtocolJson.Default.RecordsRequest, RecordsAnswer.ReadAsync, cancellationToken).ConfigureAwait(false);
        return answer.Records;
    }

    private static void Take(SyncRun run, RecordChange record, ISet<RecordKey>? later)
    {
        if (Mirror.Find(run.Connection, new(record.Stream, record.Id)) is not { } claimed)
            return;
        if (record.Version > claimed.Version)
            later?.Add(new RecordKey(record.Stream, record.Id));
        // Accepts only the record that the manifest vouches for: this version with exactly this body.
        if (claimed.Version != record.Version || !RecordBody.Digest(record.Body).AsSpan().SequenceEqual(claimed.Digest))
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
        // Only for tags and favorites: the previous version of entry data went to the history when the damage was found.
        if (LocalOverlay.Of(run.Use, sound.Kind) is { } flags && !flags.HasOwn(sound.Id))
            flags.KeepInHistory(sound.Id, HistoryReason.Sync, run.Now);
        Mirror.Put(run.Connection, run.Keys, sound, summary);
        if (sound.Kind is RecordStream.Data or RecordStream.Tags or RecordStream.Favorite && !run.Account.IsResealing
            && ResealedRecord.EpochOf(sound.Stream, sound.Deleted, record.Body) < run.Keys.Epoch)
        {
            AccountRow.Change(run.Connection, run.Keys, "UPDATE account SET resealing = 1");
            run.Account = run.Account with { IsResealing = true };
        }
        run.Report.Finish(new SyncChange(record.Id, summary?.Name ?? "", SyncAction.Pulled, [], "its damaged online record is sound again"));
    }
}
