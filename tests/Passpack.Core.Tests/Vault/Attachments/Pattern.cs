namespace Passpack.Core.Tests.Vault.Attachments;

/// <summary>So many bytes, and what is alive of the heap while they go by.</summary>
internal sealed class Pattern(long bytes) : Stream
{
    private long _position;
    private int _calls;

    public long MostLive { get; private set; }

    public long FailsAt { get; init; } = long.MaxValue;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _position;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        if (_position >= FailsAt)
            throw new IOException("The source broke.");
        int count = (int)Math.Min(buffer.Length, bytes - _position);
        buffer[..count].Fill((byte)(_position >> 18));
        Pass(count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => Pass(buffer.Length);

    public override void Write(byte[] buffer, int offset, int count) => Pass(count);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Pass(int count)
    {
        _position += count;
        if (++_calls % 16 == 0)
            MostLive = Math.Max(MostLive, GC.GetTotalMemory(forceFullCollection: true));
    }
}
