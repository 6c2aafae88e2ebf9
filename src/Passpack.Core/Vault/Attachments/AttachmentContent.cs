using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;

namespace Passpack.Vault.Attachments;

/// <summary>The content of an attachment, all of which is on this machine, as a stream to read: a chunk at a time is open.</summary>
internal sealed class AttachmentContent(VaultUse use, AttachmentStore store, Guid entryId, Attachment attachment) : ForwardStream
{
    private readonly IEnumerator<Guid> _chunks = AttachmentChunk.IdsOf(attachment).GetEnumerator();
    private byte[] _chunk = [];
    private int _at;

    public override long Length => attachment.Size;

    public override int Read(Span<byte> buffer)
    {
        while (_at == _chunk.Length)
        {
            if (!_chunks.MoveNext())
                return 0;
            Open(_chunks.Current);
        }
        int count = Math.Min(buffer.Length, _chunk.Length - _at);
        _chunk.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    /// <summary>Opens a chunk; the caller disposes it. One that is damaged is deleted, so that it is fetched again.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.AttachmentMissing"/>, <see cref="ErrorCodes.RecordDamaged"/>.</exception>
    public static OpenedRecord OpenChunk(VaultUse use, AttachmentStore? store, Guid entryId, Attachment attachment, Guid chunk)
    {
        if (store?.Body(chunk) is not { } body)
            throw AttachmentErrors.Missing(attachment.Name, entryId, "some of it is not on this machine");
        if (AttachmentChunk.TryOpen(use.Keys, chunk, body, out _, out OpenedRecord plaintext))
            return plaintext;
        store.Delete(chunk);
        throw AttachmentErrors.Damaged(attachment.Name, entryId);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            CryptographicOperations.ZeroMemory(_chunk);
            _chunks.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Open(Guid id)
    {
        using OpenedRecord plaintext = OpenChunk(use, store, entryId, attachment, id);
        CryptographicOperations.ZeroMemory(_chunk);
        (_chunk, _at) = (plaintext.Span[AttachmentChunk.HeadBytes..].ToArray(), 0);
    }
}
