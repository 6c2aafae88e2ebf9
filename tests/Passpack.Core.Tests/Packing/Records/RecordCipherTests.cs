using System.Buffers;
using System.Security.Cryptography;
using FsCheck.Fluent;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

public sealed class RecordCipherTests : IDisposable
{
    private const int NonceAt = RecordHeader.Size;
    private const int CiphertextAt = NonceAt + 12;

    private static readonly RecordHeader s_header = new(Guid.NewGuid(), 1, RecordStream.Data, RecordPart.Summary, Guid.NewGuid(), 7);
    private readonly SecretBytes _key = SecretBytes.Random(32);
    private readonly RecordCipher _cipher;

    public RecordCipherTests() => _cipher = new RecordCipher(_key);

    public void Dispose()
    {
        _cipher.Dispose();
        _key.Dispose();
    }

    [Fact]
    public void Any_plaintext_under_any_header_makes_the_round_trip() => Prop.ForAll<(Guid, int, byte), (byte, Guid, long), byte[]>((one, two, plaintext) =>
    {
        var header = new RecordHeader(one.Item1, one.Item2, (RecordStream)one.Item3, (RecordPart)two.Item1, two.Item2, two.Item3);
        return Opens(header, _cipher.Seal(header, plaintext), out byte[] opened) && opened.AsSpan().SequenceEqual(plaintext);
    }).Holds();

    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 64)]
    [InlineData(62, 64)]
    [InlineData(63, 64)]
    [InlineData(64, 128)]
    [InlineData(65, 128)]
    [InlineData(127, 128)]
    [InlineData(128, 192)]
    [InlineData(191, 192)]
    [InlineData(1 << 20, (1 << 20) + 64)]
    public void Sizes_come_in_steps_of_64_bytes(int length, int padded)
    {
        foreach (byte content in new byte[] { 0, 0x80, 0xFF }) // The padding's own bytes, as the end of a plaintext, are no padding.
        {
            byte[] plaintext = new byte[length];
            Array.Fill(plaintext, content);
            byte[] record = _cipher.Seal(s_header, plaintext);
            Assert.Equal(CiphertextAt + padded + 16, record.Length);
            Assert.Equal(record.Length, RecordCipher.SealedSize(length));
            Assert.True(Opens(s_header, record, out byte[] opened));
            Assert.Equal(plaintext, opened);
        }
    }

    [Fact]
    public void The_same_plaintext_never_seals_alike()
    {
        byte[][] records = [.. Enumerable.Range(0, 1000).Select(_ => _cipher.Seal(s_header, "the same"u8))];
        Assert.Equal(1000, records.Select(record => Convert.ToHexString(record, NonceAt, 12)).Distinct().Count());
        Assert.Equal(1000, records.Select(record => Convert.ToHexString(record, CiphertextAt, 64)).Distinct().Count());
    }

    [Fact]
    public void A_record_is_AES_GCM_over_header_and_padded_text()
    {
        byte[] record = _cipher.Seal(s_header, "text"u8);
        byte[] padded = new byte[64];
        "text"u8.CopyTo(padded);
        padded[4] = 0x80;
        Assert.Equal(Raw(padded, record.AsSpan(NonceAt, 12).ToArray()), record);
    }

    [Fact]
    public void Every_flipped_bit_is_refused()
    {
        byte[] record = _cipher.Seal(s_header, "a plaintext"u8);
        for (int bit = 0; bit < record.Length * 8; bit++)
        {
            record[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(Opens(s_header, record, out _), $"bit {bit}");
            record[bit / 8] ^= (byte)(1 << bit % 8);
        }
        Assert.True(Opens(s_header, record, out _));
    }

    [Fact]
    public void Every_other_length_is_refused()
    {
        byte[] record = _cipher.Seal(s_header, new byte[100]);
        byte[] longer = [.. record, .. new byte[200]];
        for (int length = 0; length < longer.Length; length++)
            Assert.Equal(length == record.Length, Opens(s_header, longer.AsSpan(..length), out _));
    }

    [Fact]
    public void A_record_opens_only_as_what_its_header_says()
    {
        byte[] record = _cipher.Seal(s_header, "a plaintext"u8);
        RecordHeader[] others =
        [
            s_header with { VaultId = Guid.NewGuid() }, s_header with { Epoch = 2 }, s_header with { Stream = RecordStream.Tags },
            s_header with { Part = RecordPart.Secret }, s_header with { RecordId = Guid.NewGuid() }, s_header with { Version = 8 }, s_header with { Version = 6 },
        ];
        foreach (RecordHeader other in others)
        {
            Assert.False(Opens(other, record, out _));
            // Nor when the header that is stored with it is changed along.
            byte[] moved = [.. record];
            other.Write(moved);
            Assert.False(Opens(other, moved, out _));
            Assert.False(Opens(s_header, moved, out _));
        }
    }

    [Fact]
    public void Another_key_does_not_open_it()
    {
        using SecretBytes key = SecretBytes.Random(32);
        using var other = new RecordCipher(key);
        Assert.False(other.TryOpen(s_header, _cipher.Seal(s_header, "a plaintext"u8), out OpenedRecord opened));
        Assert.True(opened.Span.IsEmpty);
    }

    [Fact]
    public void Authentic_text_with_other_padding_is_refused()
    {
        Assert.False(Opens(s_header, Padded(64, -1), out _)); // None at all.
        Assert.False(Opens(s_header, Padded(128, 63), out _)); // More than a step.
        Assert.False(Opens(s_header, Padded(64, 63, after: 1), out _) || Opens(s_header, Padded(64, 10, after: 1), out _));
        Assert.True(Opens(s_header, Padded(128, 64), out byte[] opened));
        Assert.Equal(64, opened.Length);

        byte[] Padded(int length, int markAt, byte after = 0)
        {
            byte[] padded = new byte[length];
            padded[^1] = after;
            if (markAt >= 0 && padded[markAt] == 0)
                padded[markAt] = 0x80;
            return Raw(padded, new byte[12]);
        }
    }

    [Fact]
    public void No_bytes_whatever_open_or_throw()
    {
        byte[] header = new byte[RecordHeader.Size];
        s_header.Write(header);
        Prop.ForAll<byte[]>(bytes => !Opens(s_header, bytes, out _) && !Opens(s_header, [.. header, .. bytes], out _)).Holds();
    }

    [Fact]
    public void An_opened_record_is_zeroed_and_given_back_once()
    {
        byte[] record = _cipher.Seal(s_header, "a plaintext"u8);
        Assert.True(_cipher.TryOpen(s_header, record, out OpenedRecord opened));
        ReadOnlySpan<byte> seen = opened.Span;
        Assert.Equal("a plaintext"u8, seen);
        opened.Dispose();
        Assert.False(seen.ContainsAnyExcept((byte)0));
        Assert.True(opened.Span.IsEmpty);
        opened.Dispose();
        // Given back twice, the pool would lend one buffer to two.
        Assert.NotSame(ArrayPool<byte>.Shared.Rent(64), ArrayPool<byte>.Shared.Rent(64));
    }

    private bool Opens(RecordHeader header, ReadOnlySpan<byte> record, out byte[] plaintext)
    {
        bool opens = _cipher.TryOpen(header, record, out OpenedRecord opened);
        plaintext = opened.Span.ToArray();
        opened.Dispose();
        return opens;
    }

    private byte[] Raw(byte[] padded, byte[] nonce)
    {
        byte[] record = new byte[CiphertextAt + padded.Length + 16];
        s_header.Write(record);
        nonce.CopyTo(record, NonceAt);
        using var gcm = new AesGcm(_key.Span, 16);
        gcm.Encrypt(nonce, padded, record.AsSpan(CiphertextAt, padded.Length), record.AsSpan(^16..), record.AsSpan(..NonceAt));
        return record;
    }
}
