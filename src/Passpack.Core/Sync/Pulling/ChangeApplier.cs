using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Merging;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Pulling;

/// <summary>
/// Applies verified online changes to the mirror, and so to the entries that this machine shows. Entries with local changes are left to the <see
/// cref="Reconciler"/>. Rows 3, 7, 9, 10, 12 and 14 to 16 of the table in docs/sync.md.
/// </summary>
internal sealed class ChangeApplier(SyncRun run)
{
    private readonly LocalOverlay _tags = LocalOverlay.Tags(run.Use);
    private readonly LocalOverlay _favorites = LocalOverlay.Favorites(run.Use);
    private readonly HashSet<Guid> _newEntries = [];
    private HashSet<string>? _sent;

    private VaultConnection Connection => run.Connection;

    /// <summary>Applies all staged records, and stores their manifest as the last verified one.</summary>
    public void ApplyStaged(VerifiedChanges verified, CancellationToken cancellationToken)
    {
        long total = Staging.Count(Connection), done = 0;
        // Entry data first, because tags of a new entry are not reported.
        foreach ((OnlineRecord record, bool isNew, OpenedOnline? opened) in OpenStaged())
        {
            cancellationToken.ThrowIfCancellationRequested();
            Apply(record, opened, isNew);
            if (++done % 1000 == 0)
                run.Progress?.Report(new SyncProgress("Applying changes", done, total));
        }
        Staging.Empty(Connection);
        run.Account = verified.Chain.Save(Connection, run.Keys, run.Account, verified.Sums);
    }

    /// <summary>Applies all staged records to the mirror alone, to read the online account without changing the local one.</summary>
    public void ApplyStagedToMirror(CancellationToken cancellationToken)
    {
        foreach ((OnlineRecord record, _, OpenedOnline? opened) in OpenStaged())
        {
            cancellationToken.ThrowIfCancellationRequested();
            TakeIn(record, opened);
        }
    }

    /// <summary>Applies one record to the mirror, and updates local tags, history and trash accordingly.</summary>
    /// <param name="record">Verified.</param>
    public void Apply(OnlineRecord record) => Apply(record, Mirror.TryOpen(run.Keys, record), isNew: false);

    /// <summary>Opens a record and stores it in the mirror. A record that does not open is reported, and asked for again later.</summary>
    public EntryContent? TakeIn(OnlineRecord record) => TakeIn(record, Mirror.TryOpen(run.Keys, record));

    // To open the records of a first sync takes a quarter of the time that it takes to write them.
    private IEnumerable<(OnlineRecord Record, bool IsNew, OpenedOnline? Opened)> OpenStaged() => SideBySide.InOrder(
        Staging.All(Connection), staged => (staged.Record, staged.IsNew, Mirror.TryOpen(run.Keys, staged.Record)), staged => staged.Record.Body?.Length ?? 0);

    /// <param name="record">Verified.</param>
    /// <param name="opened">What is in it. Null if it is damaged.</param>
    /// <param name="isNew">Whether the mirror has no such record and the entry no local changes.</param>
    private void Apply(OnlineRecord record, OpenedOnline? opened, bool isNew)
    {
        switch (record.Kind)
        {
            case RecordStream.Data:
                ApplyData(record, opened, isNew);
                break;
            case RecordStream.Tags:
                ApplyFlag(record, opened, _tags, run.Options.ExcludeTags, isNew);
                break;
            case RecordStream.Favorite:
                ApplyFlag(record, opened, _favorites, run.Options.ExcludeFavorites, isNew);
                break;
            default:
                TakeIn(record, opened);
                break;
        }
    }

    /// <summary>Replaces this machine's tags and favorites by the online ones that were held back.</summary>
    public void ApplyHeld(CancellationToken cancellationToken)
    {
        if (!run.Options.ExcludeTags)
            ApplyHeld(_tags, cancellationToken);
        if (!run.Options.ExcludeFavorites)
            ApplyHeld(_favorites, cancellationToken);
    }

