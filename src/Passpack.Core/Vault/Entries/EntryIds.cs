using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Vault.Entries;

/// <summary>
/// Ids that sort in the order in which this process made them (UUID version 7, RFC 9562 section 5.7): entries of one import are often
/// made within the same millisecond, and their ids then tell the first of two equal rows from the second, on every machine.
/// </summary>
internal static class EntryIds
{
    private const int CounterBits = 12;

    private static long s_last; // Milliseconds and counter in one, so that a full counter runs over into the milliseconds.

    /// <param name="now">Milliseconds since 1970.</param>
    public static Guid Next(long now)
    {
        long last, next;
        do
        {
            last = Volatile.Read(ref s_last);
            next = Math.Max(last + 1, now << CounterBits);
        }
        while (Interlocked.CompareExchange(ref s_last, next, last) != last);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (next >> CounterBits << 16) | (next & ((1 << CounterBits) - 1)) | 0x7000);
        RandomNumberGenerator.Fill(bytes[8..]);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
