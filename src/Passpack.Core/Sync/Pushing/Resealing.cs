using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Pushing;

/// <summary>
/// Seals the online records of earlier epochs anew under the present one, batch by batch, after everything else has been pushed. What does not open is left
/// as it is, and told.
/// </summary>
internal sealed class Resealing(SyncRun run)
{
    private readonly HashSet<RecordKey> _left = [];
    private long _after;
    private long _deletedAfter;
    private bool _deletionsDone;
    private int _sealed;

    private VaultConnection Connection => run.Connection;

    /// <summary>The next batch. Empty when nothing is left to do.</summary>
    public async Task<IReadOnlyList<RecordChange>> NextBatchAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<RecordChange> batch = NextLive();
        if (batch.Count == 0 && !_deletionsDone)
            batch = await NextDeletedAsync(cancellationToken).ConfigureAwait(false);
        _sealed += batch.Count;
        return batch;
    }

    /// <summary>
    /// Notes that all of it is done, and tells what was done and what was left. A record whose body is missing here starts it again when that comes.
    /// </summary>
    public void Finish()
    {
        run.InTransaction(() => AccountRow.Change(Connection, run.Keys, "UPDATE account SET resealing = 0"));
        run.Account = run.Account with { IsResealing = false };
        if (_sealed > 0)
            run.Report.Note($"{_sealed:N0} online records of {run.Account.UserId} are sealed under the new keys (epoch {run.Keys.Epoch}).");
        foreach (Guid id in _left.Select(key => key.Id).Distinct())
        {
            run.Report.Finish(new SyncChange(id, "", SyncAction.Damaged, [],
                $"its online record does not open, and so stays under the keys before. {Merging.DamagedRecords.WayOut(id)}"));
        }
    }

    private List<RecordChange> NextLive()
    {
        var batch = new List<RecordChange>();
        long bytes = 0;
        foreach ((long row, RecordChange record) in Connection.Query(
            """
            SELECT row, stream, id, version, digest, head, tail FROM mirror
            WHERE row > $1 AND stream IN (1, 2, 3) AND deleted = 0 AND owed = 0 AND head IS NOT NULL ORDER BY row
            """,
            row => (row.GetInt64(0), Live(row.GetInt64(1), row.GetId(2), row.GetInt64(3), row.GetBytes(4), row.GetBytes(5), row.GetBytesOrNull(6))), _after))
        {
            if (ResealedRecord.EpochOf(record.Stream, record.Deleted, record.Body) is var epoch && epoch != 0 && epoch < run.Keys.Epoch)
            {
                bytes += record.Body.Length;
                if (batch.Count == Limits.RecordsPerBatch || (batch.Count > 0 && bytes > run.MostPushBytes))
                    break;
                Add(batch, record);
            }
            _after = row;
        }
        return batch;
    }

    // The mirror keeps no bodies of deletions, so they are asked for.
    private async Task<IReadOnlyList<RecordChange>> NextDeletedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            List<(long Row, RecordKey Key, byte[] Digest)> some = [.. Connection.Query(
                "SELECT row, stream, id, digest FROM mirror WHERE row > $1 AND stream IN (1, 2, 3) AND deleted = 1 ORDER " +
                $"BY row LIMIT {Limits.RecordIdsPerRequest}",
                row => (row.GetInt64(0), new RecordKey((byte)row.GetInt64(1), row.GetId(2)), row.GetBytes(3)), _deletedAfter)];
            if (some.Count == 0)
            {
                _deletionsDone = true;
                return [];
            }
            RecordsAnswer answer = await run.Client.PostAsync(Routes.OfVault(run.Account.VaultId, Routes.Records),
                new RecordsRequest([.. some.Select(row => row.Key)]),
                ProtocolJson.Default.RecordsRequest, RecordsAnswer.ReadAsync, cancellationToken).ConfigureAwait(false);
            var served = new Dictionary<RecordKey, RecordChange>();
            foreach (RecordChange record in answer.Records)
                served.TryAdd(new RecordKey(record.Stream, record.Id), record);
            var batch = new List<RecordChange>();
            long bytes = 0;
            foreach ((long row, RecordKey key, byte[] digest) in some)
            {
                if (batch.Count > 0 && bytes > run.MostPushBytes)
                    break;
                _deletedAfter = row;
                // Only the record that the manifest vouches for.
                if (served.TryGetValue(key, out RecordChange? record) && record.Deleted && RecordBody.Digest(record.Body).AsSpan().SequenceEqual(digest)
                    && ResealedRecord.EpochOf(record.Stream, true, record.Body) is var epoch && epoch != 0 && epoch < run.Keys.Epoch)
                {
                    bytes += record.Body.Length;
                    Add(batch, record);
                }
            }
            if (batch.Count > 0)
                return batch;
        }
    }

    private void Add(List<RecordChange> batch, RecordChange record)
    {
        if (ResealedRecord.Seal(run.Keys, record, record.Version + 1) is { } after)
            batch.Add(after);
        else
            _left.Add(new RecordKey(record.Stream, record.Id));
    }

    private static RecordChange Live(long stream, Guid id, long version, byte[] digest, byte[] head, byte[]? tail) =>
        new((byte)stream, id, version, false, digest, tail is null ? head : RecordBody.Join(head, tail));
}
