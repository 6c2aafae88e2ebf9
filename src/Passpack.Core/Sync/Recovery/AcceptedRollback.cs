using Passpack.Packing.Records;
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
        foreach ((byte stream, Guid id) in Differing())
        {
            cancellationToken.ThrowIfCancellationRequested();
            OnlineRecord? served = Staged(stream, id);
            if (Mirror.Find(Connection, stream, id) is not { } lost)
                _applier.Apply(served!);
            else if (stream == (byte)RecordStream.Data)
                ApplyData(id, lost, served);
            else
                ApplyOther(stream, id, lost, served);
        }
        Connection.Execute("DELETE FROM staged");
        Connection.Execute("DELETE FROM staging");
        // The waiting push belongs to the lost history. Its changes are still on this machine, except -Online edits, whose failure was reported.
        Outbox.Empty(Connection);
        run.Account = verified.Chain.Save(Connection, run.Keys, run.Account with { Left = left }, verified.Sums);
    }

    // Entry data first, as in every sync. Only the keys are read into memory, because the tables change during the loop.
    private List<(byte Stream, Guid Id)> Differing() => [.. Connection.Query("""
        SELECT m.stream, m.id FROM mirror m LEFT JOIN staged s ON s.stream = m.stream AND s.id = m.id
        WHERE s.digest IS NOT m.digest OR s.version IS NOT m.version OR s.deleted IS NOT m.deleted
        UNION
        SELECT s.stream, s.id FROM staged s WHERE NOT EXISTS (SELECT 1 FROM mirror m WHERE m.stream = s.stream AND m.id = s.id)
        ORDER BY 1, 2
        """, row => ((byte)row.GetInt64(0), row.GetId(1)))];

    private OnlineRecord? Staged(byte stream, Guid id) =>
        Connection.First("SELECT version, deleted, digest, body FROM staged WHERE stream = $1 AND id = $2", row =>
            new OnlineRecord(stream, id, row.GetInt64(0), row.GetBoolean(1), row.GetBytes(2), row.GetBytesOrNull(3)), (long)stream, id);

    /// <summary>Tags, favorites and records of unknown streams: the server had them, so they are sent again.</summary>
    private void ApplyOther(byte stream, Guid id, MirrorRecord lost, OnlineRecord? served)
    {
        bool isLost = !lost.Deleted && (served is null || served.Version < lost.Version);
        if (isLost)
            _resends.Keep(stream, id, lost);
        if (served is null)
            Forget(stream, id);
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
            SetBase(id, null);
        else if (state.IsPurged)
            Connection.Execute("DELETE FROM local_data WHERE id = $1", id);
        Forget((byte)RecordStream.Data, id);
    }

    /// <summary>Row 8: the entry was online, so the next sync would have restored it from the trash.</summary>
    private EntryState OutOfTheTrash(EntryState state)
    {
        if (state.HasOwnContent)
            state.KeepInHistory(run.Use, HistoryReason.Sync, run.Now);
        Connection.Execute("DELETE FROM local_data WHERE id = $1", state.Id);
        return EntryState.Find(Connection, state.Id)!;
    }

    private void KeepAsNew(Guid id, EntryState state, MirrorRecord lost)
    {
        Own(state, lost, null);
        run.Report.LoseOnline(id);
        Forget((byte)RecordStream.Data, id);
    }

    private void ApplyDeletion(EntryState state, MirrorRecord lost, OnlineRecord served)
    {
        if (served.Version <= lost.Version)
        {
            // If the served deletion is not older than the lost version, row 11 decides. If it is older, the entry had been created again after it,
            // and is so now.
            Own(state, lost, served.Version < lost.Version ? null : Keep(state.Id, lost.ContentVersion!.Value, lost.Head!, lost.Tail));
            run.Report.LoseOnline(state.Id);
        }
        _applier.Apply(served);
    }

    private void ApplyContent(EntryState state, MirrorRecord lost, OnlineRecord served)
    {
        EntryContent? online = TryOpen(state.Id, served), before = TryOpen(() => state.OpenMirror(run.Keys));
        EntryContent? mine = state.IsLocal ? TryOpen(() => Effective(state, before)) : before;
        if (online is null || before is null || mine is null)
        {
            // A damaged version cannot be compared: both are kept.
            Own(state, lost, null);
            _applier.Apply(served);
            return;
        }
        if (served.Version > lost.Version && IsNewer(online, before))
        {
            _applier.Apply(served);
            return;
        }
        if (mine.HasSameFieldsAs(online))
        {
            Connection.Execute("DELETE FROM local_data WHERE id = $1", state.Id);
            Mirror.Put(Connection, run.Keys, served, online);
            return;
        }
        long? baseSeq = null;
        if (IsNewer(mine, online) || IsInHistory(served))
        {
            RecordBody.TrySplit(served.Body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail);
            baseSeq = Keep(state.Id, served.Version, head.ToArray(), tail.ToArray());
            run.Report.LoseOnline(state.Id);
        }
        Own(state, lost, baseSeq);
        Mirror.Put(Connection, run.Keys, served, online);
        if (state.IsLocal && !mine.HasSameFieldsAs(state.Open(run.Keys)))
            Seal(state.Id, mine, baseSeq);
    }

    /// <summary>The local edit, merged with online changes that no sync has merged into it yet.</summary>
    private EntryContent Effective(EntryState state, EntryContent? before)
    {
        EntryContent local = state.Open(run.Keys);
        if (before is null || !state.HasChangedOnlineSince || state.Base is not long seq)
            return local;
        EntryContent? original = Connection.First("SELECT version, head, tail FROM history WHERE seq = $1", row =>
            SealedEntry.OpenContent(run.Keys, state.Id, row.GetInt64(0), row.GetBytes(1), row.GetBytesOrNull(2)), seq);
        return ConflictResolution.Resolve(original, local, before, ConflictPolicy.Newest, run.Now).Content;
    }

    /// <summary>Turns the mirror's sealed record into a local change. A local edit that exists already stays.</summary>
    private void Own(EntryState state, MirrorRecord lost, long? baseSeq)
    {
        if (state.IsLocal)
        {
            if (state.BaseVersion != lost.ContentVersion)
                Keep(state.Id, lost.ContentVersion!.Value, lost.Head!, lost.Tail);
            SetBase(state.Id, baseSeq);
            return;
        }
        Connection.Execute("""
            INSERT INTO local_data (id, version, pending, base, digest, name_key, head, tail)
            SELECT id, content_version, 1, $2, $3, name_key, head, tail FROM mirror WHERE stream = 1 AND id = $1
            """, state.Id, baseSeq, RecordBody.Digest(lost.Head!, lost.Tail));
    }

    private void Seal(Guid id, EntryContent content, long? baseSeq)
    {
        long version = EntryState.Find(Connection, id)!.NextVersion;
        LocalData.Put(Connection, id, version, SealedEntry.Seal(run.Keys, id, version, content), run.Keys.NameKey(content.Name), baseSeq);
    }

    private void SetBase(Guid id, long? seq) => Connection.Execute("UPDATE local_data SET base = $2, pending = 1 WHERE id = $1", id, seq);

    private long Keep(Guid id, long version, byte[] head, byte[]? tail) =>
        History.Keep(Connection, RecordStream.Data, id, version, head, tail, HistoryReason.Sync, run.Now);

    private void Forget(byte stream, Guid id) => Connection.Execute("DELETE FROM mirror WHERE stream = $1 AND id = $2", (long)stream, id);

    /// <summary>Whether every differing field was edited later in the first: then the first was presumably made from the second.</summary>
    private static bool IsNewer(EntryContent first, EntryContent second) =>
        EntryField.Differences(first, second).All(field => first.TimeOf(field) > second.TimeOf(field));

    private bool IsInHistory(OnlineRecord served) => Connection.Query(
        "SELECT head, tail FROM history WHERE stream = 1 AND id = $1 AND version = $2 AND head IS NOT NULL AND tail IS NOT NULL",
        row => RecordBody.Digest(row.GetBytes(0), row.GetBytes(1)), served.Id, served.Version).Any(digest => digest.AsSpan().SequenceEqual(served.Digest));

    private EntryContent? TryOpen(Guid id, OnlineRecord served) => served.Body is null ? null : TryOpen(() => SealedEntry.OpenBody(run.Keys, id, served.Version, served.Body));

    private static EntryContent? TryOpen(Func<EntryContent> open)
    {
        try
        {
            return open();
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.RecordDamaged)
        {
            return null;
        }
    }
}
