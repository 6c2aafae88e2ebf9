using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Keys;

/// <summary>What an envelope holds. An envelope opens only as what it was sealed as.</summary>
public enum EnvelopePurpose
{
    /// <summary>The Account Key of a vault.</summary>
    AccountKey,

    /// <summary>The key of a backup file.</summary>
    BackupKey,

    /// <summary>A text of the user.</summary>
    Text,
}

/// <summary>
/// Pack version 7's text form: <c>7#purpose#log2N.r.p#salt#commitment#nonce#ciphertext+tag#checksum</c>, values in Base64, AES-256-GCM with every
/// field before the ciphertext as associated data, checksum = the first 8 bytes of SHA-256 over all text before it.
/// </summary>
public static class KeyEnvelope
{
    /// <summary>The pack version of this form.</summary>
    public const int PackVersion = 7;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int ChecksumBytes = 8;

    private static readonly string[] s_purposes = ["account", "backup", "text"];

    /// <summary>Seals bytes under a derived key.</summary>
    public static string Seal(EnvelopePurpose purpose, WrappingKey key, ReadOnlySpan<byte> plaintext)
    {
        ArgumentNullException.ThrowIfNull(key);
        byte[] nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        string header = $"{PackVersion}#{s_purposes[(int)purpose]}#{key.Parameters}#{Base64(key.Salt)}#{Base64(key.Commitment)}#{Base64(nonce)}#";
        byte[] sealedBytes = new byte[plaintext.Length + TagBytes];
        using (var gcm = new AesGcm(key.Key, TagBytes))
            gcm.Encrypt(nonce, plaintext, sealedBytes.AsSpan(..plaintext.Length), sealedBytes.AsSpan(plaintext.Length..), Encoding.ASCII.GetBytes(header));
        string text = $"{header}{Base64(sealedBytes)}#";
        return text + Base64(Checksum(text));
    }

    /// <summary>Opens an envelope.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackTooNew"/>: of a later pack version. <see cref="ErrorCodes.VaultDamaged"/>: the text was altered, or is of another
    /// purpose; no key was tried. <see cref="ErrorCodes.PackingKeyMismatch"/>: the text is sound, but was sealed under another Packing Key.
    /// </exception>
    public static SecretBytes Open(EnvelopePurpose purpose, string envelope, SecretBytes packingKey)
    {
        Parts parts = Parse(envelope, purpose);
        using WrappingKey key = WrappingKey.Derive(packingKey, parts.Salt, parts.Parameters);
        return Open(parts, key);
    }

    /// <summary>The key derivation parameters that an envelope names.</summary>
    /// <exception cref="PasspackException">As <see cref="Open(EnvelopePurpose, string, SecretBytes)"/>, without trying a key.</exception>
    public static KdfParameters ParametersOf(string envelope) => Parse(envelope).Parameters;

    /// <summary>As <see cref="Open(EnvelopePurpose, string, SecretBytes)"/>, and also returns the wrapping key.</summary>
    internal static SecretBytes Open(EnvelopePurpose purpose, string envelope, SecretBytes packingKey, out WrappingKey key)
    {
        Parts parts = Parse(envelope, purpose);
        return OpenOrDispose(parts, key = WrappingKey.Derive(packingKey, parts.Salt, parts.Parameters));
    }

    /// <summary>The same of an account's key envelope with bytes that were derived for it before, so without a key derivation.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="derived"><see cref="WrappingKey.DerivedBytes"/>; owned by the key from now on.</param>
    /// <param name="key">The wrapping key made of them.</param>
    /// <exception cref="PasspackException">As <see cref="Open(EnvelopePurpose, string, SecretBytes)"/>.</exception>
    internal static SecretBytes OpenDerived(string envelope, SecretBytes derived, out WrappingKey key)
    {
        Parts parts = Parse(envelope, EnvelopePurpose.AccountKey);
        return OpenOrDispose(parts, key = WrappingKey.Restore(derived, parts.Salt, parts.Parameters));
    }

    /// <summary>Whether a text says that it is an envelope of this pack version.</summary>
    internal static bool IsCurrent(string envelope) => envelope.StartsWith("7#", StringComparison.Ordinal);

    /// <summary>Whether an envelope was sealed under a key of this salt.</summary>
    internal static bool IsOfSalt(string envelope, ReadOnlySpan<byte> salt) => Parse(envelope).Salt.AsSpan().SequenceEqual(salt);

