using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Manifests;
using Passpack.Sync.Session;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Pushing;

/// <summary>Records sealed anew, and what they change in the sums of the manifest.</summary>
internal sealed record ResealedBatch(IReadOnlyList<RecordChange> Records, ManifestSums Change);

/// <summary>
/// Seals the online records of earlier epochs anew under the present one, batch by batch, after everything else has been pushed. What does not open is left
/// as it is, and told.
/// </summary>
internal sealed class Resealing(SyncRun run) : IAsyncDisposable
{
    private const int Chunk = 250;

    private readonly HashSet<RecordKey> _left = [];
    private Task<Sealing>? _next;
    private long _after;
    private long _deletedAfter;
    private bool _deletionsDone;
    private int _sealed;

    private VaultConnection Connection => run.Connection;

    /// <summary>The next batch. Empty when nothing is left to do. While its caller sends it, the one after it is sealed.</summary>
    public async Task<ResealedBatch> NextBatchAsync(CancellationToken cancellationToken)
    {
        ResealedBatch batch = Note(await (_next ?? SealNextAsync()).ConfigureAwait(false));
        if (batch.Records.Count > 0)
            _next = SealNextAsync();
        else if (!_deletionsDone)
            batch = await NextDeletedAsync(cancellationToken).ConfigureAwait(false);
        _sealed += batch.Records.Count;
        return batch;
    }

    /// <summary>Waits for what is being sealed ahead: it uses the keys.</summary>
    public async ValueTask DisposeAsync() => await (_next ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

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

    // The connection is for one thread, so the rows are read before.
    private Task<Sealing> SealNextAsync()
    {
        List<RecordChange> records = NextLive();
        return Task.Run(() => Seal(records));
    }

    /// <summary>Records under earlier keys, as many as go into one push.</summary>
    private List<RecordChange> NextLive()
    {
        var batch = new List<RecordChange>();
        long bytes = 0;
        // Without the plus SQLite takes the index of streams, and then sorts all that is left of the mirror for every batch.
        foreach ((long row, RecordChange record) in Connection.Query(
            """
            SELECT row, stream, id, version, digest, head, tail FROM mirror
            WHERE row > $1 AND +stream IN (1, 2, 3, 5, 6, 7) AND deleted = 0 AND owed = 0 AND head IS NOT NULL ORDER BY row
            """,
            row => (row.GetInt64(0), Live(row.GetInt64(1), row.GetId(2), row.GetInt64(3), row.GetBytes(4), row.GetBytes(5), row.GetBytesOrNull(6))), _after))
        {
            if (IsEarlier(record))
            {
                bytes += record.Body.Length;
                if (batch.Count == Limits.RecordsPerBatch || (batch.Count > 0 && bytes > run.MostPushBytes))
                    break;
                batch.Add(record);
            }
            _after = row;
        }
        return batch;
    }

    private bool IsEarlier(RecordChange record) =>
        ResealedRecord.EpochOf(record.Stream, record.Deleted, record.Body) is var epoch && epoch != 0 && epoch < run.Keys.Epoch;

    private Sealing Seal(IReadOnlyList<RecordChange> records)
    {
        var all = new Sealing([], new ManifestSums(), []);
        foreach (Sealing part in SideBySide.InOrder(records.Chunk(Chunk), SealPart, _ => SideBySide.BatchBytes))
        {
            all.Records.AddRange(part.Records);
            all.Change.Add(part.Change);
            all.Left.AddRange(part.Left);
        }
        return all;
    }

    private Sealing SealPart(RecordChange[] records)
    {
        var part = new Sealing([], new ManifestSums(), []);
        foreach (RecordChange before in records)
        {
            if (ResealedRecord.Seal(run.Keys, before, before.Version + 1) is not { } after)
            {
                part.Left.Add(new RecordKey(before.Stream, before.Id));
                continue;
            }
            part.Records.Add(after);
            part.Change.Subtract(before.Stream, before.Id, before.Version, before.Deleted, before.Digest);
            part.Change.Add(after.Stream, after.Id, after.Version, after.Deleted, after.Digest);
        }
        return part;
    }

    private ResealedBatch Note(Sealing batch)
    {
        _left.UnionWith(batch.Left);
        return new ResealedBatch(batch.Records, batch.Change);
    }

    // The mirror keeps no bodies of deletions, so they are asked for.
    private async Task<ResealedBatch> NextDeletedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            List<(long Row, RecordKey Key, byte[] Digest)> some = [.. Connection.Query(
                "SELECT row, stream, id, digest FROM mirror WHERE row > $1 AND +stream IN (1, 2, 3, 5, 6, 7) AND deleted = 1 ORDER " +
                $"BY row LIMIT {Limits.RecordIdsPerRequest}",
                row => (row.GetInt64(0), new RecordKey((byte)row.GetInt64(1), row.GetId(2)), row.GetBytes(3)), _deletedAfter)];
            if (some.Count == 0)
            {
                _deletionsDone = true;
                return new ResealedBatch([], new ManifestSums());
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
                    && IsEarlier(record))
                {
                    bytes += record.Body.Length;
                    batch.Add(record with { Digest = digest });
                }
            }
            if (Note(Seal(batch)) is { Records.Count: > 0 } batchSealed)
                return batchSealed;
        }
    }

    private static RecordChange Live(long stream, Guid id, long version, byte[] digest, byte[] head, byte[]? tail) =>
        new((byte)stream, id, version, false, digest, tail is null ? head : RecordBody.Join(head, tail));

    /// <param name="Records">Sealed.</param>
    /// <param name="Change">In the sums.</param>
    /// <param name="Left">What does not open.</param>
    private sealed record Sealing(List<RecordChange> Records, ManifestSums Change, List<RecordKey> Left);
}
