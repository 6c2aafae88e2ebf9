using System.Security.Cryptography;

namespace Passpack.Packing;

/// <summary>
/// What the Packing Key becomes: 32 bytes that wrap the Account Key, and 32 that commit to it, so that a wrong Packing Key and
/// damaged data are told apart (AES-GCM alone does not commit to its key).
/// </summary>
public sealed class WrappingKey : IDisposable
{
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
        new(KeyDerivation.Scrypt(packingKey, salt, parameters, 2 * KeyDerivation.KeyBytes), salt, parameters);

    /// <inheritdoc/>
    public void Dispose() => _derived.Dispose();
}
