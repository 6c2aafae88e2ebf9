using System.Security.Cryptography;
using Passpack.Packing.Records;

namespace Passpack.Packing.Keys;

/// <summary>
/// The bytes derived from the Packing Key: 32 that wrap the Account Key, and 32 that commit to the key, so that a wrong Packing Key and damaged data
/// can be told apart (AES-GCM alone does not commit to its key).
/// </summary>
public sealed class WrappingKey : IDisposable
{
    /// <summary>Bytes that scrypt derives.</summary>
    internal const int DerivedBytes = 2 * KeyDerivation.KeyBytes;

    private readonly SecretBytes _derived;

    private WrappingKey(SecretBytes derived, byte[] salt, KdfParameters parameters)
    {
        _derived = derived;
        Salt = salt;
        Parameters = parameters;
    }

    internal byte[] Salt { get; }

    internal KdfParameters Parameters { get; }

    internal ReadOnlySpan<byte> Key => _derived.Span[..KeyDerivation.KeyBytes];

    internal ReadOnlySpan<byte> Commitment => _derived.Span[KeyDerivation.KeyBytes..];

    /// <summary>Derives a new one, with a new salt.</summary>
    public static WrappingKey Create(SecretBytes packingKey, KdfParameters parameters) =>
        Derive(packingKey, RandomNumberGenerator.GetBytes(KeyDerivation.SaltBytes), parameters);

    /// <summary>Derives the key with the salt and parameters of an envelope.</summary>
    public static WrappingKey Derive(SecretBytes packingKey, byte[] salt, KdfParameters parameters) =>
        new(KeyDerivation.Scrypt(packingKey, salt, parameters, DerivedBytes), salt, parameters);

    /// <summary>Restores a key from the result of <see cref="CopyDerived"/>, made with the same salt and parameters.</summary>
    /// <param name="derived">64 bytes. This object takes ownership and zeroes them.</param>
    /// <param name="salt">The envelope's.</param>
    /// <param name="parameters">The envelope's.</param>
    internal static WrappingKey Restore(SecretBytes derived, byte[] salt, KdfParameters parameters) => new(derived, salt, parameters);

    /// <summary>A copy of the 64 bytes that scrypt derived, for unattended unlock. The Packing Key cannot be computed from them.</summary>
    internal SecretBytes CopyDerived() => SecretBytes.CopyOf(_derived.Span);

    /// <inheritdoc/>
    public void Dispose() => _derived.Dispose();
}
