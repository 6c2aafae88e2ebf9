using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Protocol;

/// <summary>
/// The body of an entry's data as it travels: the length of the summary record (4 bytes, big endian), the summary record, the secret record. The body
/// of any other record is the sealed record itself.
/// </summary>
public static class RecordBody
{
    /// <summary>Bytes of SHA-256.</summary>
    public const int DigestBytes = 32;

    /// <summary>Joins the two parts of an entry's data.</summary>
    public static byte[] Join(ReadOnlySpan<byte> summary, ReadOnlySpan<byte> secret)
    {
        byte[] body = GC.AllocateUninitializedArray<byte>(4 + summary.Length + secret.Length);
        BinaryPrimitives.WriteInt32BigEndian(body, summary.Length);
        summary.CopyTo(body.AsSpan(4));
        secret.CopyTo(body.AsSpan(4 + summary.Length));
        return body;
    }

    /// <summary>Splits a body into its two parts. False if the framing is malformed.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret)
    {
        summary = secret = default;
        if (body.Length < 4)
            return false;
        int length = BinaryPrimitives.ReadInt32BigEndian(body);
        if (length < 0 || length > body.Length - 4)
            return false;
        summary = body.Slice(4, length);
        secret = body[(4 + length)..];
        return true;
    }

    /// <summary>The digest that identifies a body: SHA-256.</summary>
    public static byte[] Digest(ReadOnlySpan<byte> body) => SHA256.HashData(body);

    /// <summary>The digest of <see cref="Join"/> of the two parts, without joining them.</summary>
    public static byte[] Digest(ReadOnlySpan<byte> summary, ReadOnlySpan<byte> secret)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, summary.Length);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(length);
        hash.AppendData(summary);
        hash.AppendData(secret);
        return hash.GetHashAndReset();
    }
}
