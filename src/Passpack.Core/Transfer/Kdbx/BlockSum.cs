using System.Buffers.Binary;
using System.Security.Cryptography;
using Passpack.Packing.Records;

namespace Passpack.Transfer.Kdbx;

/// <summary>The HMACs of KDBX 4: each block, and the header, under a key of its own out of the file's.</summary>
internal static class BlockSum
{
    private const ulong Header = ulong.MaxValue;

    public static void OfHeader(SecretBytes key, ReadOnlySpan<byte> header, Span<byte> sum)
    {
        using SecretBytes own = KeyOf(key, Header);
        HMACSHA256.HashData(own.Span, header, sum);
    }

    public static void OfBlock(SecretBytes key, ulong number, ReadOnlySpan<byte> block, Span<byte> sum)
    {
        using SecretBytes own = KeyOf(key, number);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, own.Span);
        Span<byte> place = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(place, number);
        BinaryPrimitives.WriteInt32LittleEndian(place[8..], block.Length);
        hmac.AppendData(place);
        hmac.AppendData(block);
        hmac.GetHashAndReset(sum);
    }

    private static SecretBytes KeyOf(SecretBytes key, ulong number)
    {
        using var input = new SecretBytes(8 + key.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(input.Span, number);
        key.Span.CopyTo(input.Span[8..]);
        var own = new SecretBytes(SHA512.HashSizeInBytes);
        SHA512.HashData(input.Span, own.Span);
        return own;
    }
}
