using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Merging;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Pulling;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Recovery;

/// <summary>
/// Takes over the account of a server that was restored from a backup, once the user has accepted that. The mirror becomes the served account. A
/// record of the mirror that the server lacks, or has in an older version, counts as a change of this machine, never as a deletion: it is pushed
/// again, byte for byte unless something else changed the entry. docs/sync.md, "A server that was restored".
/// </summary>
internal sealed class AcceptedRollback(SyncRun run)
{
    private readonly ChangeApplier _applier = new(run);
    private readonly ResendQueue _resends = new(run);

    private VaultConnection Connection => run.Connection;

    /// <summary>Applies the whole staged account. The <see cref="Reconciler"/> and the <see cref="Push"/> then send the lost records.</summary>
    public void Apply(VerifiedChanges verified, CancellationToken cancellationToken)
    {
        Checkpoint left = run.Account.Checkpoint!;
        // Entry data first, as in every sync.
        foreach (RecordKey key in Staging.DifferingFromMirror(Connection))
        {
            cancellationToken.ThrowIfCancellationRequested();
            OnlineRecord? served = Staging.Find(Connection, key);
            if (Mirror.Find(Connection, key) is not { } lost)
                _applier.Apply(served!);
            else if (key.Stream == (byte)RecordStream.Data)
                ApplyData(key.Id, lost, served);
            else
                ApplyOther(key, lost, served);
        }
        Staging.Empty(Connection);
        // The waiting push belongs to the lost history. Its changes are still on this machine, except -Online edits, whose failure was reported.
        Outbox.Empty(Connection);
        run.Account = verified.Chain.Save(Connection, run.Keys, run.Account with { Left = left }, verified.Sums);
    }

    /// <summary>Tags, favorites and records of unknown streams: the server had them, so they are sent again.</summary>
    private void ApplyOther(RecordKey key, MirrorRecord lost, OnlineRecord? served)
    {
        bool isLost = !lost.Deleted && (served is null || served.Version < lost.Version);
        if (isLost)
            _resends.Keep(key, lost);
        if (served is null)
            Mirror.Forget(Connection, key);
        else if (isLost)
            _applier.TakeIn(served);
        else
            _applier.Apply(served);
    }

    private void ApplyData(Guid id, MirrorRecord lost, OnlineRecord? served)
    {
        EntryState state = EntryState.Find(Connection, id)!;
        if (lost.Deleted || lost.Head is null)
        {
            ApplyOverNothing(id, state, served);
            return;
        }
        if (state.IsTrashed)
            state = OutOfTheTrash(state);
        if (served is null)
            KeepAsNew(id, state, lost);
        else if (served.Deleted)
            ApplyDeletion(state, lost, served);
        else
            ApplyContent(state, lost, served);
    }

    /// <summary>The mirror had no content to lose. A deletion that the server forgot is not repeated.</summary>
    private void ApplyOverNothing(Guid id, EntryState state, OnlineRecord? served)
    {
        if (served is not null)
        {
            _applier.Apply(served);
            return;
        }
        if (state is { IsLocal: true, IsTrashed: false })
            LocalData.SetBase(Connection, id, null);
        else if (state.IsPurged)
            LocalData.Forget(Connection, id);
        Mirror.Forget(Connection, new((byte)RecordStream.Data, id));
    }

    /// <summary>Row 8: the entry was online, so the next sync would have restored it from the trash.</summary>
    private EntryState OutOfTheTrash(EntryState state)
    {
        if (state.HasOwnContent)
            state.KeepInHistory(run.Use, HistoryReason.Sync, run.Now);
        LocalData.Forget(Connection, state.Id);
        return EntryState.Find(Connection, state.Id)!;
    }

    private void KeepAsNew(Guid id, EntryState state, MirrorRecord lost)
    {
        Own(state, lost, null);
        run.Report.LoseOnline(id);
        Mirror.Forget(Connection, new((byte)RecordStream.Data, id));
    }

