using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Backups;

/// <summary>The kinds of frames of a backup file.</summary>
internal enum BackupFrameKind : byte
{
    Value = 1,
    Version = 2,
    End = 3,

    /// <summary>A chunk of an attachment's content; behind all entries.</summary>
    Content = 4,
}

/// <summary>One frame of a backup file, opened: kind, stream, id, time, flag, and the plaintexts of one value.</summary>
internal readonly record struct BackupFrame(BackupFrameKind Kind, RecordStream Stream, Guid Id, long Time, byte Flag, Snapshot? Value)
{
    /// <summary>The most bytes of a frame: two parts of the largest size, and some room.</summary>
    public const int MostBytes = 3 << 20;

    private const int HeadOffset = 31;

    /// <summary>Of a chunk: its plaintext. Null otherwise.</summary>
    public byte[]? Content { get; init; }

    /// <summary>The plaintext of the frame of a chunk.</summary>
    /// <param name="entry">Whose it is.</param>
    /// <param name="chunk">The chunk's plaintext.</param>
    public static SecretBuffer OfChunk(Guid entry, ReadOnlySpan<byte> chunk)
    {
        var plaintext = new SecretBuffer();
        Span<byte> fields = plaintext.GetSpan(HeadOffset);
        fields[..HeadOffset].Clear();
        fields[0] = (byte)BackupFrameKind.Content;
        fields[1] = (byte)RecordStream.Attachment;
        entry.TryWriteBytes(fields[2..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(fields[27..], chunk.Length);
        plaintext.Advance(HeadOffset);
        Append(plaintext, chunk);
        return plaintext;
    }

    /// <summary>Writes the plaintext of a frame into a buffer that is zeroed when it is disposed.</summary>
    public SecretBuffer ToPlaintext()
    {
        var plaintext = new SecretBuffer();
        try
        {
            using SecretBuffer head = Value switch
            {
                { Data: { } data } => EntryCodec.WriteSummary(data),
                { Tags: { } tags } => EntryCodec.WriteTags(tags),
                { Favorite: { } favorite } => EntryCodec.WriteFavorite(favorite),
                _ => throw new InvalidOperationException("A frame without a value."),
            };
            using SecretBuffer? tail = Value.Data is null ? null : EntryCodec.WriteSecret(Value.Data);
            Span<byte> fields = plaintext.GetSpan(HeadOffset);
            fields[0] = (byte)Kind;
            fields[1] = (byte)Stream;
            Id.TryWriteBytes(fields[2..], bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(fields[18..], Time);
            fields[26] = Flag;
            BinaryPrimitives.WriteInt32BigEndian(fields[27..], head.Span.Length);
            plaintext.Advance(HeadOffset);
            Append(plaintext, head.Span);
            if (tail is not null)
                Append(plaintext, tail.Span);
            return plaintext;
        }
        catch
        {
            plaintext.Dispose();
            throw;
        }
    }

    /// <summary>Reads a frame that is not the end. Null if it is malformed.</summary>
    public static BackupFrame? Read(ReadOnlySpan<byte> plaintext)
    {
        if (plaintext.Length < HeadOffset)
            return null;
        int headBytes = BinaryPrimitives.ReadInt32BigEndian(plaintext[27..]);
        if (headBytes < 0 || headBytes > plaintext.Length - HeadOffset)
            return null;
        var stream = (RecordStream)plaintext[1];
        ReadOnlySpan<byte> head = plaintext.Slice(HeadOffset, headBytes), tail = plaintext[(HeadOffset + headBytes)..];
        try
        {
            Snapshot? value = stream switch
            {
                RecordStream.Data => new Snapshot(EntryCodec.ReadSecret(tail, EntryCodec.ReadSummary(head)), null, null),
                RecordStream.Tags => new Snapshot(null, EntryCodec.ReadTags(head), null),
                RecordStream.Favorite => new Snapshot(null, null, EntryCodec.ReadFavorite(head)),
                _ => null,
            };
            return new BackupFrame((BackupFrameKind)plaintext[0], stream, new Guid(plaintext.Slice(2, 16), bigEndian: true),
                BinaryPrimitives.ReadInt64BigEndian(plaintext[18..]), plaintext[26], value)
            {
                Content = plaintext[0] == (byte)BackupFrameKind.Content && stream == RecordStream.Attachment ? head.ToArray() : null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // The JSON reader's message could hold a secret.
        }
    }

    /// <summary>The plaintext of the end.</summary>
    public static byte[] End(ReadOnlySpan<byte> header) => [(byte)BackupFrameKind.End, .. SHA256.HashData(header)];

    /// <summary>The ciphers of all frames of one backup.</summary>
    public static RecordCiphers Ciphers(SecretBytes backupKey, Guid backupId) =>
        new(KeyDerivation.Subkey(backupKey, "passpack/7/backup frame", backupId.ToByteArray(bigEndian: true)));

    /// <summary>The header of the record at a place.</summary>
    public static RecordHeader HeaderAt(Guid backupId, long place) => new(backupId, 1, RecordStream.None, RecordPart.BackupFrame, backupId, place);

    private static void Append(SecretBuffer target, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target.GetSpan(bytes.Length));
        target.Advance(bytes.Length);
    }
}
