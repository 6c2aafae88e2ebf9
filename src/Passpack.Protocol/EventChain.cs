using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Passpack.Protocol;

/// <summary>The chain of a log: each event is named by a hash over its content and the hash of the one before it. docs/events.md, "The chain".</summary>
public static class EventChain
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashBytes = 32;

    /// <summary>Bytes of the key of an address.</summary>
    public const int AddressKeyBytes = 32;

    // Previous hash; number, time; type, actor; flags; device; since, count, bytes, subject; hash of the address.
    private const int RowBytes = HashBytes + 8 + 8 + 4 + 4 + 1 + 16 + 8 + 8 + 8 + 8 + HashBytes;

    private static ReadOnlySpan<byte> BeginLabel => "passpack log 1\0"u8;

    private static ReadOnlySpan<byte> RowLabel => "passpack event 1\0"u8;

    /// <summary>What comes before the first event of an account's log.</summary>
    /// <param name="vault">The id of the account's vault. Empty for the server's log.</param>
    public static LogHead Begin(Guid vault) => new(0, SHA256.HashData([.. BeginLabel, .. vault.ToByteArray(bigEndian: true)]));

    /// <summary>The hash of an event that follows one with a hash.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> previous, LoggedEvent row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Span<byte> message = stackalloc byte[RowLabel.Length + RowBytes];
        message.Clear();
        RowLabel.CopyTo(message);
        Span<byte> rest = message[RowLabel.Length..];
        previous[..HashBytes].CopyTo(rest);
        BinaryPrimitives.WriteInt64BigEndian(rest[32..], row.Number);
        BinaryPrimitives.WriteInt64BigEndian(rest[40..], row.Time.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32BigEndian(rest[48..], row.Type);
        BinaryPrimitives.WriteInt32BigEndian(rest[52..], row.Actor);
        rest[56] = (byte)((row.Device is null ? 0 : 1) | (row.Since is null ? 0 : 2) | (row.AddressHash is null ? 0 : 4));
        row.Device?.TryWriteBytes(rest[57..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(rest[73..], row.Since?.ToUnixTimeMilliseconds() ?? 0);
        BinaryPrimitives.WriteInt64BigEndian(rest[81..], row.Count);
        BinaryPrimitives.WriteInt64BigEndian(rest[89..], row.Bytes);
        BinaryPrimitives.WriteInt64BigEndian(rest[97..], row.Subject);
        row.AddressHash.AsSpan(0, row.AddressHash is null ? 0 : HashBytes).CopyTo(rest[105..]);
        return SHA256.HashData(message);
    }

    /// <summary>The hash of an address under the key of its event.</summary>
    public static byte[] HashAddress(byte[] key, string address) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(address));

    /// <summary>Whether an event's members have the form that they need, and its address is the one that was hashed.</summary>
    public static bool IsWhole(LoggedEvent? row)
    {
        if (row is not { Count: >= 0, Bytes: >= 0, AddressHash: null or { Length: HashBytes }, AddressKey: null or { Length: AddressKeyBytes } })
            return false;
        return row.Address is null
            || (row is { AddressKey: not null, AddressHash: not null }
                && HashAddress(row.AddressKey, row.Address).AsSpan().SequenceEqual(row.AddressHash));
    }
}