    private void ApplyDeletion(EntryState state, MirrorRecord lost, OnlineRecord served)
    {
        if (served.Version <= lost.Version)
        {
            // If the served deletion is not older than the lost version, row 11 decides. If it is older, the entry had been created again after it,
            // and is so now.
            Own(state, lost, served.Version < lost.Version ? null : Keep(Sealed(state.Id, lost)));
            run.Report.LoseOnline(state.Id);
        }
        _applier.Apply(served);
    }

    private void ApplyContent(EntryState state, MirrorRecord lost, OnlineRecord served)
    {
        EntryContent? online = TryOpen(state.Id, served), before = SealedEntry.OrNull(() => state.OpenMirror(run.Keys));
        EntryContent? mine = state.IsLocal ? SealedEntry.OrNull(() => Effective(state, before)) : before;
        if (online is null || before is null || mine is null)
        {
            // A damaged version cannot be compared: both are kept.
            Own(state, lost, null);
            _applier.Apply(served);
            return;
        }
        // Under an earlier epoch than this machine's it is from before the keys were replaced: it never replaces what came after.
        if (served.Version > lost.Version && IsNewer(online, before) && !IsOfEarlierEpoch(served, lost))
        {
            _applier.Apply(served);
            return;
        }
        if (mine.HasSameFieldsAs(online))
        {
            LocalData.Forget(Connection, state.Id);
            Mirror.Put(Connection, run.Keys, served, online);
            return;
        }
        long? baseSeq = null;
        if (IsNewer(mine, online) || History.Has(Connection, served.Id, served.Version, served.Digest))
        {
            RecordBody.TrySplit(served.Body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail);
            baseSeq = Keep(new(RecordStream.Data, state.Id, served.Version, head.ToArray(), tail.ToArray()));
            run.Report.LoseOnline(state.Id);
        }
        Own(state, lost, baseSeq);
        Mirror.Put(Connection, run.Keys, served, online);
        if (state.IsLocal && !mine.HasSameFieldsAs(state.Open(run.Keys)))
            LocalData.Seal(run.Use, state.Id, EntryState.Find(Connection, state.Id)!.NextVersion, mine, baseSeq);
    }

    /// <summary>The local edit, merged with online changes that no sync has merged into it yet.</summary>
    private EntryContent Effective(EntryState state, EntryContent? before)
    {
        EntryContent local = state.Open(run.Keys);
        if (before is null || !state.HasChangedOnlineSince || state.Base is not long seq)
            return local;
        return ConflictResolution.Resolve(History.OpenData(run.Use, state.Id, seq), local, before, ConflictPolicy.Newest, run.Now).Content;
    }

    /// <summary>Turns the mirror's sealed record into a local change. A local edit that exists already stays.</summary>
    private void Own(EntryState state, MirrorRecord lost, long? baseSeq)
    {
        if (state.IsLocal)
        {
            if (state.BaseVersion != lost.ContentVersion)
                Keep(Sealed(state.Id, lost));
            LocalData.SetBase(Connection, state.Id, baseSeq);
            return;
        }
        LocalData.PutMirrored(Connection, state.Id, baseSeq, RecordBody.Digest(lost.Head!, lost.Tail));
    }

    private long Keep(SealedVersion value) => History.Keep(Connection, value, HistoryReason.Sync, run.Now);

    private static SealedVersion Sealed(Guid id, MirrorRecord lost) => new(RecordStream.Data, id, lost.ContentVersion!.Value, lost.Head, lost.Tail);

    /// <summary>Whether every differing field was edited later in the first: then the first was presumably made from the second.</summary>
    private static bool IsNewer(EntryContent first, EntryContent second) =>
        EntryField.Differences(first, second).All(field => first.TimeOf(field) > second.TimeOf(field));

    private static bool IsOfEarlierEpoch(OnlineRecord served, MirrorRecord lost) => served.Body is not null && lost.Head is not null
        && RecordHeader.TryRead(lost.Head, out RecordHeader own) && ResealedRecord.EpochOf(served.Stream, served.Deleted, served.Body) < own.Epoch;

    private EntryContent? TryOpen(Guid id, OnlineRecord served) =>
        served.Body is null ? null : SealedEntry.OrNull(() => SealedEntry.OpenBody(run.Keys, id, served.Version, served.Body));
}
