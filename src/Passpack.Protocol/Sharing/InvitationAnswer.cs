using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Passpack.Protocol.Sharing;

/// <summary>
/// What somebody who was invited says: who it is. The MAC proves to the inviter that the invitation's text was read; the signature proves to everybody that the
/// identity is the answerer's own. docs/pack-format.md, "The invitation".
/// </summary>
/// <param name="Invitation">Its id.</param>
/// <param name="Expires">Until when it may be answered, to the millisecond.</param>
/// <param name="Inviter">The fingerprint of the identity that invited.</param>
/// <param name="Identity">The answerer's.</param>
/// <param name="Mac">HMAC-SHA-256 over all before it, under a key of the invitation's secret.</param>
/// <param name="Signature">The answerer's, over all before it.</param>
public sealed record InvitationAnswer(Guid Invitation, DateTimeOffset Expires, Hash256 Inviter, AccountIdentity Identity, byte[] Mac, byte[] Signature)
{
    /// <summary>Bytes of <see cref="Mac"/>.</summary>
    public const int MacBytes = 32;

    /// <summary>Bytes of an answer, at most.</summary>
    public const int MostBytes = 16 << 10;

    private const byte Version = 1;
    private const int BeforeIdentity = 1 + 16 + 8 + Hash256.Length + 4;

    /// <summary>What the MAC is over.</summary>
    public static byte[] Message(Guid invitation, DateTimeOffset expires, Hash256 inviter, AccountIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        byte[] numbers = new byte[12];
        BinaryPrimitives.WriteInt64BigEndian(numbers, expires.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32BigEndian(numbers.AsSpan(8), identity.Bytes.Length);
        return [Version, .. invitation.ToByteArray(bigEndian: true), .. numbers[..8], .. inviter.ToBytes(), .. numbers[8..], .. identity.Bytes];
    }

    /// <summary>What the MAC is over.</summary>
    public byte[] Message() => Message(Invitation, Expires, Inviter, Identity);

    /// <summary>Whether the answerer signed it: all that a server can tell.</summary>
    public bool IsSigned => Signatures.Verify(Identity, SignaturePurpose.InvitationAnswer, [.. Message(), .. Mac], Signature);

    /// <summary>The answer as it travels and is stored.</summary>
    public byte[] ToBytes() => [.. Message(), .. Mac, .. Signature];

    /// <summary>Reads an answer; neither MAC nor signature is looked at.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="answer">Null if there is a fault.</param>
    /// <param name="fault">What is wrong with it: the rest of a sentence that begins with it.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out InvitationAnswer? answer, [NotNullWhen(false)] out string? fault)
    {
        answer = null;
        fault = null;
        const int after = MacBytes + Signatures.SignatureBytes;
        if (bytes.Length is < BeforeIdentity + after or > MostBytes || BinaryPrimitives.ReadInt32BigEndian(bytes[(BeforeIdentity - 4)..]) != bytes.Length - BeforeIdentity - after)
            fault = "is not as long as it says";
        else if (bytes[0] != Version)
            fault = $"is of version {bytes[0]}, which is not known here";
        else if (BinaryPrimitives.ReadInt64BigEndian(bytes[17..]) is < 0 or > 253_402_300_799_999)
            fault = "has a time that is none";
        else if (!AccountIdentity.TryRead(bytes[BeforeIdentity..^after], out AccountIdentity? identity, out string? wrong))
            fault = $"has an identity that {wrong}";
        else
        {
            answer = new InvitationAnswer(
                new Guid(bytes[1..17], bigEndian: true), DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes[17..])), Hash256.Read(bytes[25..]), identity,
                bytes[^after..^Signatures.SignatureBytes].ToArray(), bytes[^Signatures.SignatureBytes..].ToArray());
        }

        return answer is not null;
    }
}
