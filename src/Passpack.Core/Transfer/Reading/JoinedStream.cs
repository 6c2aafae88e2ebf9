namespace Passpack.Transfer.Reading;

/// <summary>Several streams read as one, for putting back what was read ahead.</summary>
internal sealed class JoinedStream(params Stream[] parts) : ForwardStream
{
    private int _current;

    public override int Read(Span<byte> buffer)
    {
        for (; _current < parts.Length; _current++)
        {
            int count = parts[_current].Read(buffer);
            if (count > 0 || buffer.IsEmpty)
                return count;
        }
        return 0;
    }
}
