using System.Buffers.Binary;
using Passpack.Protocol;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>Where one frame of a message with records lies in its bytes, for lies about single bytes.</summary>
internal readonly record struct Frame(int Start, int Length)
{
    public int ContentStart => Start + RecordMessage.FrameBytes;

    public int End => ContentStart + Length;

    public static Frame First(byte[] message) => At(message, RecordMessage.Magic.Length);

    public static IEnumerable<Frame> All(byte[] message)
    {
        for (Frame frame = First(message); ; frame = At(message, frame.End))
        {
            yield return frame;
            if (frame.End >= message.Length)
                yield break;
        }
    }

    public byte[] Content(byte[] message) => message[ContentStart..End];

    /// <summary>The message with other content in this frame.</summary>
    public byte[] Replaced(byte[] message, byte[] content)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return [.. message[..(Start + 1)], .. length, .. content, .. message[End..]];
    }

    private static Frame At(byte[] message, int start) => new(start, BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(start + 1)));
}
