using Passpack.Protocol;
using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>
/// Brings local changes in line with the mirror: puts back what is only in the trash here, settles what both sides changed, and leaves
/// as pending exactly what has to be pushed. Rows 2, 4 to 6, 8, 9, 11, 13 and 18 to 20 of the table in docs/sync.md.
/// </summary>
internal sealed class Reconciler(SyncRun run)
{
    private const int Batch = 500;

    private VaultConnection Connection => run.Connection;

    /// <summary>Goes through all pending changes, by id.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        run.Planned.Clear();
        byte[] last = [];
        while (true)
        {
            List<Guid> pending = [.. Connection.Query(
                "SELECT id FROM local_data WHERE pending = 1 AND id > $1 ORDER BY id LIMIT $2", row => row.GetId(0), last, Batch)];
            foreach (Guid id in pending)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Reconcile(EntryState.Find(Connection, id)!);
            }
            if (pending.Count < Batch)
                return;
            last = pending[^1].ToByteArray(bigEndian: true);
        }
    }

    private void Reconcile(EntryState state)
    {
        try
        {
            if (state.IsTrashed)
                ReconcileTrashed(state);
            else if (!state.IsOnline)
                ReconcileWithoutOnline(state);
            else if (!state.HasChangedOnlineSince)
                Plan(state, state.Open(run.Keys), SyncAction.Pushed, "changed on this machine", OpenBase(state));
            else
                ReconcileChangedOnBothSides(state);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            run.Planned[state.Id] = new SyncChange(state.Id, "", SyncAction.Damaged, [], "its local change cannot be opened, and stays as it is");
        }
    }

    private void ReconcileTrashed(EntryState state)
    {
        if (!state.IsOnline)
        {
            Connection.Execute("UPDATE local_data SET pending = 0 WHERE id = $1", state.Id);
            return;
        }
        if (state.HasOwnContent)
            state.KeepInHistory(run.Use, HistoryReason.Sync, run.Now);
        Forget(state.Id);
        if (EntryState.Find(Connection, state.Id) is not { IsLive: true } restored)
            return; // Its body is owed: it comes back with that.
        string name = SealedEntry.OpenSummary(run.Keys, state.Id, restored.Version, restored.Head!).Name;
        run.Done.Add(new SyncChange(state.Id, name, SyncAction.Restored, [],
            state.HasChangedOnlineSince ? "deleted only on this machine, changed online: put back in the online version" : "deleted only on this machine: put back"));
    }

    private void ReconcileWithoutOnline(EntryState state)
    {
        EntryContent content = state.Open(run.Keys);
        if (!state.IsKnownOnline)
            Plan(state, content, SyncAction.Pushed, "new on this machine", null);
        else if (state.Base is not null)
            Plan(state, content, SyncAction.Conflict, "changed on this machine, deleted online: the edit wins, and it is created again online", null);
        else
            Plan(state, content, SyncAction.Pushed, "restored on this machine after it was deleted online: created again online", null);
    }

    private void ReconcileChangedOnBothSides(EntryState state)
    {
        // Row 18, and a push whose answer was lost: the record that came down is this machine's own, or says the same.
        if (Mirror.Find(Connection, (byte)RecordStream.Data, state.Id)!.Digest.AsSpan().SequenceEqual(state.LocalDigest))
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
        EntryContent? original = OpenBase(state);
        Resolution resolution = ConflictResolution.Resolve(original, local, online, run.Now);
        if (resolution.LocalWins)
        {
            long kept = History.Keep(Connection, RecordStream.Data, state.Id, state.MirrorContentVersion!.Value, state.MirrorHead, state.MirrorTail,
                HistoryReason.Conflict, run.Now);
            Seal(state, resolution.Content, kept);
            Plan(state.Id, resolution.Content, resolution.Action, resolution.Reason, online);
        }
        else
        {
            state.KeepInHistory(run.Use, HistoryReason.Conflict, run.Now);
            Forget(state.Id);
            run.Done.Add(new SyncChange(state.Id, online.Name, resolution.Action, Titles(local, online), resolution.Reason));
        }
    }

    private void Plan(EntryState state, EntryContent content, SyncAction action, string reason, EntryContent? before)
    {
        // What a deletion or a restored copy of the vault left at another version is sealed as the next one.
        if (state.Version != state.NextVersion)
            Seal(state, content, state.Base);
        Plan(state.Id, content, action, reason, before);
    }

    private void Plan(Guid id, EntryContent content, SyncAction action, string reason, EntryContent? before) =>
        run.Planned[id] = new SyncChange(id, content.Name, action, before is null ? [] : Titles(before, content), reason);

    private void Seal(EntryState state, EntryContent content, long? baseSeq) =>
        LocalData.Put(Connection, state.Id, state.NextVersion, SealedEntry.Seal(run.Keys, state.Id, state.NextVersion, content), run.Keys.NameKey(content.Name), baseSeq);

    private EntryContent? OpenBase(EntryState state) =>
        state.Base is not long seq ? null : Connection.First("SELECT version, head, tail FROM history WHERE seq = $1", row =>
            SealedEntry.OpenContent(run.Keys, state.Id, row.GetInt64(0), row.GetBytes(1), row.GetBytesOrNull(2)), seq);

    private void Forget(Guid id) => Connection.Execute("DELETE FROM local_data WHERE id = $1", id);

    private static IReadOnlyList<string> Titles(EntryContent before, EntryContent after) => [.. EntryField.Differences(before, after).Select(EntryField.Title)];
}
