using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;

namespace Passpack.Packing.Records;

/// <summary>SHAKE256 (FIPS 202).</summary>
internal static class Shake
{
    /// <summary>Fills the output.</summary>
    public static void Hash(ReadOnlySpan<byte> input, Span<byte> output)
    {
        // Some Windows and macOS versions, and OpenSSL before 1.1.1, have no SHA-3.
        if (Shake256.IsSupported)
            Shake256.HashData(input, output);
        else
            HashInManagedCode(input, output);
    }

    internal static void HashInManagedCode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var shake = new ShakeDigest(256);
        shake.BlockUpdate(input);
        shake.OutputFinal(output);
    }
}