    private void ApplyData(OnlineRecord record, OpenedOnline? opened, bool isNew)
    {
        EntryState? state = isNew ? null : EntryState.Find(Connection, record.Id);
        if (state?.MirrorVersion == record.Version && state.IsDeletedOnline == record.Deleted)
            return;
        if (state is not null && TryTakeInResealed(record))
            return;
        if (record.Deleted)
            ApplyDeletion(record, opened, state);
        else
            ApplyContent(record, opened, state);
    }

    /// <summary>
    /// Takes in a record that is the mirror's, only sealed under a later epoch: that is no change. Whether it is, the plaintexts show; nobody is believed.
    /// </summary>
    private bool TryTakeInResealed(OnlineRecord record)
    {
        if (record.Body is null || record.Deleted || Mirror.Find(Connection, record.Key) is not { Deleted: false, Head: { } head } before
            || before.ContentVersion != before.Version)
        {
            return false;
        }
        var earlier = new RecordChange(record.Stream, record.Id, before.Version, false, before.Digest,
            before.Tail is null ? head : RecordBody.Join(head, before.Tail));
        var later = new RecordChange(record.Stream, record.Id, record.Version, false, record.Digest, record.Body);
        if (ResealedRecord.EpochOf(later.Stream, false, later.Body) <= ResealedRecord.EpochOf(earlier.Stream, false, earlier.Body)
            || !ResealedRecord.IsSame(run.Keys, earlier, later))
        {
            return false;
        }
        ResealedTakeIn.Apply(run, record, before.Version, Mirror.Open(run.Keys, record));
        return true;
    }

    private void ApplyContent(OnlineRecord record, OpenedOnline? opened, EntryState? state)
    {
        bool wasLive = state is { IsLocal: false, IsLive: true };
        EntryContent? before = wasLive ? SealedEntry.OrNull(() => state!.Open(run.Keys)) : null;
        state?.KeepMirrorInHistory(run.Use, HistoryReason.Sync, run.Now);
        if (TakeIn(record, opened) is not { } summary)
            return;
        if (state is { IsLocal: true, IsTrashed: false } && !record.Digest.AsSpan().SequenceEqual(state.LocalDigest) && IsOwnPush(record))
            LocalData.Rebase(run.Use, state, record.Version, record.Body!);
        else if (state is null or { IsLocal: false })
        {
            if (!wasLive)
                _newEntries.Add(record.Id);
            IReadOnlyList<string> fields = Differences(record, before);
            // A conflict's winner that is pushed again after its loser has no changed field: not reported.
            if (before is null || fields.Count > 0)
            {
                run.Report.Finish(new SyncChange(record.Id, summary.Name, SyncAction.Pulled, fields,
                    wasLive ? "changed online" : state is { IsKnownOnline: true } ? "created again online" : "new online"));
            }
        }
        else if (state.IsTrashed)
        {
            // Marked as pending, so that the Reconciler looks at the trashed entry (rows 8 and 9).
            LocalData.SetPending(Connection, record.Id);
        }
    }

    // Whether the record is this machine's own, from a push whose answer was lost.
    private bool IsOwnPush(OnlineRecord record) =>
        (_sent ??= [.. Outbox.Waiting(Connection)?.Records.Select(sent => Convert.ToHexString(sent.Digest)) ?? []])
        .Contains(Convert.ToHexString(record.Digest));

    private void ApplyDeletion(OnlineRecord record, OpenedOnline? opened, EntryState? state)
    {
        string name = Name(record.Id);
        if (state is { IsPurged: true })
        {
            LocalData.Forget(Connection, record.Id);
        }
        else if (state is { IsOnline: true, HasOwnContent: false, Head: not null })
        {
            LocalData.TrashMirrored(Connection, record.Id, run.Now);
        }
        else if (state is { IsTrashed: true })
        {
            state.KeepMirrorInHistory(run.Use, HistoryReason.Sync, run.Now);
            // An edit that lost against the deletion still has to go up, if it did not yet.
            if (state.Loser is null)
                LocalData.SetSettled(Connection, record.Id);
        }
        TakeIn(record, opened);
        if (state is { IsOnline: true } && (!state.IsLocal || state.IsTrashed))
        {
            run.Report.Finish(new SyncChange(record.Id, name, SyncAction.Deleted, [],
                state.IsTrashed ? "deleted online too: stays in this machine's trash" : "deleted online: now in this machine's trash"));
        }
    }

