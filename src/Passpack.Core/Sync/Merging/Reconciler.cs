using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Pulling;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Merging;

/// <summary>
/// Reconciles local changes with the mirror: restores entries that are only in this machine's trash, settles entries that both sides changed, and
/// leaves pending exactly the changes to push. Rows 2, 4 to 6, 8, 9, 11, 13 and 18 to 20 of the table in docs/sync.md.
/// </summary>
internal sealed class Reconciler(SyncRun run)
{
    private const int Batch = 500;

    private Dictionary<Guid, SyncChange> _settled = [];

    private VaultConnection Connection => run.Connection;

    /// <summary>Goes through all pending changes, by id.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        // Remembered, because a conflict settled by an earlier reconciliation of this run now looks like any local change.
        _settled = run.Report.StartPlanAnew();
        Guid? last = null;
        while (true)
        {
            IReadOnlyList<Guid> pending = LocalData.Pending(Connection, last, Batch);
            foreach (Guid id in pending)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Reconcile(EntryState.Find(Connection, id)!);
            }
            if (pending.Count < Batch)
                break;
            last = pending[^1];
        }
        new ResendQueue(run).Plan(new ChangeApplier(run).Name);
    }

    private void Reconcile(EntryState state)
    {
        try
        {
            if (state.IsTrashed)
                ReconcileTrashed(state);
            else if (!state.IsOnline)
                ReconcileWithoutOnline(state);
            else if (state.IsOwed && run.SettlesDamaged && DamagedRecords.IsSettled(run, state.Id))
            {
                Plan(state, state.Open(run.Keys), SyncAction.Pushed, "its online record is damaged: " +
                    "this machine's version goes over it, as -Resolve says", null);
            }
            else if (state.IsOwed) // A push would overwrite a version that this machine has never seen.
            {
                Plan(state.Id, state.Open(run.Keys).Name, SyncAction.Damaged, [], "its online record is damaged: " +
                    $"this machine's change waits for it. {DamagedRecords.WayOut(state.Id)}");
            }
            else if (!state.HasChangedOnlineSince)
                Plan(state, state.Open(run.Keys), SyncAction.Pushed, "changed on this machine", OpenBase(state));
            else
                ReconcileChangedOnBothSides(state);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            run.Report.Replan(new SyncChange(state.Id, "", SyncAction.Damaged, [], "its local change cannot be opened, and stays as it is"));
        }
    }

    /// <summary>Rows 8 and 9: an entry that is still online comes out of the trash.</summary>
    public void ReconcileTrashed(EntryState state)
    {
        if (state is { IsOnline: false, IsDeletedOnline: true, Loser: not null })
        {
            PlanLostEdit(state);
            return;
        }
        if (!state.IsOnline)
        {
            LocalData.SetSettled(Connection, state.Id);
            return;
        }
        if (state.HasOwnContent)
            state.KeepInHistory(run.Use, HistoryReason.Sync, run.Now);
        Forget(state.Id);
        if (EntryState.Find(Connection, state.Id) is not { IsLive: true } restored)
            return; // Its body is missing; the entry comes back with the body.
        string name = SealedEntry.OpenSummary(run.Keys, state.Id, restored.Version, restored.Head!).Name;
        run.Report.Finish(new SyncChange(state.Id, name, SyncAction.Restored, [],
            state.HasChangedOnlineSince
                ? "deleted only on this machine, changed online: put back in the online version"
                : "deleted only on this machine: put back"));
    }

    private void ReconcileWithoutOnline(EntryState state)
    {
        EntryContent content = state.Open(run.Keys);
        if (!state.IsKnownOnline)
            Plan(state, content, SyncAction.Pushed, "new on this machine", null);
        else if (state.Base is not null)
            ReconcileDeletedOnline(state, content);
        else
            Plan(state, content, SyncAction.Pushed, "restored on this machine after it was deleted online: created again online", null);
    }

    private void ReconcileChangedOnBothSides(EntryState state)
    {
        // Row 18, or a push whose answer was lost: the online record is this machine's own, or equal.
        if (Mirror.Find(Connection, new((byte)RecordStream.Data, state.Id))!.Digest.AsSpan().SequenceEqual(state.LocalDigest))
        {
            Forget(state.Id);
            return;
        }
        EntryContent local = state.Open(run.Keys), online = state.OpenMirror(run.Keys);
        if (local.HasSameFieldsAs(online))
        {
            Forget(state.Id);
            return;
        }
        ConflictPolicy policy = run.Options.PolicyOf(state.Id);
        Resolution resolution = ConflictResolution.Resolve(OpenBase(state), local, online, policy, run.Now);
        if (resolution.Action == SyncAction.Conflict && policy == ConflictPolicy.Stop)
            PlanStop(state.Id, online.Name, resolution.Fields, "changed on both sides");
        else
            Settle(state, local, online, resolution);
    }

    private void Settle(EntryState state, EntryContent local, EntryContent online, Resolution resolution)
    {
        long firstFree = state.MirrorVersion!.Value + 1;
        EntryContent? loser = resolution is { LocalLoses: true, Copy: null } ? local : OpenHistory(state.Id, state.Loser);
        Guid? copyId = resolution.Copy is null ? null : AddCopy(state.Id, resolution.LocalLoses ? local : online, resolution.Copy);
        var change = new SyncChange(state.Id, resolution.Content.Name, resolution.Action, Titles(resolution.Fields), resolution.Reason);
        if (resolution.Action == SyncAction.Conflict)
        {
            SyncSide winner = (resolution.LocalLoses, resolution.OnlineLoses) switch
            {
                (true, true) => SyncSide.Each,
                (true, false) => SyncSide.Online,
                _ => SyncSide.Local,
            };
            if (resolution.LostRotation is { } lost)
                run.Report.Note(RotationErrors.Lost(state.Id, lost, resolution.Content.Pending));
            change = change with { Winner = winner, Loser = copyId is null ? LoserPlace.History : LoserPlace.Entry, CopyId = copyId };
        }
        if (loser is null && resolution.Content.HasSameFieldsAs(online))
        {
            Forget(state.Id);
            run.Report.Finish(change);
            return;
        }
        long kept = History.Keep(Connection, state.Mirrored, HistoryReason.Conflict, run.Now);
        LocalData.SetLoser(Connection, state.Id, loser is null ? null : KeepLoser(state.Id, firstFree, loser));
        Seal(EntryState.Find(Connection, state.Id)!, resolution.Content, kept);
        run.Report.Plan(change);
    }

    /// <summary>Row 11.</summary>
    private void ReconcileDeletedOnline(EntryState state, EntryContent content)
    {
        switch (run.Options.PolicyOf(state.Id))
        {
            case ConflictPolicy.Stop:
                PlanStop(state.Id, content.Name, [], "changed on this machine, deleted online");
                break;
            case ConflictPolicy.PreferOnline:
                LocalData.TrashEdit(Connection, state.Id, run.Now);
                PlanLostEdit(state with { Loser = null });
                break;
            default:
                Plan(state, content, SyncAction.Conflict, "changed on this machine, deleted online: the edit wins, and it is created again online", null);
                run.Report.Replan(run.Report.Planned[state.Id] with { Winner = SyncSide.Local, Loser = LoserPlace.None });
                break;
        }
    }

    /// <summary>
    /// Plans a push of the edit as a version, followed by the deletion that it lost against: so every machine can restore the edit.
    /// </summary>
    private void PlanLostEdit(EntryState state)
    {
        EntryContent content = state.Open(run.Keys);
        long version = state.MirrorVersion!.Value + 1;
        // An interrupted run may have left a sealed loser that still fits.
        if (state.Loser is not long loser || History.VersionOf(Connection, loser) != version)
            LocalData.SetLoser(Connection, state.Id, KeepLoser(state.Id, version, content));
        LocalData.SetPending(Connection, state.Id);
        run.Report.Plan(new SyncChange(state.Id, content.Name, SyncAction.Conflict, [],
            "changed on this machine, deleted online (online is preferred): the edit is in this machine's trash, and a version online",
            SyncSide.Online, LoserPlace.Trash));
    }

    private void PlanStop(Guid id, string name, IReadOnlyList<string> fields, string how)
    {
        run.Report.Stop(new SyncChange(id, name, SyncAction.Conflict, Titles(fields), $"{how}: not settled, because conflicts stop this sync",
            SyncSide.None, LoserPlace.None));
    }

    /// <summary>Adds the loser as an entry of its own. Another machine that settled the same conflict makes the same entry.</summary>
    private Guid AddCopy(Guid id, EntryContent loser, EntryContent copy)
    {
        Guid copyId = run.Keys.ConflictCopyId(id, ConflictResolution.DigestOf(loser));
        if (EntryState.Find(Connection, copyId) is not null)
            return copyId;
        LocalData.Seal(run.Use, copyId, 1, copy, null);
        KeepTags(id, copyId);
        Plan(copyId, copy.Name, SyncAction.Pushed, [], "the version that lost a conflict, kept as an entry of its own");
        return copyId;
    }

    // As this machine's own tags: tags go online only if the user says so.
    private void KeepTags(Guid id, Guid copyId)
    {
        LocalOverlay flags = LocalOverlay.Tags(run.Use);
        if (flags.Effective(id) is not { } known)
            return;
        if (Snapshot.TryOpen(run.Keys, new(RecordStream.Tags, id, known.Version, known.Body)) is { Tags: { Count: > 0 } tags })
            flags.Put(copyId, SealedEntry.SealTags(run.Keys, copyId, LocalOverlay.LocalVersion, tags));
    }

    private void Plan(EntryState state, EntryContent content, SyncAction action, string reason, EntryContent? before)
    {
        if (state is { Loser: { } loser, MirrorVersion: { } online } && History.VersionOf(Connection, loser) <= online)
        {
            // The record that it was to follow has only been sealed anew since: it follows that.
            EntryContent? lost = SealedEntry.OrNull(() => OpenHistory(state.Id, loser));
            LocalData.SetLoser(Connection, state.Id, lost is null ? null : KeepLoser(state.Id, online + 1, lost));
            state = EntryState.Find(Connection, state.Id)!;
        }
        // After a deletion, or in a restored copy of the vault, the sealed version is not the next one; a record that came back from the mirror may be under
        // earlier keys: seal it again.
        if (state.Version != state.NextVersion || IsOfEarlierEpoch(state.Head))
            Seal(state, content, state.Base);
        if (action == SyncAction.Pushed && run.Report.IsLostOnline(state.Id))
            reason = "the server went back behind it: goes up again";
        Plan(state.Id, content.Name, action, before is null ? [] : Titles(EntryField.Differences(before, content)), reason);
    }

    // A conflict's copy is pending like any new entry, and is planned already.
    private void Plan(Guid id, string name, SyncAction action, IReadOnlyList<string> titles, string reason) =>
        run.Report.Plan(action == SyncAction.Pushed && _settled.TryGetValue(id, out SyncChange? settled)
            ? settled
            : new SyncChange(id, name, action, titles, reason));

    private void Seal(EntryState state, EntryContent content, long? baseSeq) =>
        LocalData.Seal(run.Use, state.Id, state.NextVersion, content, baseSeq);

    private bool IsOfEarlierEpoch(byte[]? record) => RecordHeader.TryRead(record, out RecordHeader header) && header.Epoch < run.Keys.Epoch;

    private EntryContent? OpenBase(EntryState state) => OpenHistory(state.Id, state.Base);

    private EntryContent? OpenHistory(Guid id, long? seq) => seq is long kept ? History.OpenData(run.Use, id, kept) : null;

    /// <summary>Keeps a losing edit, sealed as the version that it is to go online as.</summary>
    private long KeepLoser(Guid id, long version, EntryContent loser)
    {
        SealedEntry.Parts parts = SealedEntry.Seal(run.Keys, id, version, loser);
        return History.Keep(Connection, new(RecordStream.Data, id, version, parts.Summary, parts.Secret), HistoryReason.Conflict, run.Now);
    }

    private void Forget(Guid id) => LocalData.Forget(Connection, id);

    private static IReadOnlyList<string> Titles(IEnumerable<string> fields) => [.. fields.Select(EntryField.Title)];
}
