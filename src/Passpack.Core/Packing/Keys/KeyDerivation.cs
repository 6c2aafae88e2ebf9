using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Keys;

/// <summary>scrypt (RFC 7914), PBKDF2 (RFC 8018) and HKDF-SHA-256 (RFC 5869), as this product uses them.</summary>
public static class KeyDerivation
{
    /// <summary>Bytes of every salt.</summary>
    public const int SaltBytes = 16;

    /// <summary>Bytes of every symmetric key.</summary>
    public const int KeyBytes = 32;

    /// <summary>scrypt itself: secret, salt, N, r, p, length. Set by tests alone, which derive the same keys hundreds of times and remember them.</summary>
    internal static Func<byte[], byte[], int, int, int, int, byte[]> Generate { get; set; } = SCrypt.Generate;

    /// <summary>
    /// Derives a secret from a key or Password that a person types. Takes about a second and <see cref="KdfParameters.Memory"/> bytes.
    /// </summary>
    /// <param name="secret">UTF-8, neither trimmed nor normalised.</param>
    /// <param name="salt">16 bytes.</param>
    /// <param name="parameters">Within the accepted bounds.</param>
    /// <param name="length">Bytes to derive.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>: the salt does not have 16 bytes.</exception>
    public static SecretBytes Scrypt(SecretBytes secret, byte[] salt, KdfParameters parameters, int length)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (salt is not { Length: SaltBytes }) // The salt comes from a file or a server, so it is checked.
            throw new PasspackException(ErrorCodes.VaultDamaged, $"The salt of the key derivation does not have {SaltBytes} bytes.");
        if (!parameters.IsAcceptable)
            throw new ArgumentOutOfRangeException(nameof(parameters));
        return ScryptCore(secret, salt, parameters, length);
    }

    // Without bounds, for the vectors of RFC 7914. BouncyCastle leaves copies of the secret and of the derived key to the garbage collector; only the
    // copies here are pinned and zeroed.
    internal static SecretBytes ScryptCore(SecretBytes secret, byte[] salt, KdfParameters parameters, int length)
    {
        byte[] derived = Generate(secret.Array, salt, 1 << parameters.Log2N, parameters.R, parameters.P, length);
        try
        {
            return SecretBytes.CopyOf(derived);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>PBKDF2 with HMAC-SHA-256, for texts of older pack versions.</summary>
    internal static SecretBytes Pbkdf2(SecretBytes secret, ReadOnlySpan<byte> salt, int iterations, int length)
    {
        var derived = new SecretBytes(length);
        Rfc2898DeriveBytes.Pbkdf2(secret.Span, salt, derived.Span, iterations, HashAlgorithmName.SHA256);
        return derived;
    }

    /// <summary>A 32-byte key for one purpose, by HKDF-SHA-256.</summary>
    /// <param name="key">The input key.</param>
    /// <param name="purpose">The info string: unique for each purpose.</param>
    /// <param name="salt">May be empty.</param>
    public static SecretBytes Subkey(SecretBytes key, string purpose, ReadOnlySpan<byte> salt = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(purpose);
        var subkey = new SecretBytes(KeyBytes);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Span, subkey.Span, salt, Encoding.UTF8.GetBytes(purpose));
        return subkey;
    }

    /// <summary>Derives the proof of a Password for the online account; the Password cannot be computed from the proof.</summary>
    /// <param name="password">UTF-8.</param>
    /// <param name="salt">The account's login salt, 16 bytes.</param>
    /// <param name="parameters">The account's.</param>
    /// <returns>32 bytes.</returns>
    public static SecretBytes LoginProof(SecretBytes password, byte[] salt, KdfParameters parameters)
    {
        using SecretBytes stretched = Scrypt(password, salt, parameters, KeyBytes);
        return Subkey(stretched, "passpack/7/login");
    }
}
