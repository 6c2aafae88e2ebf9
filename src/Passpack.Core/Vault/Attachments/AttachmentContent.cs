using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Attachments;

/// <summary>The content of an attachment, all of which is on this machine, as a stream to read: a chunk at a time is open.</summary>
internal sealed class AttachmentContent(VaultUse use, AttachmentStore store, Guid entryId, Attachment attachment) : Stream
{
    private readonly IEnumerator<Guid> _chunks = AttachmentChunk.IdsOf(attachment).GetEnumerator();
    private byte[] _chunk = [];
    private int _at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => attachment.Size;

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

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
        if (store.Body(id) is not { } body)
            throw AttachmentErrors.Missing(attachment.Name, entryId, "some of it is not on this machine");
        if (!AttachmentChunk.TryOpen(use.Keys, id, body, out _, out OpenedRecord plaintext))
            throw AttachmentErrors.Damaged(attachment.Name, entryId);
        using (plaintext)
        {
            CryptographicOperations.ZeroMemory(_chunk);
            (_chunk, _at) = (plaintext.Span[AttachmentChunk.HeadBytes..].ToArray(), 0);
        }
    }
}
