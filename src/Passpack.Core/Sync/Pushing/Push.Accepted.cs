using Passpack.Protocol;
using Passpack.Sync.Manifests;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Pulling;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Pushing;

// What an accepted push changes on this machine.
internal sealed partial class Push
{
    // Of records sealed anew, accepted and not yet in the mirror.
    private PushRequest? _accepted;

    /// <summary>For -WhatIf: treats the waiting push as accepted, and removes its records from the staged ones.</summary>
    public void AcknowledgeWaiting()
    {
        if (Outbox.Waiting(Connection) is not { } push)
            return;
        Acknowledge(push);
        Staging.DropMirrored(Connection);
    }

    /// <summary>Takes the last push of records sealed anew into the mirror.</summary>
    public void AcknowledgeAccepted()
    {
        if (_accepted is not null)
            run.InTransaction(TakeInAccepted);
        _accepted = null;
    }

    // In a transaction; only after its commit the push is not waiting any more.
    private void TakeInAccepted()
    {
        if (_accepted is { } push)
            Acknowledge(push);
    }

    /// <summary>Takes an accepted push into the mirror.</summary>
    private void Acknowledge(PushRequest push)
    {
        // If a later pull has already gone past the revision of this push, the mirror has its records.
        if (push.BaseRevision == run.Account.Revision && push.Manifest.Generation == run.Account.Generation + 1)
        {
            ManifestSums sums = SumsAfter(push);
            var applier = new ChangeApplier(run);
            ResendQueue? resends = ResendQueue.Of(run);
            IReadOnlySet<Guid> changedHere = LocalData.ChangedOf(Connection,
                push.Records.Where(record => record.Resealed).Select(record => record.Id).ToHashSet());
            foreach (RecordChange record in Newest(push.Records))
            {
                if (record.Resealed)
                    ResealedTakeIn.ApplyOwn(run, OnlineRecord.Of(record), changedHere.Contains(record.Id));
                else
                    Settle(record, applier, resends);
            }
            Manifest manifest = Manifest.Open(run, push.Manifest)!;
            if (manifest.Left is not null)
                run.Account = run.Account with { Left = null };
            Guid counted = run.Shared is null ? manifest.Device : SharedRun.CounterKey(manifest.Signer, manifest.Device);
            run.Account = new ManifestChain(manifest, Manifest.HashOf(push.Manifest), new Dictionary<Guid, long> { [counted] = manifest.Counter })
                .Save(Connection, run.Keys, run.Account, sums);
        }
        Outbox.Empty(Connection);
    }

    // A push that an earlier run made is counted anew: before its records are in the mirror.
    private ManifestSums SumsAfter(PushRequest push)
    {
        if (_after is { } known && known.PushId == push.PushId)
            return known.Sums;
        ManifestSums sums = ManifestSums.Load(Connection);
        Count(sums, push.Records);
        return sums;
    }

    private void Settle(RecordChange record, ChangeApplier applier, ResendQueue? resends)
    {
        OnlineRecord accepted = OnlineRecord.Of(record);
        if (record.Stream != (byte)RecordStream.Data || record.Deleted)
        {
            applier.Apply(accepted);
            if (record.Deleted)
                LocalData.SetLoser(Connection, record.Id, null);
            else if (resends?.Settle(record) is not true)
                ReleaseFlag(record);
            NoteDone(record.Id);
            return;
        }
        EntryState? state = EntryState.Find(Connection, record.Id);
        EntryContent summary = Mirror.Open(run.Keys, accepted)!;
        if (state is { IsLocal: true, IsTrashed: false } && !record.Digest.AsSpan().SequenceEqual(state.LocalDigest))
            LocalData.Rebase(run.Use, state, accepted.Version, accepted.Body!);
        else
            LocalData.ForgetEdit(Connection, record.Id);
        state?.KeepMirrorInHistory(run.Use, HistoryReason.Edit, run.Now);
        Mirror.Put(Connection, run.Keys, accepted, summary);
        if (state is { IsTrashed: true })
            LocalData.SetPending(Connection, record.Id);
        NoteDone(record.Id, () => new SyncChange(record.Id, summary.Name, SyncAction.Pushed, [], "sent by a sync that was " +
            "interrupted, or changed during this one"));
    }

    private void NoteDone(Guid id, Func<SyncChange>? unplanned = null)
    {
        if (!run.Report.FinishPlanned(id) && unplanned is not null)
            run.Report.Finish(unplanned());
    }

    private void ReleaseFlag(RecordChange record)
    {
        LocalOverlay? flags = (RecordStream)record.Stream switch
        {
            RecordStream.Tags => LocalOverlay.Tags(run.Use),
            RecordStream.Favorite => LocalOverlay.Favorites(run.Use),
            _ => null,
        };
        if (flags is null || !flags.HasOwn(record.Id))
            return;
        flags.KeepInHistory(record.Id, HistoryReason.Edit, run.Now);
        flags.Release(record.Id);
    }
}
