using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Records;

namespace Passpack.Health.Checks;

/// <summary>
/// Makes digests of texts that can be compared in place of them: 128 bits of HMAC-SHA-256, under a key that is made for one look at a vault and zeroed after
/// it. Without the key, not even a guess can be tried on a digest.
/// </summary>
internal sealed class DigestKey : IDisposable
{
    private readonly SecretBytes _key = SecretBytes.Random(32);

    /// <param name="use">What is compared: digests of two uses are never equal.</param>
    /// <param name="text">The text.</param>
    public UInt128 Of(byte use, string text)
    {
        using var message = new SecretBuffer();
        message.GetSpan(1)[0] = use;
        message.Advance(1);
        Encoding.UTF8.GetBytes(text, message);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key.Span, message.Span, mac);
        return BinaryPrimitives.ReadUInt128BigEndian(mac);
    }

    public void Dispose() => _key.Dispose();
}
