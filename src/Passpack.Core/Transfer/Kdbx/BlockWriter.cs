using System.Buffers.Binary;
using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Kdbx;

/// <summary>Writes KDBX 4's blocks of 1 MiB with an HMAC each. The stream below stays open.</summary>
internal sealed class BlockWriter(Stream stream, SecretBytes key) : WriteOnlyStream
{
    private readonly byte[] _block = new byte[1 << 20];
    private int _used;
    private ulong _number;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, _block.Length - _used);
            buffer[..count].CopyTo(_block.AsSpan(_used));
            buffer = buffer[count..];
            _used += count;
            if (_used == _block.Length)
                WriteBlock();
        }
    }

    /// <summary>Writes the rest, and the empty block that ends the content.</summary>
    public void Complete()
    {
        if (_used > 0)
            WriteBlock();
        WriteBlock();
    }

    public override void Flush()
    {
    }

    private void WriteBlock()
    {
        Span<byte> head = stackalloc byte[HMACSHA256.HashSizeInBytes + 4];
        BlockSum.OfBlock(key, _number++, _block.AsSpan(0, _used), head);
        BinaryPrimitives.WriteInt32LittleEndian(head[HMACSHA256.HashSizeInBytes..], _used);
        stream.Write(head);
        stream.Write(_block.AsSpan(0, _used));
        _used = 0;
    }
}
