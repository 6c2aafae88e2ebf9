using System.Text.Json.Serialization;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Session;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Manifests;

/// <summary>
/// The statement that a device makes with every push: the sums over all online records, and the manifest's place in the chain. Sealed under the
/// vault's keys, so that the server can neither read nor forge one, and signed, so that the server takes none that the account did not make. Its plaintext is
/// JSON; docs/pack-format.md has the members.
/// </summary>
internal sealed record Manifest
{
    /// <summary>1 at registration, one more with every push.</summary>
    public required long Generation { get; init; }

    /// <summary>The revision that the push leads to.</summary>
    public required long Revision { get; init; }

    /// <summary>SHA-256 of the previous manifest. Empty in the first manifest.</summary>
    public required byte[] Previous { get; init; }

    /// <summary>Who made it.</summary>
    public required Guid Device { get; init; }

    /// <summary>How many manifests this device has made; never runs backwards.</summary>
    public required long Counter { get; init; }

    /// <summary>
    /// Only in the first manifest after an accepted rollback: the head that the device had verified before, of a history that this manifest does not
    /// continue.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Checkpoint? Left { get; init; }

    /// <summary>The fingerprint of the identity that signed it.</summary>
    public required byte[] Signer { get; init; }

    /// <summary>Whether it is the first of its epoch, after another one: the same records, and no push.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Successor { get; init; }

    /// <summary>Only in a shared vault: the last statement of its log that the device had verified.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ManifestLog? Log { get; init; }

    /// <summary>By stream; streams without a record are left out.</summary>
    public required IReadOnlyList<StreamSum> Streams { get; init; }

    /// <summary>The epoch under which it is sealed and signed.</summary>
    [JsonIgnore]
    public int Epoch { get; init; }

    /// <summary>Seals and signs it under the present epoch.</summary>
    /// <param name="keys">The account's.</param>
    /// <param name="identity">Of the present epoch.</param>
    public ManifestLink Seal(VaultKeys keys, AccountIdentity identity)
    {
        byte[] plaintext = ManifestText.Write(this with { Signer = identity.Fingerprint });
        byte[] record = keys.Seal(RecordStream.None, RecordPart.Manifest, keys.VaultId, Generation, plaintext);
        return new ManifestLink(Generation,
            SignedManifest.Make(record, identity.Fingerprint, message => keys.Sign(identity, SignaturePurpose.Manifest, message)).ToBytes());
    }

    /// <summary>Seals it under the present epoch of a shared vault, and signs it as one of its members; <see cref="Log"/> is there.</summary>
    /// <param name="keys">The shared vault's.</param>
    /// <param name="identity">The member's.</param>
    /// <param name="sign">Signs a message for <see cref="SignaturePurpose.Manifest"/> as the member.</param>
    public ManifestLink SealShared(VaultKeys keys, AccountIdentity identity, Func<byte[], byte[]> sign)
    {
        byte[] plaintext = ManifestText.Write(this with { Signer = identity.Fingerprint });
        byte[] record = keys.Seal(RecordStream.None, RecordPart.Manifest, keys.VaultId, Generation, plaintext);
        return new ManifestLink(Generation, SignedManifest.Make(record, identity.Fingerprint, sign, Log!.Head).ToBytes());
    }

    /// <summary>
    /// Opens a manifest. Null if it was not made under these keys and signed by the identity of its epoch, or not for this generation.
    /// </summary>
    /// <param name="keys">The account's.</param>
    /// <param name="identity">Of the present epoch; that of an earlier one is derived.</param>
    /// <param name="link">As it was served.</param>
    public static Manifest? Open(VaultKeys keys, AccountIdentity identity, ManifestLink link)
    {
        // From what costs least to what costs most; nothing is opened before the signature is verified.
        if (SignedManifest.Read(link.Sealed) is not { } signed || !RecordHeader.TryRead(signed.SealedPart, out RecordHeader header)
            || header != new RecordHeader(keys.VaultId, header.Epoch, RecordStream.None, RecordPart.Manifest, keys.VaultId, link.Generation)
            || header.Epoch < 1 || header.Epoch > keys.Epoch)
        {
            return null;
        }
        AccountIdentity signer = header.Epoch == keys.Epoch ? identity : keys.Identity(header.Epoch, identity.UserId);
        if (!signed.Signer.AsSpan().SequenceEqual(signer.Fingerprint)
            || !Signatures.Verify(signer, SignaturePurpose.Manifest, signed.SignedMessage(), signed.Signature)
            || !keys.TryOpen(RecordStream.None, RecordPart.Manifest, keys.VaultId, link.Generation, signed.SealedPart, out OpenedRecord plaintext))
        {
            return null;
        }
        try
        {
            return ManifestText.Read(plaintext.Span) is { } manifest && manifest.Generation == link.Generation
                && manifest.Signer.AsSpan().SequenceEqual(signer.Fingerprint) ? manifest with { Epoch = header.Epoch } : null;
        }
        finally
        {
            plaintext.Dispose();
        }
    }

    /// <summary>Opens one of a run's own vault, whose place in the chain is known.</summary>
    public static Manifest? Open(SyncRun run, ManifestLink link) =>
        run.Shared is null ? Open(run.Keys, run.Identity, link) : OpenedManifest.Open(run.Keys, link)?.Content;

    /// <summary>The epoch that a manifest says it is of; 0 if it does not say. Nothing vouches for it yet.</summary>
    public static int ClaimedEpoch(ManifestLink link) =>
        SignedManifest.Read(link.Sealed) is { } signed && RecordHeader.TryRead(signed.SealedPart, out RecordHeader header) ? header.Epoch : 0;

    /// <summary>The hash that names a manifest.</summary>
    public static byte[] HashOf(ManifestLink link) => SignedManifest.HashOf(link.Sealed);
}

/// <summary>What <see cref="ManifestSums"/> says of one stream: its records, and the hash over them (32 bytes).</summary>
internal sealed record StreamSum(byte Stream, long Count, byte[] Hash);
