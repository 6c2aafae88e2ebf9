using System.Buffers.Binary;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Backups;

/// <summary>Which key opens a backup.</summary>
public enum BackupKeyKind : byte
{
    /// <summary>The Packing Key that the account had when it was made.</summary>
    PackingKey = 1,

    /// <summary>A separate Backup Key.</summary>
    BackupKey = 2,
}

/// <summary>The start of a backup file, in the clear; docs/pack-format.md has it byte by byte.</summary>
internal sealed record BackupHeader
{
    private const int Format = 1;
    private const int CountsOffset = 40;
    private const int FixedBytes = 65;

    // Beside the kind of the key.
    private const byte ExcludesAttachmentsFlag = 0x80;

    private static ReadOnlySpan<byte> Magic => "PkPSback"u8;

    public required Guid Id { get; init; }
    public required long Created { get; init; }
    public required BackupKeyKind Key { get; init; }
    public required string UserId { get; init; }
    public required string KeyEnvelope { get; init; }

    /// <summary>Whether contents of attachments were left out.</summary>
    public bool ExcludesAttachments { get; init; }

    public long Entries { get; init; }
    public long Trashed { get; init; }
    public long Versions { get; init; }

    public byte[] ToBytes()
    {
        byte[] user = Encoding.UTF8.GetBytes(UserId), envelope = Encoding.ASCII.GetBytes(KeyEnvelope);
        byte[] bytes = new byte[FixedBytes + 2 + user.Length + 2 + envelope.Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), Format);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), Packing.Keys.KeyEnvelope.PackVersion);
        Id.TryWriteBytes(bytes.AsSpan(16), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(32), Created);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(CountsOffset), Entries);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(CountsOffset + 8), Trashed);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(CountsOffset + 16), Versions);
        bytes[64] = (byte)((byte)Key | (ExcludesAttachments ? ExcludesAttachmentsFlag : 0));
        int end = FixedBytes + SizedText.Put(bytes.AsSpan(FixedBytes), user);
        SizedText.Put(bytes.AsSpan(end), envelope);
        return bytes;
    }

    /// <summary>Whether a file starts as a backup does.</summary>
    public static bool Starts(ReadOnlySpan<byte> start) => start.StartsWith(Magic);

    /// <summary>Reads a header, and leaves the stream right after it.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.FormatNotRecognized"/>: the file is not a backup. <see cref="ErrorCodes.BackupDamaged"/>. <see
    /// cref="ErrorCodes.PackTooNew"/>.
    /// </exception>
    public static BackupHeader Read(Stream stream, string path)
    {
        byte[] start = new byte[FixedBytes];
        int count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (!Starts(start.AsSpan(..count)))
            throw new PasspackException(ErrorCodes.FormatNotRecognized, $"{path} is no backup that Backup-PasspackVault made.") { Target = path };
        if (count < FixedBytes)
            throw BackupErrors.CutShort(path);
        int format = BinaryPrimitives.ReadInt32BigEndian(start.AsSpan(8)), pack = BinaryPrimitives.ReadInt32BigEndian(start.AsSpan(12));
        if (format != Format || pack != Packing.Keys.KeyEnvelope.PackVersion)
        {
            throw format < Format || pack < Packing.Keys.KeyEnvelope.PackVersion
                ? BackupErrors.Damaged(path, "its header names a format that never was")
                : new PasspackException(ErrorCodes.PackTooNew, $"The backup {path} is of format {format}, pack version {pack}; this module knows up to " +
                    $"{Format} and {Packing.Keys.KeyEnvelope.PackVersion}. Update the module.") { Target = path };
        }
        var key = (BackupKeyKind)(start[64] & ~ExcludesAttachmentsFlag);
        if (!Enum.IsDefined(key))
            throw BackupErrors.Damaged(path, "its header names a kind of key that never was");
        return new BackupHeader
        {
            Id = new Guid(start.AsSpan(16, 16), bigEndian: true),
            Created = BinaryPrimitives.ReadInt64BigEndian(start.AsSpan(32)),
            Entries = BinaryPrimitives.ReadInt64BigEndian(start.AsSpan(CountsOffset)),
            Trashed = BinaryPrimitives.ReadInt64BigEndian(start.AsSpan(CountsOffset + 8)),
            Versions = BinaryPrimitives.ReadInt64BigEndian(start.AsSpan(CountsOffset + 16)),
            Key = key,
            ExcludesAttachments = (start[64] & ExcludesAttachmentsFlag) != 0,
            UserId = Encoding.UTF8.GetString(Text(stream, path)),
            KeyEnvelope = Encoding.ASCII.GetString(Text(stream, path)),
        };
    }

    private static byte[] Text(Stream stream, string path)
    {
        byte[] length = new byte[2];
        if (stream.ReadAtLeast(length, 2, throwOnEndOfStream: false) < 2)
            throw BackupErrors.CutShort(path);
        byte[] text = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        return stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false) < text.Length ? throw BackupErrors.CutShort(path) : text;
    }
}

/// <summary>The errors of backup files.</summary>
internal static class BackupErrors
{
    public static PasspackException CutShort(string path) => Damaged(path, "it is cut short");

    public static PasspackException Damaged(string path, string how, Exception? inner = null) =>
        new(ErrorCodes.BackupDamaged, $"The backup {path} is damaged: {how}. Get-PasspackBackup lists others.", inner) { Target = path };

    public static PasspackException NoFile(string path) => new(ErrorCodes.FormatNotRecognized,
        $"{path} is a device, a pipe or a socket, and a backup is a regular file. Write what comes out of it into a file, and give that.") { Target = path };

    /// <summary>What is neither a backup nor a vault: it may be one that is damaged, or any other file.</summary>
    public static PasspackException NoVault(string path, Exception inner) => new(ErrorCodes.BackupDamaged,
        $"{path} is no backup of Passpack, or it is damaged from its start on: neither a file of Backup-PasspackVault nor a vault. " +
        "Get-PasspackBackup lists backups.", inner)
    { Target = path };

    /// <summary>A key that was given and is another one.</summary>
    public static PasspackException WrongKey(string path, BackupHeader header) => Mismatch(path, header.Key == BackupKeyKind.BackupKey
        ? $"The Backup Key is not the one that the backup {path} of {header.UserId} was made with. " +
            "Backup Keys are case-sensitive, and spaces count; the Packing Key does not open it."
        : $"The Packing Key is not the one that the account {header.UserId} had when the backup {path} was made, on {header.Created.ToTime():yyyy-MM-dd}. " +
          "Packing Keys are case-sensitive, and spaces count.");

    /// <summary>No key was given, and none that is known here opens it.</summary>
    public static PasspackException KeyMissing(string path, BackupHeader header) => Mismatch(path, header.Key == BackupKeyKind.BackupKey
        ? $"The backup {path} of {header.UserId} needs its Backup Key: give it with -BackupKey."
        : $"The backup {path} of {header.UserId} needs the Packing Key that the account had on {header.Created.ToTime():yyyy-MM-dd}: " +
            "give it with -PackingKey.");

    private static PasspackException Mismatch(string path, string message) => new(ErrorCodes.PackingKeyMismatch, message) { Target = path };
}
