using System.Buffers.Binary;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Kdbx;

/// <summary>Reads content that lies in blocks with a sum each, up to the empty block that ends it. A block is given once its sum is right.</summary>
internal abstract class BlockReader(Stream stream, string source) : ForwardStream
{
    // KeePass writes blocks of 1 MiB.
    private const int MostBytes = 64 << 20, FirstBytes = 1 << 20;

    private byte[] _block = [];
    private int _start, _end;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        while (_start == _end && !_ended)
        {
            (_start, _end) = (0, 0);
            int size = ReadHead();
            ReadBody(size);
            if (!IsSound(_block.AsSpan(0, size)))
                throw KdbxErrors.Damaged(source, $"a block of its content does not have its sum ({Position:N0} bytes into it)");
            _ended = size == 0;
            _end = size;
        }
        int count = Math.Min(buffer.Length, _end - _start);
        _block.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        BytesRead += count;
        return count;
    }

    private long BytesRead { get; set; }

    public override long Position { get => BytesRead; set => throw new NotSupportedException(); }

    /// <summary>Reads what stands before a block, and gives the block's size.</summary>
    protected abstract int ReadHead();

    protected abstract bool IsSound(ReadOnlySpan<byte> block);

    protected override void Dispose(bool disposing)
    {
        CryptographicOperations.ZeroMemory(_block);
        if (disposing)
            stream.Dispose();
        base.Dispose(disposing);
    }

    protected void Require(Span<byte> buffer)
    {
        if (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
            throw KdbxErrors.CutOff(source, "its content");
    }

    // Grows with what arrives, because a size may be a lie.
    private void ReadBody(int size)
    {
        if (size is < 0 or > MostBytes)
            throw KdbxErrors.TooLarge(source, "has a block of more than 64 MiB");
        for (int read = 0; read < size;)
        {
            int next = Math.Min(size - read, Math.Max(FirstBytes, read));
            if (_block.Length < read + next)
            {
                byte[] larger = new byte[read + next];
                _block.AsSpan(0, read).CopyTo(larger);
                CryptographicOperations.ZeroMemory(_block);
                _block = larger;
            }
            Require(_block.AsSpan(read, next));
            read += next;
        }
    }
}

/// <summary>Up to version 3: number, SHA-256 and size of a block, over the content in the clear.</summary>
internal sealed class HashedBlockReader(Stream stream, string source) : BlockReader(stream, source)
{
    private readonly byte[] _head = new byte[4 + SHA256.HashSizeInBytes + 4];
    private uint _number;

    private ReadOnlySpan<byte> Hash => _head.AsSpan(4, SHA256.HashSizeInBytes);

    protected override int ReadHead()
    {
        Require(_head);
        return BinaryPrimitives.ReadInt32LittleEndian(_head.AsSpan(4 + SHA256.HashSizeInBytes));
    }

    protected override bool IsSound(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt32LittleEndian(_head) == _number++
        && (block.IsEmpty ? Hash.IndexOfAnyExcept((byte)0) < 0 : SHA256.HashData(block).AsSpan().SequenceEqual(Hash));
}

/// <summary>From version 4 on: HMAC-SHA-256 and size of a block, over the encrypted content; its number is in the sum.</summary>
internal sealed class HmacBlockReader(Stream stream, SecretBytes key, string source) : BlockReader(stream, source)
{
    private readonly byte[] _head = new byte[HMACSHA256.HashSizeInBytes + 4];
    private ulong _number;

    protected override int ReadHead()
    {
        Require(_head);
        return BinaryPrimitives.ReadInt32LittleEndian(_head.AsSpan(HMACSHA256.HashSizeInBytes));
    }

    protected override bool IsSound(ReadOnlySpan<byte> block)
    {
        Span<byte> sum = stackalloc byte[HMACSHA256.HashSizeInBytes];
        BlockSum.OfBlock(key, _number++, block, sum);
        return CryptographicOperations.FixedTimeEquals(sum, _head.AsSpan(0, sum.Length));
    }
}
