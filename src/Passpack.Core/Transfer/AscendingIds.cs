using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Transfer;

/// <summary>
/// Ids that sort in the order in which they were made (UUID version 7). Entries of one import are often made within the same
/// millisecond; their ids then tell the first of two equal rows from the second.
/// </summary>
internal sealed class AscendingIds(TimeProvider clock)
{
    private const int CounterBits = 12;

    private long _last; // Milliseconds and counter in one, so that a full counter runs over into the milliseconds.

    public Guid Next()
    {
        _last = Math.Max(_last + 1, clock.GetUtcNow().ToUnixTimeMilliseconds() << CounterBits);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (_last >> CounterBits << 16) | (_last & ((1 << CounterBits) - 1)) | 0x7000);
        RandomNumberGenerator.Fill(bytes[8..]);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
