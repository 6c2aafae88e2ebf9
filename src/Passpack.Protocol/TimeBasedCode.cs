using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Protocol;

/// <summary>The number of a one-time code by time: RFC 6238 over the platform's HMAC.</summary>
public static class TimeBasedCode
{
    /// <summary>The step that a time is in.</summary>
    /// <param name="time">When.</param>
    /// <param name="period">How long a code holds, in seconds.</param>
    public static long StepAt(DateTimeOffset time, int period) => (long)Math.Floor(time.ToUnixTimeSeconds() / (decimal)period);

    /// <summary>The number of a step, of which a code shows the last digits.</summary>
    /// <param name="seed">The secret.</param>
    /// <param name="step">Which step.</param>
    /// <param name="algorithm">SHA1, SHA256 or SHA512.</param>
    public static int NumberOf(ReadOnlySpan<byte> seed, long step, HashAlgorithmName algorithm)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA512.HashSizeInBytes];
#pragma warning disable CA5350 // SHA1 is what RFC 6238 and nearly every site ask for; HMAC does not suffer from its collisions.
        int length = algorithm == HashAlgorithmName.SHA256 ? HMACSHA256.HashData(seed, counter, hash)
            : algorithm == HashAlgorithmName.SHA512 ? HMACSHA512.HashData(seed, counter, hash)
            : HMACSHA1.HashData(seed, counter, hash);
#pragma warning restore CA5350
        // RFC 4226, section 5.3.
        int number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[length - 1] & 0xF)..]) & int.MaxValue;
        CryptographicOperations.ZeroMemory(hash);
        return number;
    }
}
