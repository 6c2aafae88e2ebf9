using System.Buffers.Binary;

namespace Passpack.Packing.Records;

/// <summary>The formats' <c>len2(text)</c>: how many bytes follow, in two, big endian, then these.</summary>
internal static class SizedText
{
    /// <summary>Bytes before the text.</summary>
    public const int Before = 2;

    /// <summary>Writes a text.</summary>
    /// <returns>Bytes written.</returns>
    /// <exception cref="OverflowException">It has more than 65,535 bytes.</exception>
    public static int Put(Span<byte> target, ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target, checked((ushort)text.Length));
        text.CopyTo(target[Before..]);
        return Before + text.Length;
    }

    /// <summary>Takes a text off the front. False if it is cut off.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (rest.Length < Before || rest.Length - Before < BinaryPrimitives.ReadUInt16BigEndian(rest))
            return false;
        int end = Before + BinaryPrimitives.ReadUInt16BigEndian(rest);
        text = rest[Before..end];
        rest = rest[end..];
        return true;
    }
}
