using System.Globalization;
using System.Text.Unicode;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Legacy;

/// <summary>
/// A text of any pack version, opened and sealed. The content is text in UTF-8, never trimmed, never normalised. White space around the packed text
/// is ignored.
/// </summary>
public static class PackText
{
    /// <summary>The most characters of a packed text. Bounds the memory; checked before any key is derived.</summary>
    public const int MaxCharacters = 16 << 20;

    /// <summary>The pack version that a text says it is of: 0 (2008), 1, 2, 3, 5, 6 or 7. No key is tried.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PackTooNew"/>: a later version. <see cref="ErrorCodes.TextDamaged"/>: not a packed text.
    /// </exception>
    public static int VersionOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxCharacters)
            throw Damaged($"it is longer than {MaxCharacters:N0} characters");
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        int end = trimmed.IndexOfAny('#', '|');
        if (end < 0)
            return HostProofText.CanBe(trimmed) ? HostProofText.PackVersion : throw Damaged("it is no packed text");
        if (!int.TryParse(trimmed[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int version))
            throw Damaged("it does not begin with a pack version");
        if (version > KeyEnvelope.PackVersion)
        {
            throw new PasspackException(ErrorCodes.PackTooNew, $"The text is of pack version {version}; " +
                $"this module knows up to {KeyEnvelope.PackVersion}. Update the module.");
        }
        // One digit only: nobody writes "03#".
        return end == 1 && (version == KeyEnvelope.PackVersion || LegacyEnvelope.IsVersion(version)) ? version : throw Damaged("there is no such pack version");
    }

    /// <summary>Opens a text of any pack version.</summary>
    /// <param name="text">As it was stored.</param>
    /// <param name="key">
    /// The key in UTF-8, neither trimmed nor normalised. With a private RSA key text (<see cref="RsaKeyText"/>), a text that was encrypted to that
    /// key is opened.
    /// </param>
    /// <param name="hostProofBits">Only for pack version 0, whose texts do not name the size: 256, 192 or 128.</param>
    /// <returns>The text in UTF-8. In pack version 0 a wrong key or size cannot be detected, and yields garbage.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.TextDamaged"/>: not a packed text, or altered. <see cref="ErrorCodes.PackingKeyMismatch"/>: a wrong key; before pack
    /// version 7, also an altered text. <see cref="ErrorCodes.PackTooNew"/>.
    /// </exception>
    public static SecretBytes Open(string text, SecretBytes key, int hostProofBits = 256)
    {
        ArgumentNullException.ThrowIfNull(key);
        int version = VersionOf(text);
        text = text.Trim();
        if (version == HostProofText.PackVersion)
        {
            return RsaKeyText.TryRead(key, out RsaKeyText? rsa)
                ? rsa.Decrypt(text)
                : HostProofText.Open(text, key, hostProofBits);
        }
        return version == KeyEnvelope.PackVersion ? OpenCurrent(text, key) : LegacyEnvelope.Open(text, key);
    }

    /// <summary>Seals a text under a new salt.</summary>
    /// <param name="text">In UTF-8.</param>
    /// <param name="key">The key in UTF-8.</param>
    /// <param name="version">7, or 6 or 5 for texts that Passpack's own programs have to read.</param>
    public static string Seal(SecretBytes text, SecretBytes key, int version = KeyEnvelope.PackVersion)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(key);
        if (version != KeyEnvelope.PackVersion)
            return LegacyEnvelope.Seal(version, text.Span, key);
        using WrappingKey wrappingKey = WrappingKey.Create(key, KdfParameters.Current);
        return KeyEnvelope.Seal(EnvelopePurpose.Text, wrappingKey, text.Span);
    }

    /// <summary>The error for a packed text that no key can open.</summary>
    internal static PasspackException Damaged(string how, Exception? inner = null) =>
        new(ErrorCodes.TextDamaged, $"The text cannot be read: {how}. Take it again from where it was stored, whole.", inner);

    private static SecretBytes OpenCurrent(string text, SecretBytes key)
    {
        SecretBytes opened;
        try
        {
            opened = KeyEnvelope.Open(EnvelopePurpose.Text, text, key);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            throw Damaged("it is of pack version 7, and either not what was written or a key, not a text", e);
        }
        if (Utf8.IsValid(opened.Span))
            return opened;
        opened.Dispose();
        throw Damaged("it holds bytes that are not a text");
    }
}
