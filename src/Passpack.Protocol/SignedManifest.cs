using System.Buffers.Binary;
using System.Security.Cryptography;
using Passpack.Protocol.Sharing;

namespace Passpack.Protocol;

/// <summary>
/// A manifest's bytes: <c>length of the sealed part (4) || sealed part || signer's fingerprint (32) || 00 || signature (64)</c>; of a shared vault 01, and after it
/// number (8) and hash (32) of the log's last statement. docs/pack-format.md, "The manifest".
/// </summary>
/// <param name="SealedPart">A record of part <see cref="RecordPart.Manifest"/>.</param>
/// <param name="Signer">The fingerprint of the identity that signed.</param>
/// <param name="Signature">Over all bytes before it.</param>
/// <param name="Log">The newest statement that the signer saw. Null in a personal vault.</param>
public sealed record SignedManifest(byte[] SealedPart, byte[] Signer, byte[] Signature, ChainHead? Log = null)
{
    /// <summary>Bytes of what names a manifest.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const int LogBytes = 8 + Hash256.Length;
    private const int TailBytes = AccountIdentity.FingerprintBytes + 1 + Signatures.SignatureBytes;

    /// <summary>Makes the manifest of a sealed part.</summary>
    /// <param name="sealedPart">The record.</param>
    /// <param name="signer">The fingerprint of the identity that signs.</param>
    /// <param name="sign">Signs the message.</param>
    /// <param name="log">In a shared vault, the newest statement.</param>
    public static SignedManifest Make(byte[] sealedPart, byte[] signer, Func<byte[], byte[]> sign, ChainHead? log = null)
    {
        ArgumentNullException.ThrowIfNull(sign);
        return new SignedManifest(sealedPart, signer, sign(Message(sealedPart, signer, log)), log);
    }

    /// <summary>What is signed.</summary>
    public byte[] SignedMessage() => Message(SealedPart, Signer, Log);

    /// <summary>The manifest as it travels.</summary>
    public byte[] ToBytes() => [.. SignedMessage(), .. Signature];

    /// <summary>What names a manifest: SHA-256 of all its bytes.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> manifest) => SHA256.HashData(manifest);

    /// <summary>Reads a manifest of a personal vault. Null if its framing is malformed, or a shared vault's.</summary>
    public static SignedManifest? Read(ReadOnlySpan<byte> manifest) => Read(manifest, isShared: false);

    /// <summary>Reads a manifest of a shared vault; <see cref="Log"/> is there. Null if its framing is malformed, or a personal vault's.</summary>
    public static SignedManifest? ReadShared(ReadOnlySpan<byte> manifest) => Read(manifest, isShared: true);

    private static SignedManifest? Read(ReadOnlySpan<byte> manifest, bool isShared)
    {
        int after = TailBytes + (isShared ? LogBytes : 0);
        if (manifest.Length < 4 + after || manifest.Length > Limits.ManifestBytes || BinaryPrimitives.ReadInt32BigEndian(manifest) != manifest.Length - 4 - after)
            return null;
        ReadOnlySpan<byte> sealedPart = manifest[4..^after], tail = manifest[^after..];
        if (tail[AccountIdentity.FingerprintBytes] != (isShared ? 1 : 0))
            return null;
        ChainHead? log = null;
        if (isShared)
        {
            ReadOnlySpan<byte> head = tail[(AccountIdentity.FingerprintBytes + 1)..];
            log = new ChainHead(BinaryPrimitives.ReadInt64BigEndian(head), Hash256.Read(head[8..]));
            if (log.Value.Number < 0)
                return null;
        }

        return new SignedManifest(
            sealedPart.ToArray(), tail[..AccountIdentity.FingerprintBytes].ToArray(), tail[^Signatures.SignatureBytes..].ToArray(), log);
    }

    private static byte[] Message(byte[] sealedPart, byte[] signer, ChainHead? log)
    {
        byte[] length = new byte[4], number = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(length, sealedPart.Length);
        if (log is not { } head)
            return [.. length, .. sealedPart, .. signer, 0];
        BinaryPrimitives.WriteInt64BigEndian(number, head.Number);
        return [.. length, .. sealedPart, .. signer, 1, .. number, .. head.Hash.ToBytes()];
    }
}
