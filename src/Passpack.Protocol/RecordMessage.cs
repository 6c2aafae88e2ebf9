using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Passpack.Protocol;

/// <summary>
/// A message with records as it travels, so that bodies are bytes: <see cref="Magic"/>, then frames of a kind (1 byte), a length (4) and so many bytes.
/// First one frame of metadata, which is JSON, then one for each record, and an empty one at the end. Numbers are big-endian. docs/pack-format.md.
/// </summary>
public sealed class RecordMessage
{
    /// <summary>The media type of such messages.</summary>
    public const string MediaType = "application/vnd.passpack.records";

    /// <summary>Bytes of a frame's kind and length.</summary>
    public const int FrameBytes = 5;

    /// <summary>Bytes of a record's fields before its body: stream, id, version, flags, digest.</summary>
    public const int FieldBytes = 1 + 16 + 8 + 1 + DigestBytes;

    /// <summary>Bytes of the times of an earlier version, before its fields.</summary>
    public const int TimeBytes = 2 * 8;

    /// <summary>Bytes of a digest.</summary>
    public const int DigestBytes = 32;

    internal const byte MetadataKind = (byte)'M', RecordKind = (byte)'R', VersionKind = (byte)'V', EndKind = (byte)'E';

    internal const byte DeletedFlag = 1, ResealedFlag = 2;

    private RecordMessage(List<ReadOnlyMemory<byte>> pieces)
    {
        Pieces = pieces;
        Length = pieces.Sum(piece => (long)piece.Length);
    }

    /// <summary>The first bytes of every message; the last of them is the version of this layout.</summary>
    public static ReadOnlySpan<byte> Magic => "PPR\u0001"u8;

    /// <summary>The message in order. Bodies are not copied.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces { get; }

    /// <summary>Bytes of the message.</summary>
    public long Length { get; }

    /// <summary>The whole message.</summary>
    public byte[] ToArray()
    {
        byte[] message = new byte[Length];
        int written = 0;
        foreach (ReadOnlyMemory<byte> piece in Pieces)
        {
            piece.CopyTo(message.AsMemory(written));
            written += piece.Length;
        }
        return message;
    }

    internal static RecordMessage Of<T>(T metadata, JsonTypeInfo<T> type, IReadOnlyList<RecordChange> records) =>
        Of(metadata, type, records, RecordKind, record => record, FieldBytes, static (record, fields) => WriteFields(record, fields));

    internal static RecordMessage Of<T>(T metadata, JsonTypeInfo<T> type, IReadOnlyList<EarlierVersion> versions) =>
        Of(metadata, type, versions, VersionKind, version => version.Record, TimeBytes + FieldBytes, static (version, fields) =>
        {
            BinaryPrimitives.WriteInt64BigEndian(fields, version.Stored.ToUnixTimeMilliseconds());
            BinaryPrimitives.WriteInt64BigEndian(fields[8..], version.Replaced.ToUnixTimeMilliseconds());
            WriteFields(version.Record, fields[TimeBytes..]);
        });

    private static RecordMessage Of<T, TItem>(
        T metadata, JsonTypeInfo<T> type, IReadOnlyList<TItem> items, byte kind, Func<TItem, RecordChange> recordOf, int fieldBytes, WriteItem<TItem> write)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(metadata, type);
        var pieces = new List<ReadOnlyMemory<byte>>(2 * items.Count + 3) { (byte[])[.. Magic, .. Frame(MetadataKind, json.Length, 0)], json };
        foreach (TItem item in items)
        {
            byte[] body = recordOf(item).Body;
            byte[] start = Frame(kind, fieldBytes + body.Length, fieldBytes);
            write(item, start.AsSpan(FrameBytes));
            pieces.Add(start);
            pieces.Add(body);
        }
        pieces.Add(Frame(EndKind, 0, 0));
        return new RecordMessage(pieces);
    }

    private static byte[] Frame(byte kind, int length, int room)
    {
        byte[] start = new byte[FrameBytes + room];
        start[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(start.AsSpan(1), length);
        return start;
    }

    private static void WriteFields(RecordChange record, Span<byte> fields)
    {
        if (record.Digest.Length != DigestBytes)
            throw new ArgumentException($"A digest has {DigestBytes} bytes.", nameof(record));
        fields[0] = record.Stream;
        record.Id.TryWriteBytes(fields[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(fields[17..], record.Version);
        fields[25] = FlagsOf(record);
        record.Digest.CopyTo(fields[26..]);
    }

    internal static byte FlagsOf(RecordChange record) => (byte)((record.Deleted ? DeletedFlag : 0) | (record.Resealed ? ResealedFlag : 0));

    private delegate void WriteItem<TItem>(TItem item, Span<byte> fields);
}
