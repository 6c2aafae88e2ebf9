using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;

namespace Passpack.Transfer.Kdbx;

/// <summary>The stream cipher over a database's protected values: one key stream for all of them, in the order in which they stand in the XML.</summary>
internal sealed class ValueCipher
{
    public const uint None = 0, Salsa20 = 2, ChaCha20 = 3;

    // KeePass's own: the same in every database.
    private static readonly byte[] s_salsaNonce = [0xE8, 0x30, 0x09, 0x4B, 0x97, 0x20, 0x5D, 0x2A];

    private readonly IStreamCipher? _cipher;

    private ValueCipher(IStreamCipher? cipher) => _cipher = cipher;

    /// <summary>For XML that is in the clear.</summary>
    public static ValueCipher OfPlain { get; } = new(null);

    /// <exception cref="PasspackException">The kind is unknown.</exception>
    public static ValueCipher Create(uint kind, ReadOnlySpan<byte> key, string source)
    {
        switch (kind)
        {
            case None:
                return OfPlain;
            case Salsa20:
                var salsa = new Salsa20Engine();
                salsa.Init(true, new ParametersWithIV(new KeyParameter(SHA256.HashData(key)), s_salsaNonce));
                return new ValueCipher(salsa);
            case ChaCha20:
                byte[] hash = SHA512.HashData(key);
                var chacha = new ChaCha7539Engine();
                chacha.Init(true, new ParametersWithIV(new KeyParameter(hash, 0, 32), hash, 32, 12));
                CryptographicOperations.ZeroMemory(hash);
                return new ValueCipher(chacha);
            default:
                throw KdbxErrors.Unsupported(source, "an unknown cipher of protected values");
        }
    }

    /// <summary>Encrypts or decrypts the next value in place.</summary>
    public void Apply(Span<byte> value) => _cipher?.ProcessBytes(value, value);
}
