using Passpack.Protocol;
using Passpack.Sync.Manifests;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Pushing;

/// <summary>The outcome of a push that was answered.</summary>
internal enum PushResult
{
    /// <summary>The push is online.</summary>
    Accepted,

    /// <summary>Another machine pushed first: pull, then make the push anew.</summary>
    MovedOn,

    /// <summary>A proxy in front of the server refused the push for its size: make it anew with fewer entries.</summary>
    TooLarge,
}

/// <summary>
/// Sends batches, each complete with the manifest that follows from it. A batch's exact bytes are stored before they are sent, until the answer is
/// here; so after a lost answer the same bytes are sent again.
/// </summary>
internal sealed partial class Push(SyncRun run)
{
    // What the sums become when the push in the outbox is accepted: its manifest says so.
    private (Guid PushId, ManifestSums Sums)? _after;

    private VaultConnection Connection => run.Connection;

    /// <summary>Sends the push that an interrupted run left, if any. The answer tells whether the server had accepted it.</summary>
    /// <returns>False if the online account has moved on, or a pull has to show whether it has.</returns>
    public async Task<bool> ResumeAsync(CancellationToken cancellationToken)
    {
        if (run.IsWaitingTooLarge)
        {
            run.InTransaction(GiveUpWaiting);
            return true;
        }
        byte[]? left = Outbox.WaitingBytes(Connection);
        if (left is null)
            return true;
        try
        {
            return await SendAsync(left, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.IsTooLarge)
        {
            run.IsWaitingTooLarge = true;
            return false;
        }
    }

    /// <summary>Pushes records.</summary>
    /// <exception cref="PasspackException">
    /// With <see cref="PasspackException.IsTooLarge"/>: a proxy in front of the server refuses even this one entry for its size.
    /// </exception>
    public Task<PushResult> PushAsync(IReadOnlyList<RecordChange> records, CancellationToken cancellationToken) =>
        PushAsync(records, null, cancellationToken);

    /// <summary>
    /// Pushes records that were only sealed anew. They are taken into the mirror by the same commit that stores the next push, or by
    /// <see cref="AcknowledgeAccepted"/>; until then the push stays in the outbox, and an interrupted run asks for its answer again.
    /// </summary>
    public Task<PushResult> PushResealedAsync(ResealedBatch batch, CancellationToken cancellationToken) =>
        PushAsync(batch.Records, batch.Change, cancellationToken);

    private async Task<PushResult> PushAsync(IReadOnlyList<RecordChange> records, ManifestSums? resealed, CancellationToken cancellationToken)
    {
        byte[] request = [];
        run.InTransaction(() =>
        {
            TakeInAccepted();
            if (run.IsWaitingTooLarge)
                GiveUpWaiting();
            request = PutIntoOutbox(records, resealed);
        });
        _accepted = null;
        try
        {
            bool isAccepted = await SendAsync(request, cancellationToken, later: resealed is not null).ConfigureAwait(false);
            return isAccepted ? PushResult.Accepted : PushResult.MovedOn;
        }
        catch (PasspackException e) when (e.IsTooLarge)
        {
            run.InTransaction(() => Outbox.Empty(Connection));
            if (records.DistinctBy(record => record.Id).Take(2).Count() < 2)
                throw;
            run.MostPushBytes = BytesOf(records) / 2;
            return PushResult.TooLarge;
        }
    }

    private void GiveUpWaiting()
    {
        if (Outbox.Waiting(Connection) is { } push)
            run.MostPushBytes = Math.Min(run.MostPushBytes, BytesOf(push.Records) / 2);
        Outbox.Empty(Connection);
        run.IsWaitingTooLarge = false;
    }

    private static long BytesOf(IReadOnlyList<RecordChange> records) => records.Sum(record => (long)record.Body.Length);

    /// <summary>The entry whose attachments the last batch was of. Null if it was of entries.</summary>
    public Guid? ChunksOf { get; private set; }

    /// <summary>
    /// The next batch of pending entries, as they are sealed, or of chunks of attachments that have to be online before the entry that names them; empty when
    /// all are done.
    /// </summary>
    public IReadOnlyList<RecordChange> NextBatch()
    {
        ChunksOf = null;
        using var chunks = new ChunkUpload(run);
        var batch = new List<RecordChange>();
        int bytes = 0;
        foreach (var pending in Connection.Query(
            """
            SELECT l.id, l.version, l.trashed, l.head, l.tail, h.version, h.head, h.tail
            FROM local_data l LEFT JOIN history h ON h.seq = l.loser
            WHERE l.pending = 1 AND (l.trashed IS NULL OR h.version > (SELECT m.version FROM mirror m WHERE m.stream = 1 AND m.id = l.id AND m.deleted = 1))
            ORDER BY l.id
            """, row => (Loser: row.IsDBNull(5) ? null : Record(row.GetId(0), row.GetInt64(5), row.GetBytes(6), row.GetBytes(7)),
                Winner: row.IsDBNull(2)
                    ? Record(row.GetId(0), row.GetInt64(1), row.GetBytes(3), row.GetBytes(4))
                    : Deletion(row.GetId(0), row.GetInt64(5) + 1, row.GetInt64(2)))))
        {
            if (run.Report.TooLarge.ContainsKey(pending.Winner.Id)
                || (run.Report.Planned.TryGetValue(pending.Winner.Id, out SyncChange? plan) && plan.Action == SyncAction.Damaged))
                continue;
            if (chunks.NotOnline(pending.Loser, pending.Winner) is { Count: > 0 } missing)
            {
                if (batch.Count > 0)
                    break;
                if (chunks.NextBatch(pending.Winner.Id, missing) is { Count: > 0 } first)
                {
                    ChunksOf = pending.Winner.Id;
                    return first;
                }
                continue;
            }
            bytes += pending.Winner.Body.Length + (pending.Loser?.Body.Length ?? 0);
            if (batch.Count + 2 > Limits.RecordsPerBatch || (batch.Count > 0 && bytes > run.MostPushBytes))
                break;
            if (pending.Loser is not null)
                batch.Add(pending.Loser);
            batch.Add(pending.Winner);
        }
        foreach (RecordChange record in ResendQueue.Of(run)?.All() ?? [])
        {
            if (run.Report.TooLarge.ContainsKey(record.Id))
                continue;
            bytes += record.Body.Length;
            if (batch.Count == Limits.RecordsPerBatch || (batch.Count > 0 && bytes > run.MostPushBytes))
                break;
            batch.Add(record);
        }
        return batch;

        // An edit lost against a deletion: the deletion is pushed again, right after the edit.
        RecordChange Deletion(Guid id, long version, long time)
        {
            byte[] tombstone = SealedEntry.SealTombstone(run.Keys, id, version, time);
            return new RecordChange((byte)RecordStream.Data, id, version, true, RecordBody.Digest(tombstone), tombstone);
        }

        static RecordChange Record(Guid id, long version, byte[] head, byte[] tail)
        {
            byte[] body = RecordBody.Join(head, tail);
            return new RecordChange((byte)RecordStream.Data, id, version, false, RecordBody.Digest(body), body);
        }
    }

    private byte[] PutIntoOutbox(IReadOnlyList<RecordChange> records, ManifestSums? resealed)
    {
        ManifestSums sums = ManifestSums.Load(Connection);
        if (resealed is not null)
            sums.Add(resealed);
        else
            Count(sums, records);
        run.Account = run.Account with { DeviceCounter = run.Account.DeviceCounter + 1 };
        run.Account.SavePosition(Connection, run.Keys);
        byte[] previous = Follows();
        var manifest = new Manifest
        {
            Generation = run.Account.Generation + 1,
            Revision = run.Account.Revision + 1,
            Previous = previous,
            Device = run.Device,
            Counter = run.Account.DeviceCounter,
            Left = run.Account.Left,
            Signer = run.Identity.Fingerprint,
            Log = run.Shared is { } shared ? ManifestLog.Of(shared.Log.Head) : null,
            Streams = sums.ToStreams(),
        };
        ManifestLink link = run.Shared is null ? manifest.Seal(run.Keys, run.Identity)
            : manifest.SealShared(run.Keys, run.Identity, message => run.Sign(SignaturePurpose.Manifest, message));
        var push = new PushRequest(Guid.NewGuid(), run.Account.Revision, records, link, previous, []);
        byte[] signature = run.Sign(SignaturePurpose.Push, Statements.Push(run.Account.VaultId, push.Digest()));
        _after = (push.PushId, sums);
        return Outbox.Put(Connection, push with { Signature = signature });
    }

    // The newest manifest; in a shared vault the one that an Owner went back to since.
    private byte[] Follows()
    {
        byte[] newest = run.Account.ManifestHash ?? [];
        return run.Shared is { Log.State: { RevertedTo: { } reverted, Manifest: var left } } && left.Number == run.Account.Generation
            ? reverted.Hash.ToBytes() : newest;
    }

    /// <param name="request">As it is in the outbox.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="later">Whether it is taken into the mirror later, if it is accepted.</param>
    private async Task<bool> SendAsync(byte[] request, CancellationToken cancellationToken, bool later = false)
    {
        try
        {
            string path = Routes.OfVault(run.Account.VaultId, Routes.Pushes);
            PushAnswer answer = await run.Client.PushAsync(path, request, cancellationToken).ConfigureAwait(false);
            PushRequest push = Outbox.Read(request);
            if (answer.Revision != push.BaseRevision + 1 || answer.Generation != push.Manifest.Generation)
                throw run.Tampered("its answer to a push is about another one");
            EventLogWatch.Require(run, answer.Log);
            if (later)
                _accepted = push;
            else
                run.InTransaction(() => Acknowledge(push));
            run.Report.NotePush();
            return true;
        }
        catch (PasspackException e) when (e.ServerCode == ErrorCodes.RevisionConflict)
        {
            run.Ahead = e.Ahead;
            run.InTransaction(() => Outbox.Empty(Connection));
            return false;
        }
        catch (PasspackException e) when (run.Shared is not null && e.ServerCode is ErrorCodes.NotPermitted or ErrorCodes.VaultClosed)
        {
            // Only the log says what this account may do, and the next pull brings it.
            run.InTransaction(() => Outbox.Empty(Connection));
            run.Shared.NoteRefused(e);
            return false;
        }
        catch (PasspackException e) when (e.IsDefinite && !e.IsTooLarge)
        {
            run.InTransaction(() => Outbox.Empty(Connection));
            throw;
        }
    }

    private void Count(ManifestSums sums, IReadOnlyList<RecordChange> records)
    {
        foreach (RecordChange record in Newest(records))
        {
            if (Mirror.Find(Connection, new(record.Stream, record.Id)) is { } before)
                sums.Subtract(record.Stream, record.Id, before.Version, before.Deleted, before.Digest);
            sums.Add(record.Stream, record.Id, record.Version, record.Deleted, record.Digest);
        }
    }

    // The loser of a conflict is pushed right before the winner, so it is never the newest version.
    private static IEnumerable<RecordChange> Newest(IReadOnlyList<RecordChange> records) =>
        records.GroupBy(record => (record.Stream, record.Id)).Select(versions => versions.Last());
}
