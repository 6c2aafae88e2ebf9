using System.Buffers.Binary;

namespace Passpack.Protocol;

/// <summary>The part of a record that a sealed text is.</summary>
public enum RecordPart : byte
{
    /// <summary>The whole of a record that has only one part.</summary>
    Whole = 0,

    /// <summary>Of entry data: the fields that a list of entries shows.</summary>
    Summary = 1,

    /// <summary>Of entry data: password, notes, extra fields.</summary>
    Secret = 2,

    /// <summary>The record was deleted.</summary>
    Tombstone = 3,

    /// <summary>The manifest of a vault; its version is its generation.</summary>
    Manifest = 16,

    /// <summary>A device token; stays on the machine.</summary>
    DeviceToken = 17,

    /// <summary>The record of a sync; stays on the machine.</summary>
    SyncRecord = 18,

    /// <summary>One frame of a backup file; its version is its place.</summary>
    BackupFrame = 19,

    /// <summary>The Account Key of an earlier epoch; its version is that epoch.</summary>
    EarlierKey = 20,

    /// <summary>The Vault Key of a shared vault, within the record of that vault; its version is the epoch of the key.</summary>
    VaultKey = 21,
}

/// <summary>
/// The header of a sealed record. It is the associated data: a record opens only as the one that its header names. 47 bytes, numbers big endian:
/// format (1), vault id (16), epoch (4), stream (1), part (1), record id (16), version (8).
/// </summary>
public readonly record struct RecordHeader(Guid VaultId, int Epoch, RecordStream Stream, RecordPart Part, Guid RecordId, long Version)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 47;

    private const byte Format = 1;

    /// <summary>Writes the header.</summary>
    /// <param name="target">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> target)
    {
        target[0] = Format;
        VaultId.TryWriteBytes(target[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(target[17..], Epoch);
        target[21] = (byte)Stream;
        target[22] = (byte)Part;
        RecordId.TryWriteBytes(target[23..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(target[39..], Version);
    }

    /// <summary>Reads the header at the front of a sealed record. False if it is too short, or of another format.</summary>
    public static bool TryRead(ReadOnlySpan<byte> record, out RecordHeader header)
    {
        header = default;
        if (record.Length < Size || record[0] != Format)
            return false;
        header = new RecordHeader(
            new Guid(record.Slice(1, 16), bigEndian: true), BinaryPrimitives.ReadInt32BigEndian(record[17..]), (RecordStream)record[21], (RecordPart)record[22],
            new Guid(record.Slice(23, 16), bigEndian: true), BinaryPrimitives.ReadInt64BigEndian(record[39..]));
        return true;
    }
}