    private void ApplyFlag(OnlineRecord record, OpenedOnline? opened, LocalOverlay flags, bool excluded, bool isNew)
    {
        (long Version, byte[] Body)? before = isNew ? null : flags.Effective(record.Id);
        if (!isNew && TryTakeInResealed(record))
            return;
        if (excluded || (!isNew && flags.HasOwn(record.Id)))
        {
            // Held back. ApplyHeld compares it and applies it at the end of this sync, unless the stream is excluded.
            flags.Hold(record.Id);
            TakeIn(record, opened);
            return;
        }
        TakeIn(record, opened);
        if (_newEntries.Contains(record.Id))
            return;
        Report(record.Id, flags, before);
    }

    private void ApplyHeld(LocalOverlay flags, CancellationToken cancellationToken)
    {
        const int batch = 500;
        IReadOnlyList<Guid> held;
        do
        {
            held = flags.Held(batch);
            foreach (Guid id in held)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (long Version, byte[] Body)? before = flags.Effective(id);
                flags.Release(id);
                Report(id, flags, before);
            }
        }
        while (held.Count == batch);
    }

    /// <summary>Keeps the replaced value in the history and reports the change, if the user sees a difference.</summary>
    private void Report(Guid id, LocalOverlay flags, (long Version, byte[] Body)? before)
    {
        bool isTags = flags.Stream == RecordStream.Tags;
        string? was = SealedEntry.OrNull(() => flags.Show(before, id)), now = SealedEntry.OrNull(() => flags.Show(flags.Effective(id), id));
        if (was == now)
            return;
        if (before is { } own && was is not null)
            History.Keep(Connection, new(flags.Stream, id, own.Version, own.Body), HistoryReason.Sync, run.Now);
        // Online, tags outlive their entry. If the entry is not on this machine, there is nothing to report.
        if (EntryState.Find(Connection, id) is not { Head: not null })
            return;
        run.Report.Finish(new SyncChange(id, Name(id), isTags ? SyncAction.TagsPulled : SyncAction.FavoritesPulled, [isTags ? "Tags" : "Favorite"],
            isTags ? "online tags replaced this machine's" : now == "" ? "no favorite online" : "a favorite online"));
    }

    /// <summary>The entry's name on this machine. Empty if it is unknown or cannot be opened.</summary>
    public string Name(Guid id) =>
        EntryState.Find(Connection, id) is { Head: { } head } state
        ? SealedEntry.OrNull(() => SealedEntry.OpenSummary(run.Keys, id, state.Version, head))?.Name ?? "" : "";

    private EntryContent? TakeIn(OnlineRecord record, OpenedOnline? opened)
    {
        if (opened is null)
        {
            // Not asked for again, as a value is: the entry would go before anybody could know that its owner deleted it.
            if (record.Deleted)
                throw run.Tampered($"the deletion of {record.Id} was not sealed by this account");
            Mirror.Owe(Connection, record);
            run.Report.Finish(new SyncChange(record.Id, Name(record.Id), SyncAction.Damaged, [], "its online record is damaged; " +
                "the next sync asks for it again"));
            return null;
        }
        Mirror.Put(Connection, record, opened.NameKey);
        return opened.Summary;
    }

    private IReadOnlyList<string> Differences(OnlineRecord record, EntryContent? before)
    {
        if (before is null)
            return [];
        EntryContent after = EntryState.Find(Connection, record.Id)!.OpenMirror(run.Keys);
        return [.. EntryField.Differences(before, after).Select(EntryField.Title)];
    }
}
