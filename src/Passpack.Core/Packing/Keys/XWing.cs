using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Passpack.Packing.Records;

namespace Passpack.Packing.Keys;

/// <summary>X-Wing, ML-KEM-768 and X25519 in one (draft-connolly-cfrg-xwing-kem-08), out of BouncyCastle's parts. So far its public half alone.</summary>
internal static class XWing
{
    private const int KemSeedBytes = 64;
    private const int X25519KeyBytes = 32;

    /// <summary>The encapsulation key of a decapsulation key (5.2, expandDecapsulationKey).</summary>
    /// <param name="seed">32 bytes.</param>
    /// <returns>1,216 bytes.</returns>
    public static byte[] PublicKeyOf(ReadOnlySpan<byte> seed)
    {
        byte[] expanded = GC.AllocateArray<byte>(KemSeedBytes + X25519KeyBytes, pinned: true), kemSeed = GC.AllocateArray<byte>(KemSeedBytes, pinned: true);
        try
        {
            Shake.Hash(seed, expanded);
            expanded.AsSpan(0, KemSeedBytes).CopyTo(kemSeed);
            byte[] x25519 = new byte[X25519KeyBytes];
            X25519.GeneratePublicKey(expanded, KemSeedBytes, x25519, 0);
            return [.. MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, kemSeed).GetPublicKeyEncoded(), .. x25519];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(expanded);
            CryptographicOperations.ZeroMemory(kemSeed);
        }
    }
}
