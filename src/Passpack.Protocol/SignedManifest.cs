using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Passpack.Protocol;

/// <summary>
/// A manifest's bytes: <c>length of the sealed part (4) || sealed part || signer's fingerprint (32) || 00 || signature (64)</c>. The byte says that no log's
/// head follows, which shared vaults alone will have. docs/pack-format.md, "The manifest".
/// </summary>
/// <param name="SealedPart">A record of part <see cref="RecordPart.Manifest"/>.</param>
/// <param name="Signer">The fingerprint of the identity that signed.</param>
/// <param name="Signature">Over all bytes before it.</param>
public sealed record SignedManifest(byte[] SealedPart, byte[] Signer, byte[] Signature)
{
    /// <summary>Bytes of what names a manifest.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const int TailBytes = AccountIdentity.FingerprintBytes + 1 + Signatures.SignatureBytes;

    /// <summary>Makes the manifest of a sealed part.</summary>
    /// <param name="sealedPart">The record.</param>
    /// <param name="signer">The fingerprint of the identity that signs.</param>
    /// <param name="sign">Signs the message.</param>
    public static SignedManifest Make(byte[] sealedPart, byte[] signer, Func<byte[], byte[]> sign)
    {
        ArgumentNullException.ThrowIfNull(sign);
        return new SignedManifest(sealedPart, signer, sign(Message(sealedPart, signer)));
    }

    /// <summary>What is signed.</summary>
    public byte[] SignedMessage() => Message(SealedPart, Signer);

    /// <summary>The manifest as it travels.</summary>
    public byte[] ToBytes() => [.. SignedMessage(), .. Signature];

    /// <summary>What names a manifest: SHA-256 of all its bytes.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> manifest) => SHA256.HashData(manifest);

    /// <summary>Reads a manifest. Null if its framing is malformed.</summary>
    public static SignedManifest? Read(ReadOnlySpan<byte> manifest)
    {
        if (manifest.Length is < 4 + TailBytes or > Limits.ManifestBytes || BinaryPrimitives.ReadInt32BigEndian(manifest) != manifest.Length - 4 - TailBytes)
            return null;
        ReadOnlySpan<byte> sealedPart = manifest[4..^TailBytes], tail = manifest[^TailBytes..];
        return tail[AccountIdentity.FingerprintBytes] != 0 ? null : new SignedManifest(
            sealedPart.ToArray(), tail[..AccountIdentity.FingerprintBytes].ToArray(), tail[^Signatures.SignatureBytes..].ToArray());
    }

    private static byte[] Message(byte[] sealedPart, byte[] signer)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, sealedPart.Length);
        return [.. length, .. sealedPart, .. signer, 0];
    }
}
