using System.Buffers.Binary;
using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Attachments;

/// <summary>
/// The chunks of an attachment's content, each a record of its own: entry id (16), attachment id (16), number (4), content. docs/pack-format.md, "Attachments".
/// </summary>
internal static class AttachmentChunk
{
    /// <summary>Bytes before the content.</summary>
    public const int HeadBytes = 36;

    /// <summary>The most chunks of one attachment.</summary>
    public const int Most = Limits.AttachmentBytes / Limits.AttachmentChunkBytes;

    /// <summary>A buffer that holds the plaintext of any chunk.</summary>
    public static byte[] NewBuffer() => new byte[HeadBytes + Limits.AttachmentChunkBytes];

    /// <summary>How many chunks content of a size has.</summary>
    public static int Count(long size) => (int)((Math.Clamp(size, 0, Limits.AttachmentBytes) + Limits.AttachmentChunkBytes - 1) / Limits.AttachmentChunkBytes);

    /// <summary>The record id of one chunk.</summary>
    public static Guid IdOf(Guid attachment, int number)
    {
        ReadOnlySpan<byte> label = "passpack/7/attachment chunk"u8;
        Span<byte> named = stackalloc byte[label.Length + 20];
        label.CopyTo(named);
        attachment.TryWriteBytes(named[label.Length..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(named[(label.Length + 16)..], number);
        return new Guid(SHA256.HashData(named).AsSpan(..16), bigEndian: true);
    }

    /// <summary>The record ids of all chunks, in order.</summary>
    public static IEnumerable<Guid> IdsOf(Attachment attachment) => Enumerable.Range(0, Count(attachment.Size)).Select(number => IdOf(attachment.Id, number));

    /// <summary>Seals one chunk.</summary>
    /// <param name="keys">The vault's.</param>
    /// <param name="place">Whose it is.</param>
    /// <param name="version">Of the record.</param>
    /// <param name="plaintext">Room for the head, then the content. The head is written here.</param>
    public static byte[] Seal(VaultKeys keys, ChunkPlace place, long version, Span<byte> plaintext)
    {
        place.Entry.TryWriteBytes(plaintext, bigEndian: true, out _);
        place.Attachment.TryWriteBytes(plaintext[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(plaintext[32..], place.Number);
        return keys.Seal(RecordStream.Attachment, RecordPart.Whole, place.Id, version, plaintext);
    }

    /// <summary>Seals an opened chunk again.</summary>
    public static byte[] SealAgain(VaultKeys keys, ChunkPlace place, long version, ReadOnlySpan<byte> plaintext) =>
        keys.Seal(RecordStream.Attachment, RecordPart.Whole, place.Id, version, plaintext);

    /// <summary>Whose chunk an opened one is. Null if it is too short, or too long, for one.</summary>
    public static ChunkPlace? PlaceOf(ReadOnlySpan<byte> plaintext) => plaintext.Length is < HeadBytes or > HeadBytes + Limits.AttachmentChunkBytes
        ? null
        : new ChunkPlace(
            new Guid(plaintext[..16], bigEndian: true), new Guid(plaintext[16..32], bigEndian: true), BinaryPrimitives.ReadInt32BigEndian(plaintext[32..]));

    /// <summary>Whether a chunk opens as the one that its id names.</summary>
    public static bool IsSound(VaultKeys keys, Guid id, byte[] body)
    {
        bool opens = TryOpen(keys, id, body, out _, out OpenedRecord plaintext);
        plaintext.Dispose();
        return opens;
    }

    /// <summary>Opens a chunk under the version that its header names. False if it is damaged, or says to be another one than its id.</summary>
    /// <param name="keys">The vault's.</param>
    /// <param name="id">Its record id.</param>
    /// <param name="body">Sealed.</param>
    /// <param name="place">Whose it is.</param>
    /// <param name="plaintext">To be disposed. Its content begins after <see cref="HeadBytes"/>.</param>
    public static bool TryOpen(VaultKeys keys, Guid id, ReadOnlySpan<byte> body, out ChunkPlace place, out OpenedRecord plaintext)
    {
        place = default;
        plaintext = default;
        if (!RecordHeader.TryRead(body, out RecordHeader header)
            || !keys.TryOpen(RecordStream.Attachment, RecordPart.Whole, id, header.Version, body, out OpenedRecord opened))
        {
            return false;
        }
        if (PlaceOf(opened.Span) is not { } known || known.Id != id)
        {
            opened.Dispose();
            return false;
        }
        place = known;
        plaintext = opened;
        return true;
    }
}

/// <summary>Whose chunk a chunk is.</summary>
internal readonly record struct ChunkPlace(Guid Entry, Guid Attachment, int Number)
{
    /// <summary>The id of its record.</summary>
    public Guid Id => AttachmentChunk.IdOf(Attachment, Number);
}