    /// <summary>Whether one derived key opens both envelopes; an envelope of an earlier pack version has a key of its own.</summary>
    internal static bool HaveOneSalt(string envelope, string other) => IsCurrent(envelope) && IsCurrent(other) && IsOfSalt(envelope, Parse(other).Salt);

    /// <summary>Opens an envelope with an already derived key. The key has to have the envelope's salt and parameters.</summary>
    internal static SecretBytes Open(EnvelopePurpose purpose, string envelope, WrappingKey key) => Open(Parse(envelope, purpose), key);

    // If opening fails, the key is zeroed: the caller does not get it.
    private static SecretBytes OpenOrDispose(Parts parts, WrappingKey key)
    {
        try
        {
            return Open(parts, key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static SecretBytes Open(Parts parts, WrappingKey key)
    {
        if (!CryptographicOperations.FixedTimeEquals(parts.Commitment, key.Commitment))
            throw new PasspackException(ErrorCodes.PackingKeyMismatch, "The Packing Key is not the one that this was packed with.");
        var plaintext = new SecretBytes(parts.Sealed.Length - TagBytes);
        try
        {
            using var gcm = new AesGcm(key.Key, TagBytes);
            gcm.Decrypt(parts.Nonce, parts.Sealed.AsSpan(..^TagBytes), parts.Sealed.AsSpan(^TagBytes..), plaintext.Span, parts.AssociatedData);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException e)
        {
            plaintext.Dispose();
            throw Damaged("its content does not open under the right key", e);
        }
    }

    private static Parts Parse(string envelope, EnvelopePurpose? expected = null)
    {
        if (envelope is null) // A message from outside may lack the envelope, although its type is not nullable.
            throw Damaged("it is missing");
        // Limited to one field too many, so that a text of delimiters only costs no more than any other.
        string[] fields = envelope.Split('#', 9);
        if (fields.Length > 1 && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int version) && version > PackVersion)
            throw new PasspackException(ErrorCodes.PackTooNew, $"It is of pack version {version}; this module knows up to {PackVersion}. Update the module.");
        if (fields.Length != 8 || fields[0] != "7")
            throw Damaged("it is no version 7 envelope");
        int checksumAt = envelope.Length - fields[7].Length;
        if (!Bytes(fields[7], ChecksumBytes).AsSpan().SequenceEqual(Checksum(envelope[..checksumAt])))
            throw Damaged("its checksum does not fit");
        int purpose = Array.IndexOf(s_purposes, fields[1]);
        if (purpose < 0 || (expected is { } other && purpose != (int)other))
            throw Damaged(purpose < 0 ? "it does not say what it holds" : $"it is one of another kind, \"{s_purposes[purpose]}\"");
        byte[] sealedBytes = Bytes(fields[6]);
        if (sealedBytes.Length < TagBytes)
            throw Damaged("it is cut short");
        string header = envelope[..(checksumAt - fields[6].Length - 1)];
        return new Parts(KdfParameters.Parse(fields[2]), Bytes(fields[3], KeyDerivation.SaltBytes), Bytes(fields[4], KeyDerivation.KeyBytes),
            Bytes(fields[5], NonceBytes), sealedBytes, Encoding.UTF8.GetBytes(header));
    }

    private static byte[] Bytes(string base64, int? length = null)
    {
        // Other writers may leave out the padding. Any other deviation (white space, stray bits after the last byte) counts as damage.
        string padded = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
        byte[] buffer = new byte[padded.Length / 4 * 3];
        if (Convert.TryFromBase64String(padded, buffer, out int written) && (length is null || written == length))
        {
            byte[] bytes = buffer[..written];
            string canonical = Base64(bytes);
            if (base64 == canonical || base64 == canonical.TrimEnd('='))
                return bytes;
        }
        throw Damaged("one of its fields cannot be read");
    }

    private static string Base64(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes);

    private static byte[] Checksum(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text))[..ChecksumBytes];

    private static PasspackException Damaged(string how, Exception? inner = null) =>
        new(ErrorCodes.VaultDamaged, $"The key envelope is damaged: {how}.", inner);

    private sealed record Parts(KdfParameters Parameters, byte[] Salt, byte[] Commitment, byte[] Nonce, byte[] Sealed, byte[] AssociatedData);
}
