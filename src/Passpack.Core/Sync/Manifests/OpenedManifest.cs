using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Sync.Manifests;

/// <summary>
/// A manifest of a shared vault that opens under the vault's keys, and says inside what it says outside. Who made it, and where in the chain it belongs, is not
/// known before <see cref="Judge"/> and <see cref="IsSigned"/>.
/// </summary>
internal sealed record OpenedManifest
{
    private readonly SignedManifest _signed;

    private OpenedManifest(ManifestLink link, SignedManifest signed, Manifest content)
    {
        _signed = signed;
        Content = content;
        Head = new ChainHead(link.Generation, Hash256.Read(Manifest.HashOf(link)));
    }

    public Manifest Content { get; }

    /// <summary>Its generation and its hash.</summary>
    public ChainHead Head { get; }

    /// <summary>The hash of the manifest that it follows. Zeros in the first.</summary>
    public Hash256 Previous => Content.Previous.Length == 0 ? default : Hash256.Read(Content.Previous);

    private Hash256 Signer => Hash256.Read(_signed.Signer);

    /// <summary>Opens a manifest.</summary>
    /// <param name="keys">The shared vault's.</param>
    /// <param name="link">As it was served.</param>
    /// <returns>Null if it was not made under these keys, not for this generation, or if what is inside is not what is outside.</returns>
    public static OpenedManifest? Open(VaultKeys keys, ManifestLink link)
    {
        if (SignedManifest.ReadShared(link.Sealed) is not { } signed || !RecordHeader.TryRead(signed.SealedPart, out RecordHeader header)
            || !keys.TryOpen(RecordStream.None, RecordPart.Manifest, keys.VaultId, link.Generation, signed.SealedPart, out OpenedRecord plaintext))
            return null;
        try
        {
            return ManifestText.Read(plaintext.Span) is { } manifest && manifest.Generation == link.Generation
                && manifest.Signer.AsSpan().SequenceEqual(signed.Signer) && manifest.Log?.Head == signed.Log
                ? new OpenedManifest(link, signed, manifest with { Epoch = header.Epoch }) : null;
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    /// <summary>Whether it is the one that belongs into its place.</summary>
    /// <param name="log">Verified.</param>
    /// <param name="before">The manifest of the generation before it. <see cref="ChainHead.None"/> before the first.</param>
    public ManifestFault Judge(VaultLog log, ChainHead before) =>
        log.Judge(new SharedManifest(Head, Previous, _signed.Log!.Value, Content.Epoch, Signer), before);

    /// <summary>Whether the member that it names signed it. Only of one that <see cref="Judge"/> found no fault with.</summary>
    /// <param name="log">The same.</param>
    public bool IsSigned(VaultLog log) => Signatures.Verify(
        log.StateFor(Head.Number).Members[Signer].Identity, SignaturePurpose.Manifest, _signed.SignedMessage(), _signed.Signature);
}
