using System.Globalization;
using System.Security.Cryptography;
using System.Text.Unicode;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Legacy;

/// <summary>
/// The envelopes of pack versions 1, 2, 3, 5 and 6 (docs/pack-format.md, "Older packs"): fields in Base64, joined by <c>#</c> or <c>|</c>; the key by
/// PBKDF2 with HMAC-SHA-256 (RFC 8018). 1 and 2 are AES-128-CBC without integrity, the others AES-256-GCM with nonces of 16 or 32 bytes, which .NET's
/// AesGcm refuses.
/// </summary>
public static class LegacyEnvelope
{
    /// <summary>The most iterations of PBKDF2 that a text may ask for; they take some seconds.</summary>
    public const int MaxIterations = 10_000_000;

    /// <summary>The iterations that Passpack and this module write.</summary>
    public const int WrittenIterations = 101_003;

    private const int OldIterations = 1000;
    private const int TagBytes = 16;
    private const int BlockBytes = 16;
    private const int WrittenSaltBytes = 32;
    private const int MaxSaltBytes = 64;

    internal delegate SecretBytes Derive(ReadOnlySpan<byte> salt, int iterations, int keyBytes);

    /// <summary>Whether a pack version has such an envelope.</summary>
    public static bool IsVersion(int version) => version is 1 or 2 or 3 or 5 or 6;

    /// <summary>Opens an envelope.</summary>
    /// <returns>Its text in UTF-8, as it was written.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.TextDamaged"/>: malformed, or more expensive than this module accepts. <see cref="ErrorCodes.PackingKeyMismatch"/>: a
    /// wrong key or an altered text; these formats cannot tell which.
    /// </exception>
    public static SecretBytes Open(string envelope, SecretBytes key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Open(envelope, (salt, iterations, keyBytes) => KeyDerivation.Pbkdf2(key, salt, iterations, keyBytes));
    }

    /// <summary>The same, with the key that <paramref name="derive"/> returns.</summary>
    internal static SecretBytes Open(string envelope, Derive derive)
    {
        Parts parts = Parse(envelope);
        using SecretBytes key = derive(parts.Salt, parts.Iterations, parts.Version < 3 ? 16 : 32);
        using SecretBytes payload = parts.Version < 3 ? DecryptCbc(parts, key) : DecryptGcm(parts, key);
        return parts.Version is 3 or 5 ? PsonText.Read(payload.Span, parts.Version == 3) : Text(payload.Span, authentic: parts.Version == 6);
    }

    /// <summary>Seals a text in a form that Passpack's own programs can read.</summary>
    /// <param name="version">5 or 6.</param>
    /// <param name="text">In UTF-8.</param>
    /// <param name="key">In UTF-8.</param>
    public static string Seal(int version, ReadOnlySpan<byte> text, SecretBytes key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (version is not (5 or 6))
            throw new ArgumentOutOfRangeException(nameof(version), version, "Only pack versions 5, 6 and 7 are written.");
        byte[] iv = RandomNumberGenerator.GetBytes(WrittenSaltBytes), salt = RandomNumberGenerator.GetBytes(WrittenSaltBytes);
        using SecretBytes derived = KeyDerivation.Pbkdf2(key, salt, WrittenIterations, 32);
        using SecretBytes payload = version == 5 ? PsonText.Write(text) : SecretBytes.CopyOf(text);
        byte[] sealedBytes = new byte[payload.Length + TagBytes];
        GcmBlockCipher gcm = Gcm(encrypt: true, derived, iv);
        gcm.DoFinal(sealedBytes, gcm.ProcessBytes(payload.Array, 0, payload.Length, sealedBytes, 0));
        return string.Create(CultureInfo.InvariantCulture,
            $"{version}#{WrittenIterations}#{Convert.ToBase64String(iv)}#{Convert.ToBase64String(salt)}#{Convert.ToBase64String(sealedBytes)}");
    }

