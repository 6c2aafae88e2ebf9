using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Protocol.Sharing;

/// <summary>32 bytes that are compared by value: a SHA-256 (FIPS 180-4), a fingerprint, a commitment.</summary>
/// <param name="High">The first 16 bytes, big endian.</param>
/// <param name="Low">The last 16.</param>
public readonly record struct Hash256(UInt128 High, UInt128 Low)
{
    /// <summary>Bytes of a hash.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private const int Half = Length / 2;

    /// <summary>The hash with these bytes.</summary>
    /// <param name="bytes">32 bytes or more; the first are taken.</param>
    public static Hash256 Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[Half..]));

    /// <summary>The hash of data.</summary>
    public static Hash256 Of(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(data, hash);
        return Read(hash);
    }

    /// <summary>Its 32 bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(Half), Low);
        return bytes;
    }

    /// <summary>Hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexString(ToBytes());
}
