using FsCheck.Fluent;
using Passpack.Packing.Records;

namespace Passpack.Core.Tests.Packing;

public sealed class SetHashTests
{
    [Fact]
    public void Neither_order_nor_what_came_and_went_changes_it() => Prop.ForAll<byte[][], byte[][]>((kept, passing) =>
    {
        SetHash straight = Of(kept), detour = Of([.. passing, .. kept.Reverse()]);
        foreach (byte[] element in passing)
            detour.Remove(element);
        return straight.Digest().AsSpan().SequenceEqual(detour.Digest()) && straight.State.SequenceEqual(detour.State);
    }).Holds();

    [Fact]
    public void It_goes_on_from_its_state_and_from_parts() => Prop.ForAll<byte[][], byte[][]>((first, second) =>
    {
        byte[] whole = Of([.. first, .. second]).Digest();
        var on = new SetHash(Of(first).State);
        foreach (byte[] element in second)
            on.Add(element);
        SetHash joined = Of(first);
        joined.Add(Of(second));
        return on.Digest().AsSpan().SequenceEqual(whole) && joined.Digest().AsSpan().SequenceEqual(whole);
    }).Holds();

    [Fact]
    public void Every_bit_of_every_element_counts() => Prop.ForAll<byte[]>(element =>
    {
        for (int bit = 0; bit < element.Length * 8; bit++)
        {
            byte[] other = [.. element];
            other[bit / 8] ^= (byte)(1 << bit % 8);
            if (Of([element]).Digest().AsSpan().SequenceEqual(Of([other]).Digest()))
                return false;
        }
        return !Of([element]).Digest().AsSpan().SequenceEqual(Of([]).Digest()) && !Of([element]).Digest().AsSpan().SequenceEqual(Of([element, element]).Digest());
    }).Holds();

    /// <summary>FIPS 202 through both doors: the platform's, where it has one, and BouncyCastle's.</summary>
    [Fact]
    public void A_platform_without_SHA_3_gives_the_same() => Prop.ForAll<byte[]>(element =>
    {
        byte[] managed = new byte[SetHash.StateBytes];
        Shake.HashInManagedCode(element, managed);
        return Of([element]).State.SequenceEqual(managed);
    }).Holds();

    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    [InlineData(2047)]
    [InlineData(2049)]
    public void A_state_of_another_length_is_none(int length) => Assert.Throws<ArgumentOutOfRangeException>(() => new SetHash(new byte[length]));

    private static SetHash Of(IEnumerable<byte[]> elements)
    {
        var hash = new SetHash();
        foreach (byte[] element in elements)
            hash.Add(element);
        return hash;
    }
}
