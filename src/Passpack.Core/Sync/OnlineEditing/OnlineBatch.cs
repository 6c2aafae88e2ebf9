using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.Sync.OnlineEditing;

/// <summary>The records of some online edits, sealed against the verified mirror.</summary>
internal sealed class OnlineBatch
{
    private readonly List<RecordChange> _records = [];
    private readonly List<(OnlineEdit Edit, Guid Id, EntrySummary? Deleted, PasspackException? Error)> _outcomes = [];

    private OnlineBatch()
    {
    }

    public IReadOnlyList<RecordChange> Records => _records;

    /// <summary>How many edits it is of.</summary>
    public int Count => _outcomes.Count;

    /// <summary>Why the first edit was not prepared that could not be. Null if all were.</summary>
    public PasspackException? FirstError => _outcomes.Select(outcome => outcome.Error).FirstOrDefault(error => error is not null);

    /// <summary>Prepares edits from a place on, as many as fit into one push; each entry once.</summary>
    /// <param name="run">The run.</param>
    /// <param name="edits">All of them.</param>
    /// <param name="ids">The ids of their entries; a new entry has the same id at every attempt.</param>
    /// <param name="from">The index of the first edit to prepare.</param>
    public static OnlineBatch Prepare(SyncRun run, IReadOnlyList<OnlineEdit> edits, IReadOnlyList<Guid> ids, int from)
    {
        const int recordsAnEdit = 3;
        var batch = new OnlineBatch();
        var touched = new HashSet<Guid>();
        long bytes = 0;
        for (int i = from; i < edits.Count; i++)
        {
            OnlineEdit edit = edits[i];
            Guid id = ids[i];
            if (batch._records.Count + recordsAnEdit + edit.Before.Count > Limits.RecordsPerBatch || !touched.Add(id))
                break;
            int before = batch._records.Count;
            batch.Add(run, edit, id);
            bytes += batch._records.Skip(before).Sum(record => (long)record.Body.Length);
            if (before > 0 && bytes > run.MostPushBytes)
            {
                batch._records.RemoveRange(before, batch._records.Count - before);
                batch._outcomes.RemoveAt(batch._outcomes.Count - 1);
                break;
            }
        }
        return batch;
    }

    /// <summary>The results of the edits, once the push is answered.</summary>
    /// <param name="use">The vault.</param>
    /// <param name="refused">Why the records were refused; then all of them belong to one entry. Null if they were accepted.</param>
    public IEnumerable<OnlineEditResult> Results(VaultUse use, PasspackException? refused = null) => _outcomes.Select(outcome =>
    {
        PasspackException? error = refused is not null && outcome.Id == _records[0].Id ? refused : outcome.Error;
        EntrySummary? entry = error is not null ? null : outcome.Deleted ?? OnlineVault.Require(use, outcome.Id, withSecret: false).OpenSummary(use.Keys);
        return new OnlineEditResult(outcome.Edit, entry, error);
    });

    private void Add(SyncRun run, OnlineEdit edit, Guid id)
    {
        int before = _records.Count;
        try
        {
            EntrySummary? deleted = null;
            if (edit.Id is null)
                AddNew(run, edit.Values, id);
            else if (edit.Restored is { } restored)
                AddData(run, id, RequireUnchanged(run, id).NextVersion, restored);
            else if (edit.Delete)
                deleted = AddDeletion(run, id);
            else
                AddChange(run, edit, id);
            _outcomes.Add((edit, id, deleted, null));
        }
        catch (PasspackException e) when (
            e.ErrorId is ErrorCodes.EntryNotFound or ErrorCodes.SyncConflict or ErrorCodes.RecordDamaged or ErrorCodes.RecordTooLarge
                or ErrorCodes.RotationPending or ErrorCodes.RotationConflict)
        {
            _records.RemoveRange(before, _records.Count - before);
            _outcomes.Add((edit, id, null, e));
        }
    }