    /// <summary>
    /// Converts the written bytes to UTF-8: unchanged if they are valid UTF-8; otherwise they are read as Latin-1, which programs wrote on some
    /// systems.
    /// </summary>
    internal static SecretBytes Text(ReadOnlySpan<byte> bytes, bool authentic)
    {
        if (Utf8.IsValid(bytes))
            return SecretBytes.CopyOf(bytes);
        if (!authentic) // Under a wrong key, one CBC text in 256 seems to be padded correctly; if it is not UTF-8, the key was wrong.
            throw WrongKey();
        int highBytes = 0;
        foreach (byte b in bytes)
            highBytes += b >> 7;
        var text = new SecretBytes(bytes.Length + highBytes);
        Span<byte> utf8 = text.Span;
        int at = 0;
        foreach (byte b in bytes)
        {
            if (b < 0x80)
            {
                utf8[at++] = b;
                continue;
            }
            utf8[at++] = (byte)(0xC0 | b >> 6);
            utf8[at++] = (byte)(0x80 | b & 0x3F);
        }
        return text;
    }

    private static SecretBytes DecryptCbc(Parts parts, SecretBytes key)
    {
        using var aes = Aes.Create();
        aes.Key = key.Array;
        var plaintext = new SecretBytes(parts.Sealed.Length);
        try
        {
            if (!aes.TryDecryptCbc(parts.Sealed, parts.Iv, plaintext.Span, out int written))
                throw WrongKey();
            return SecretBytes.CopyOf(plaintext.Span[..written]);
        }
        catch (CryptographicException e)
        {
            throw WrongKey(e);
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    private static SecretBytes DecryptGcm(Parts parts, SecretBytes key)
    {
        var plaintext = new SecretBytes(parts.Sealed.Length - TagBytes);
        try
        {
            GcmBlockCipher gcm = Gcm(encrypt: false, key, parts.Iv);
            gcm.DoFinal(plaintext.Array, gcm.ProcessBytes(parts.Sealed, 0, parts.Sealed.Length, plaintext.Array, 0));
            return plaintext;
        }
        catch (InvalidCipherTextException e)
        {
            plaintext.Dispose();
            throw WrongKey(e);
        }
    }

    private static GcmBlockCipher Gcm(bool encrypt, SecretBytes key, byte[] iv)
    {
        var gcm = new GcmBlockCipher(new AesEngine());
        gcm.Init(encrypt, new AeadParameters(new KeyParameter(key.Array), TagBytes * 8, iv));
        return gcm;
    }

    private static Parts Parse(string envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        if (envelope.Length is < 2 or > PackText.MaxCharacters || envelope[1] is not ('#' or '|') || !IsVersion(envelope[0] - '0'))
            throw PackText.Damaged("it is no envelope of pack version 1, 2, 3, 5 or 6");
        int version = envelope[0] - '0';
        int first = version >= 5 ? 2 : 1;
        // Text behind the last field is ignored, as in Passpack's reader; it costs no more than one more field.
        string[] fields = envelope.Split(envelope[1], first + 4);
        if (fields.Length < first + 3)
            throw PackText.Damaged("fields are missing: it is cut short");
        byte[] iv = Bytes(fields[first], MaxSaltBytes, "its initialization vector");
        byte[] salt = Bytes(fields[first + 1], MaxSaltBytes, "its salt");
        byte[] sealedBytes = Bytes(fields[first + 2], int.MaxValue, "its ciphertext");
        if (version < 3 && (iv.Length != BlockBytes || sealedBytes.Length % BlockBytes != 0))
            throw PackText.Damaged("its ciphertext has no whole number of blocks, or its initialization vector is not one");
        if (version >= 3 && sealedBytes.Length < TagBytes)
            throw PackText.Damaged("it is cut short");
        return new Parts(version, version >= 5 ? Iterations(fields[1]) : OldIterations, iv, salt, sealedBytes);
    }

    private static int Iterations(string field) =>
        int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out int iterations) && iterations is >= 1 and <= MaxIterations
            ? iterations
            : throw PackText.Damaged($"its number of iterations is not one from 1 to {MaxIterations:N0}");

    private static byte[] Bytes(string field, int atMost, string what) =>
        Base64Text.Decode(field) is { Length: > 0 } bytes && bytes.Length <= atMost ? bytes : throw PackText.Damaged($"{what} cannot be read");

    private static PasspackException WrongKey(Exception? inner = null) => new(ErrorCodes.PackingKeyMismatch,
        "The key is not the one that this was packed with, or the text was altered: texts of pack versions 1 to 6 cannot tell. " +
        "Try the key as it was then, exactly.", inner);

    private sealed record Parts(int Version, int Iterations, byte[] Iv, byte[] Salt, byte[] Sealed);
}
