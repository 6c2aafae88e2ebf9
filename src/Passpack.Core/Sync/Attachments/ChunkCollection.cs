using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Attachments;

/// <summary>
/// Deletes chunks of attachments that nothing names, online and here; once a day. A chunk is safe while a version in force, in a history or in a trash names
/// it, and for 30 days besides: another machine may still be about to send the entry that will name it. docs/pack-format.md, "Attachments".
/// </summary>
internal sealed class ChunkCollection
{
    // Every proxy takes a push of so many.
    private const int TombstonesPerPush = 100;

    private static readonly long s_online = (long)TimeSpan.FromDays(30).TotalMilliseconds;

    private readonly SyncRun _run;
    private readonly AttachmentStore _store;
    private readonly HashSet<Guid> _online;
    private readonly HashSet<Guid> _here;

    private ChunkCollection(SyncRun run, AttachmentStore store, IEnumerable<Guid> online)
    {
        _run = run;
        _store = store;
        _online = [.. online];
        _here = [.. store.Ids()];
    }

    /// <summary>Looks for chunks that nothing names, if it is time, and deletes those that nothing has named for long.</summary>
    /// <returns>False if another machine pushed meanwhile.</returns>
    public static async Task<bool> RunAsync(SyncRun run, CancellationToken cancellationToken)
    {
        try
        {
            return await RunIfDueAsync(run, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged && Equals(e.Target, run.Use.Folder.AttachmentFile))
        {
            // Entries are in sync all the same.
            run.Report.Note(e.Message);
            return true;
        }
    }

    private static async Task<bool> RunIfDueAsync(SyncRun run, CancellationToken cancellationToken)
    {
        IReadOnlyList<Guid> online = Mirror.Chunks(run.Connection);
        if (online.Count == 0 && AttachmentStore.Find(run.Use.Folder, run.Keys.VaultId) is var found)
        {
            using (found)
            {
                if (found?.HasAny is not true)
                    return true;
            }
        }
        using AttachmentStore store = AttachmentStore.Open(run.Use.Folder, run.Keys.VaultId);
        if (!UnnamedChunks.AreDue(store, run.Now))
            return true;
        if (!await new ChunkCollection(run, store, online).CollectAsync(cancellationToken).ConfigureAwait(false))
            return false;
        store.Set(AttachmentStore.Swept, run.Now);
        return true;
    }

    private async Task<bool> CollectAsync(CancellationToken cancellationToken)
    {
        if (UnnamedChunks.Find(_run.Use, _store, _online.Concat(_here)) is not { } unnamed)
            return true;
        IReadOnlyDictionary<Guid, long> ages = UnnamedChunks.Note(_store, unnamed, _here, _run.Now);
        List<Guid> old = [.. ages.Keys.Where(id => ages[id] >= s_online && _online.Contains(id))];
        foreach (Guid[] some in (await WithoutHistoryAsync(old, cancellationToken).ConfigureAwait(false)).Chunk(TombstonesPerPush))
        {
            if (await new Push(_run).PushAsync([.. some.Select(Tombstone)], cancellationToken).ConfigureAwait(false) != PushResult.Accepted)
                return false;
            foreach (Guid id in some.Where(id => !_here.Contains(id)))
                _store.Forget(id);
        }
        return true;
    }

    /// <summary>Those of the chunks that no earlier version online names, either. One that is named there is looked at again in 30 days.</summary>
    private async Task<IReadOnlyList<Guid>> WithoutHistoryAsync(IReadOnlyList<Guid> old, CancellationToken cancellationToken)
    {
        var candidates = new HashSet<Guid>(old);
        foreach (Guid id in old)
        {
            if (candidates.Contains(id) && _store.OwnersOf(id).Count == 0)
                await LearnOwnerAsync(id, candidates, cancellationToken).ConfigureAwait(false);
        }
        var named = new HashSet<Guid>();
        foreach (IGrouping<Guid, Guid> chunks in candidates.SelectMany(id => _store.OwnersOf(id).Select(entry => (Id: id, Entry: entry)))
            .GroupBy(owned => owned.Entry, owned => owned.Id).ToList())
        {
            IReadOnlyList<EarlierVersion> versions = await EarlierVersions.ReadAsync(
                _run, new RecordKey((byte)RecordStream.Data, chunks.Key), long.MaxValue, cancellationToken).ConfigureAwait(false);
            named.UnionWith(NamedIn(versions) is { } ids ? chunks.Intersect(ids) : chunks);
        }
        _store.InTransaction(() =>
        {
            foreach (Guid id in named)
                _store.SetUnnamed(id, _run.Now);
        });
        return [.. candidates.Except(named)];
    }

    // Of an attachment that this machine never saw named, one chunk tells whose it is, and which the others are.
    private async Task LearnOwnerAsync(Guid id, HashSet<Guid> candidates, CancellationToken cancellationToken)
    {
        if (await AttachmentDownload.FetchAsync(_run, id, cancellationToken).ConfigureAwait(false) is not { } chunk)
        {
            candidates.Remove(id);
            return;
        }
        _store.InTransaction(() =>
        {
            for (int number = 0; number < AttachmentChunk.Most; number++)
            {
                Guid other = AttachmentChunk.IdOf(chunk.Place.Attachment, number);
                if (candidates.Contains(other))
                    _store.Note(other, chunk.Place.Entry, chunk.Place.Attachment);
            }
        });
    }

    // Null if they are not all, or one does not open.
    private HashSet<Guid>? NamedIn(IReadOnlyList<EarlierVersion> versions)
    {
        if (!EarlierVersions.AreAll(versions))
            return null;
        var named = new HashSet<Guid>();
        foreach (RecordChange record in versions.Select(version => version.Record).Where(record => !record.Deleted))
        {
            if (!RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail)
                || NamedAttachments.Of(_run.Use, record.Id, record.Version, head.ToArray(), tail.ToArray()) is not { } attachments)
            {
                return null;
            }
            named.UnionWith(attachments.SelectMany(AttachmentChunk.IdsOf));
        }
        return named;
    }

    private RecordChange Tombstone(Guid id)
    {
        long version = Mirror.Find(_run.Connection, new((byte)RecordStream.Attachment, id))!.Version + 1;
        byte[] body = SealedEntry.SealTombstone(_run.Keys, id, version, _run.Now, RecordStream.Attachment);
        return new RecordChange((byte)RecordStream.Attachment, id, version, true, RecordBody.Digest(body), body);
    }
}
