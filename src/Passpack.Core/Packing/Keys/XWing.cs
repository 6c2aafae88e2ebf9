using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Org.BouncyCastle.Security;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Keys;

/// <summary>
/// X-Wing, ML-KEM-768 and X25519 in one (draft-connolly-cfrg-xwing-kem-08), out of BouncyCastle's parts: who breaks one of them has not broken the other.
/// </summary>
internal static class XWing
{
    /// <summary>Bytes of a secret that is shared.</summary>
    public const int SharedBytes = 32;

    /// <summary>Bytes that carry it: of ML-KEM, then of X25519.</summary>
    public const int CiphertextBytes = KemCiphertextBytes + X25519KeyBytes;

    /// <summary>Random bytes that an encapsulation takes.</summary>
    public const int SeedBytes = 64;

    private const int KemSeedBytes = 64;
    private const int KemKeyBytes = AccountIdentity.ReceivingKeyBytes - X25519KeyBytes;
    private const int KemCiphertextBytes = 1088;
    private const int X25519KeyBytes = 32;

    // 5.3.
    private static ReadOnlySpan<byte> Label => @"\.//^\"u8;

    /// <summary>The encapsulation key of a decapsulation key (5.2, expandDecapsulationKey).</summary>
    /// <param name="seed">32 bytes.</param>
    /// <returns>1,216 bytes.</returns>
    public static byte[] PublicKeyOf(ReadOnlySpan<byte> seed)
    {
        using Expanded expanded = new(seed);
        return expanded.PublicKey();
    }

    /// <summary>Makes a secret that only the holder of a key can have out of the ciphertext (5.4, EncapsulateDerand).</summary>
    /// <param name="publicKey">1,216 bytes, as <see cref="AccountIdentity"/> checked them.</param>
    /// <param name="seed">64 random bytes, used once.</param>
    /// <param name="ciphertext">1,120 bytes, filled.</param>
    /// <param name="secret">32 bytes, filled.</param>
    /// <exception cref="CryptographicException">The X25519 key is of small order.</exception>
    public static void Encapsulate(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> seed, Span<byte> ciphertext, Span<byte> secret)
    {
        Span<byte> kemSecret = stackalloc byte[SharedBytes], shared = stackalloc byte[X25519KeyBytes];
        try
        {
            var encapsulator = new MLKemEncapsulator(MLKemParameters.ml_kem_768);
            var kemKey = MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, publicKey[..KemKeyBytes].ToArray());
            encapsulator.Init(new ParametersWithRandom(kemKey, new SecureRandom(new Given(seed[..32].ToArray()))));
            encapsulator.Encapsulate(ciphertext[..KemCiphertextBytes], kemSecret);
            X25519.GeneratePublicKey(seed[32..SeedBytes], ciphertext[KemCiphertextBytes..CiphertextBytes]);
            if (!X25519.CalculateAgreement(seed[32..SeedBytes], publicKey[KemKeyBytes..], shared))
                throw new CryptographicException("The X25519 key is of small order.");
            Combine(kemSecret, shared, ciphertext[KemCiphertextBytes..CiphertextBytes], publicKey[KemKeyBytes..], secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(kemSecret);
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    /// <summary>The secret out of a ciphertext (5.5). Of a ciphertext for another key it is another secret; whoever uses it finds that out.</summary>
    /// <param name="seed">The decapsulation key, 32 bytes.</param>
    /// <param name="ciphertext">1,120 bytes.</param>
    /// <param name="secret">32 bytes, filled.</param>
    /// <returns>Whether there is one: the X25519 part is not of small order.</returns>
    public static bool TryDecapsulate(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> ciphertext, Span<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(ciphertext.Length, CiphertextBytes, nameof(ciphertext));
        using Expanded expanded = new(seed);
        Span<byte> kemSecret = stackalloc byte[SharedBytes], shared = stackalloc byte[X25519KeyBytes];
        try
        {
            var decapsulator = new MLKemDecapsulator(MLKemParameters.ml_kem_768);
            decapsulator.Init(expanded.KemKey);
            decapsulator.Decapsulate(ciphertext[..KemCiphertextBytes], kemSecret);
            if (!X25519.CalculateAgreement(expanded.X25519Key, ciphertext[KemCiphertextBytes..], shared))
                return false;
            Combine(kemSecret, shared, ciphertext[KemCiphertextBytes..], expanded.X25519PublicKey, secret);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(kemSecret);
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    // 5.3, by SHA3-256, which not every platform has.
    private static void Combine(
        ReadOnlySpan<byte> kemSecret, ReadOnlySpan<byte> shared, ReadOnlySpan<byte> x25519Ciphertext, ReadOnlySpan<byte> x25519Key, Span<byte> secret)
    {
        var hash = new Sha3Digest(256);
        hash.BlockUpdate(kemSecret);
        hash.BlockUpdate(shared);
        hash.BlockUpdate(x25519Ciphertext);
        hash.BlockUpdate(x25519Key);
        hash.BlockUpdate(Label);
        hash.DoFinal(secret);
    }

    /// <summary>A decapsulation key in its parts.</summary>
    private readonly ref struct Expanded
    {
        private readonly byte[] _expanded;
        private readonly byte[] _kemSeed;

        public Expanded(ReadOnlySpan<byte> seed)
        {
            _expanded = GC.AllocateArray<byte>(KemSeedBytes + X25519KeyBytes, pinned: true);
            _kemSeed = GC.AllocateArray<byte>(KemSeedBytes, pinned: true);
            Shake.Hash(seed, _expanded);
            _expanded.AsSpan(0, KemSeedBytes).CopyTo(_kemSeed);
            KemKey = MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, _kemSeed);
            X25519PublicKey = new byte[X25519KeyBytes];
            X25519.GeneratePublicKey(_expanded, KemSeedBytes, X25519PublicKey, 0);
        }

        public MLKemPrivateKeyParameters KemKey { get; }

        public ReadOnlySpan<byte> X25519Key => _expanded.AsSpan(KemSeedBytes);

        public byte[] X25519PublicKey { get; }

        public byte[] PublicKey() => [.. KemKey.GetPublicKeyEncoded(), .. X25519PublicKey];

        public void Dispose()
        {
            CryptographicOperations.ZeroMemory(_expanded);
            CryptographicOperations.ZeroMemory(_kemSeed);
        }
    }

    /// <summary>Gives bytes that were drawn before, once.</summary>
    private sealed class Given(byte[] bytes) : IRandomGenerator
    {
        private int _given;

        public void NextBytes(byte[] output) => NextBytes(output.AsSpan());

        public void NextBytes(byte[] output, int start, int length) => NextBytes(output.AsSpan(start, length));

        public void NextBytes(Span<byte> output)
        {
            bytes.AsSpan(_given, output.Length).CopyTo(output);
            CryptographicOperations.ZeroMemory(bytes.AsSpan(_given, output.Length));
            _given += output.Length;
        }

        // What was drawn is the system's; nothing has to be mixed in.
        public void AddSeedMaterial(byte[] seed)
        {
        }

        public void AddSeedMaterial(ReadOnlySpan<byte> seed)
        {
        }

        public void AddSeedMaterial(long seed)
        {
        }
    }
}
