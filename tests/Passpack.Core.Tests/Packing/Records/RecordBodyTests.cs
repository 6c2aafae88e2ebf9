using System.Buffers.Binary;
using FsCheck.Fluent;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

public sealed class RecordBodyTests
{
    [Fact]
    public void Two_parts_joined_split_into_the_same_two() => Prop.ForAll<byte[], byte[]>((summary, secret) =>
    {
        byte[] body = RecordBody.Join(summary, secret);
        return RecordBody.TrySplit(body, out ReadOnlySpan<byte> one, out ReadOnlySpan<byte> two)
            && one.SequenceEqual(summary) && two.SequenceEqual(secret)
            && RecordBody.Digest(summary, secret).AsSpan().SequenceEqual(RecordBody.Digest(body));
    }).Holds();

    [Fact]
    public void Any_bytes_split_without_loss_or_not_at_all() => Prop.ForAll<byte[]>(body =>
        !RecordBody.TrySplit(body, out ReadOnlySpan<byte> one, out ReadOnlySpan<byte> two)
            ? one.IsEmpty && two.IsEmpty
            : RecordBody.Join(one, two).AsSpan().SequenceEqual(body)).Holds();

    [Theory]
    [InlineData(0, true)]
    [InlineData(9, true)]
    [InlineData(10, true)]
    [InlineData(11, false)]
    [InlineData(14, false)]
    [InlineData(int.MaxValue, false)]
    [InlineData(int.MaxValue - 3, false)]
    [InlineData(-1, false)]
    [InlineData(-4, false)]
    [InlineData(int.MinValue, false)]
    public void A_length_beyond_the_body_does_not_split(int length, bool splits)
    {
        byte[] body = new byte[14];
        BinaryPrimitives.WriteInt32BigEndian(body, length);
        Assert.Equal(splits, RecordBody.TrySplit(body, out _, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_body_without_room_for_its_length_does_not_split(int bytes) => Assert.False(RecordBody.TrySplit(new byte[bytes], out _, out _));
}
