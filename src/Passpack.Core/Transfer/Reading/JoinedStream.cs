using Passpack.Vault.Files;

namespace Passpack.Transfer.Reading;

/// <summary>Joins streams, so that bytes which were read ahead can be put back.</summary>
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
