using Passpack.Protocol;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>Key records as a server, which has no keys, can read and alter them.</summary>
internal static class KeyRecords
{
    public static KeyRecordContent Read(KeyRecord record) =>
        KeyRecordContent.TryRead(record.Record, out KeyRecordContent? content, out string? fault) ? content : throw new InvalidOperationException(fault);

    /// <summary>The record with something else in it, under the MAC and signature that it had.</summary>
    public static KeyRecord Altered(this KeyRecord record, Func<KeyRecordContent, KeyRecordContent> alter) => record with { Record = alter(Read(record)).ToBytes() };

    /// <summary>The record with a number in its bytes replaced.</summary>
    public static KeyRecord WithNumber(this KeyRecord record, int at, int number)
    {
        byte[] bytes = [.. record.Record];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), number);
        return record with { Record = bytes };
    }
}