    private void AddNew(SyncRun run, EntryEdit values, Guid id)
    {
        EntryTexts.Check(values, requireName: true);
        if (EntryState.Find(run.Connection, id) is { IsOnline: true })
            return; // An earlier attempt was accepted, and only its answer was lost.
        AddData(run, id, 1, EntryContent.New(values, run.Now));
        if (EntryTags.Apply([], values) is { Count: > 0 } tags)
            AddFlag(run, RecordStream.Tags, id, version => SealedEntry.SealTags(run.Keys, id, version, tags));
        if (values.Favorite is true)
            AddFlag(run, RecordStream.Favorite, id, version => SealedEntry.SealFavorite(run.Keys, id, version, true));
    }

    private void AddChange(SyncRun run, OnlineEdit edit, Guid id)
    {
        EntryEdit values = edit.Values;
        EntryTexts.Check(values, requireName: false);
        EntryRow row = OnlineVault.Require(run.Use, id, withSecret: true);
        EntryState state = RequireUnchanged(run, id);
        if (state.IsOwed) // The edit would overwrite a version that this machine has never seen.
            throw SealedEntry.Damaged(id, RecordStream.Data, RecordPart.Whole);
        EntryContent content = row.OpenContent(run.Keys), edited = content.Apply(values, run.Now);
        long version = state.NextVersion;
        foreach (EntryContent before in edit.Before)
            AddData(run, id, version++, before);
        if (!ReferenceEquals(content, edited) || edit.Before.Count > 0)
            AddData(run, id, version, edited);
        IReadOnlyList<string> tags = TagsOf(run, row), newTags = EntryTags.Apply(tags, values);
        if (!newTags.SequenceEqual(tags) || (row.Tags is null && (values.Tags is not null || values.AddTags is { Count: > 0 })))
            AddFlag(run, RecordStream.Tags, id, version => SealedEntry.SealTags(run.Keys, id, version, newTags,
                SealedEntry.UnknownMembers(run.Keys, RecordStream.Tags, id, row.TagsVersion ?? 0, row.Tags)));
        if (values.Favorite is bool favorite && (row.Favorite is null || favorite != row.OpenFavorite(run.Keys)))
            AddFlag(run, RecordStream.Favorite, id, version => SealedEntry.SealFavorite(run.Keys, id, version, favorite,
                SealedEntry.UnknownMembers(run.Keys, RecordStream.Favorite, id, row.FavoriteVersion ?? 0, row.Favorite)));
    }

    // If the online entry has no tags record, the user sees this machine's tags; so tags are added to and removed from these.
    internal static IReadOnlyList<string> TagsOf(SyncRun run, EntryRow row) => row.Tags is not null ? row.OpenTags(run.Keys)
        : LocalOverlay.Tags(run.Use).Effective(row.Id) is { } own ? SealedEntry.OpenTags(run.Keys, row.Id, own.Version, own.Body) : [];

    private EntrySummary AddDeletion(SyncRun run, Guid id)
    {
        EntrySummary summary = OnlineVault.Require(run.Use, id, withSecret: false).OpenSummary(run.Keys);
        EntryState state = RequireUnchanged(run, id);
        byte[] tombstone = SealedEntry.SealTombstone(run.Keys, id, state.NextVersion, run.Now);
        _records.Add(new RecordChange((byte)RecordStream.Data, id, state.NextVersion, true, RecordBody.Digest(tombstone), tombstone));
        return summary;
    }

    private void AddData(SyncRun run, Guid id, long version, EntryContent content)
    {
        SealedEntry.Parts parts = SealedEntry.Seal(run.Keys, id, version, content);
        _records.Add(new RecordChange((byte)RecordStream.Data, id, version, false, parts.Digest(), RecordBody.Join(parts.Summary, parts.Secret)));
    }

    private void AddFlag(SyncRun run, RecordStream stream, Guid id, Func<long, byte[]> seal)
    {
        long version = (Mirror.Find(run.Connection, new((byte)stream, id))?.Version ?? 0) + 1;
        byte[] body = seal(version);
        _records.Add(new RecordChange((byte)stream, id, version, false, RecordBody.Digest(body), body));
    }

    private static EntryState RequireUnchanged(SyncRun run, Guid id)
    {
        EntryState state = EntryState.Find(run.Connection, id)!;
        if (state is { IsLocal: true, IsTrashed: false })
        {
            throw new PasspackException(ErrorCodes.SyncConflict,
                $"The entry {id} has changes on this machine that are not online yet. Sync first, then change it online. Nothing was changed.") { Target = id };
        }
        return state;
    }
}
