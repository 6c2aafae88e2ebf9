using System.Security.Cryptography;
using Passpack.Packing.Records;

namespace Passpack.Packing.Keys;

/// <summary>
/// What the Packing Key becomes: 32 bytes that wrap the Account Key, and 32 that commit to it, so that a wrong Packing Key and
/// damaged data are told apart (AES-GCM alone does not commit to its key).
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

    /// <summary>Derives it as an envelope asks.</summary>
    public static WrappingKey Derive(SecretBytes packingKey, byte[] salt, KdfParameters parameters) =>
        new(KeyDerivation.Scrypt(packingKey, salt, parameters, DerivedBytes), salt, parameters);

    /// <summary>One that was derived before: <see cref="CopyDerived"/> of the same salt and parameters.</summary>
    /// <param name="derived">64 bytes; owned, and zeroed, by this from now on.</param>
    /// <param name="salt">The envelope's.</param>
    /// <param name="parameters">The envelope's.</param>
    internal static WrappingKey Restore(SecretBytes derived, byte[] salt, KdfParameters parameters) => new(derived, salt, parameters);

    /// <summary>The 64 bytes that scrypt gave, for whoever keeps them safe; the Packing Key cannot be had from them.</summary>
    internal SecretBytes CopyDerived() => SecretBytes.CopyOf(_derived.Span);

    /// <inheritdoc/>
    public void Dispose() => _derived.Dispose();
}
