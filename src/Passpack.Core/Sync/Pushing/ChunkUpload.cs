using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Attachments;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Pushing;

/// <summary>The chunks of attachments that have to be online before the version of an entry that names them goes up.</summary>
internal sealed class ChunkUpload(SyncRun run) : IDisposable
{
    private AttachmentStore? _store;
    private bool _isOpen;

    // Opened once something is to be uploaded.
    private AttachmentStore? Store
    {
        get
        {
            if (!_isOpen)
                (_store, _isOpen) = (AttachmentStore.Find(run.Use.Folder, run.Keys.VaultId), true);
            return _store;
        }
    }

    /// <summary>The chunks that records of entry data name and that are not online, in order.</summary>
    public IReadOnlyList<(Attachment Attachment, ChunkPlace Place)> NotOnline(params ReadOnlySpan<RecordChange?> records)
    {
        var missing = new List<(Attachment, ChunkPlace)>();
        foreach (RecordChange? record in records)
        {
            if (record is null or { Deleted: true } || !RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> head, out ReadOnlySpan<byte> tail))
                continue;
            foreach (Attachment attachment in NamedAttachments.Of(run.Use, record.Id, record.Version, head.ToArray(), tail.ToArray()) ?? [])
            {
                for (int number = 0; number < AttachmentChunk.Count(attachment.Size); number++)
                {
                    var place = new ChunkPlace(record.Id, attachment.Id, number);
                    if (!Mirror.HasChunk(run.Connection, place.Id))
                        missing.Add((attachment, place));
                }
            }
        }
        return missing;
    }

    /// <summary>The next batch of chunks of an entry. Empty if some are not on this machine either: then the entry waits, and is told.</summary>
    public IReadOnlyList<RecordChange> NextBatch(Guid entry, IReadOnlyList<(Attachment Attachment, ChunkPlace Place)> missing)
    {
        (Attachment Attachment, ChunkPlace Place) gone = missing.FirstOrDefault(chunk => Store?.Has(chunk.Place.Id) is not true);
        if (gone.Attachment is not null)
        {
            Wait(entry, gone.Attachment, "its content is neither online nor on this machine");
            return [];
        }
        var batch = new List<RecordChange>();
        long most = Math.Min(run.MostPushBytes, Limits.AttachmentBatchBytes), bytes = 0;
        foreach ((Attachment attachment, ChunkPlace place) in missing.DistinctBy(chunk => chunk.Place.Id))
        {
            if (Sealed(place) is not { } record)
            {
                Wait(entry, attachment, "its content on this machine is damaged");
                return [];
            }
            bytes += record.Body.Length;
            if (batch.Count > 0 && bytes > most)
                break;
            batch.Add(record);
        }
        return batch;
    }

    public void Dispose() => _store?.Dispose();

    // As it lies here. Where it was deleted online meanwhile, it goes up again as what follows the tombstone.
    private RecordChange? Sealed(ChunkPlace place)
    {
        byte[] body = Store!.Body(place.Id)!;
        if (!AttachmentChunk.TryOpen(run.Keys, place.Id, body, out ChunkPlace known, out OpenedRecord plaintext))
            return null;
        try
        {
            long version = (Mirror.Find(run.Connection, new((byte)RecordStream.Attachment, place.Id))?.Version ?? 0) + 1;
            if (!RecordHeader.TryRead(body, out RecordHeader header) || header.Version != version)
                body = AttachmentChunk.SealAgain(run.Keys, known, version, plaintext.Span);
            return new RecordChange((byte)RecordStream.Attachment, place.Id, version, false, RecordBody.Digest(body), body);
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    private void Wait(Guid entry, Attachment attachment, string why) => run.Report.Replan(new SyncChange(
        entry, run.Report.Planned.TryGetValue(entry, out SyncChange? planned) ? planned.Name : "", SyncAction.Damaged, [],
        $"it waits on this machine with its attachment '{attachment.Name}': {why}. "
        + $"Remove-PasspackAttachment -Id {entry} -Name '{attachment.Name}' lets it go up without; " +
            "a machine or backup that has the content can add it again."));
}
