using System.Diagnostics.CodeAnalysis;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Manifests;

namespace Passpack.Core.Tests.Packing;

/// <summary>What another implementation made to be refused, each for the reason that it names and no other (Vectors/refusals.py).</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "VaultKeys owns its Account Key.")]
public sealed class RefusalTests : IDisposable
{
    private static readonly RefusalVectors s_vectors = PackingVectors.All.Refusals;
    private static readonly KeyVectors s_sound = PackingVectors.All.Keys;
    private readonly VaultKeys _keys = new(SecretBytes.CopyOf(PackingVectors.All.AccountKey), PackingVectors.All.VaultId, 3, s_sound.EarlierKeys);

    public static TheoryData<string> SignatureNames => [.. s_vectors.Signatures.All.Select(vector => vector.Name!)];

    public static TheoryData<string> IdentityNames => [.. s_vectors.Identities.Select(vector => vector.Name)];

    public static TheoryData<string> KeyRecordNames => [.. s_vectors.KeyRecords.Select(vector => vector.Name)];

    public static TheoryData<string> ManifestNames => [.. s_vectors.Manifests.All.Select(vector => vector.Name)];

    public void Dispose() => _keys.Dispose();

    [Theory]
    [MemberData(nameof(SignatureNames))]
    public void A_signature_is_refused(string name)
    {
        Assert.True(Verifies(s_vectors.Signatures.Sound));
        Assert.False(Verifies(s_vectors.Signatures.All.Single(vector => vector.Name == name)));
    }

    [Theory]
    [MemberData(nameof(IdentityNames))]
    public void An_identity_is_refused(string name)
    {
        RefusalVector vector = s_vectors.Identities.Single(vector => vector.Name == name);
        Assert.True(AccountIdentity.TryRead(s_sound.Epochs[2].Identity, out _, out _));
        Assert.False(AccountIdentity.TryRead(vector.Bytes, out AccountIdentity? identity, out string? fault));
        Assert.Null(identity);
        Assert.Contains(vector.Reason, fault, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(KeyRecordNames))]
    public void A_key_record_is_refused(string name)
    {
        RefusalVector vector = s_vectors.KeyRecords.Single(vector => vector.Name == name);
        Assert.True(KeyRecordContent.TryRead(s_sound.KeyRecords[1].Record, out _, out _));
        Assert.False(KeyRecordContent.TryRead(vector.Bytes, out KeyRecordContent? content, out string? fault));
        Assert.Null(content);
        Assert.Contains(vector.Reason, fault, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ManifestNames))]
    public void A_manifest_is_refused(string name)
    {
        ManifestRefusals of = s_vectors.Manifests;
        ManifestRefusal vector = of.All.Single(vector => vector.Name == name);
        AccountIdentity identity = _keys.Identity(3, s_sound.UserId);
        Assert.NotNull(Manifest.Open(_keys, identity, new ManifestLink(of.Generation, of.Sound)));
        Assert.Null(Manifest.Open(_keys, identity, new ManifestLink(vector.Generation, vector.Manifest)));
        Assert.Equal(vector.Reason, FirstFault(vector));
    }

    // In the order in which docs/pack-format.md has a reader look.
    private string FirstFault(ManifestRefusal vector)
    {
        if (SignedManifest.Read(vector.Manifest) is not { } signed)
            return "framing";
        if (!RecordHeader.TryRead(signed.SealedPart, out RecordHeader header) || header.Epoch is < 1 or > 3
            || header != new RecordHeader(_keys.VaultId, header.Epoch, RecordStream.None, RecordPart.Manifest, _keys.VaultId, vector.Generation))
        {
            return "header";
        }
        AccountIdentity signer = _keys.Identity(header.Epoch, s_sound.UserId);
        if (!signed.Signer.AsSpan().SequenceEqual(signer.Fingerprint))
            return "signer";
        if (!Signatures.Verify(signer, SignaturePurpose.Manifest, signed.SignedMessage(), signed.Signature))
            return "signature";
        if (!_keys.TryOpen(RecordStream.None, RecordPart.Manifest, _keys.VaultId, vector.Generation, signed.SealedPart, out OpenedRecord opened))
            return "seal";
        opened.Dispose();
        return "content";
    }

    private static bool Verifies(SignatureVector vector) => Signatures.Verify(
        AccountIdentity.Of(vector.UserId, vector.SigningKey, s_sound.Epochs[2].Identity.AsSpan()[^AccountIdentity.ReceivingKeyBytes..]),
        Enum.Parse<SignaturePurpose>(vector.Purpose), vector.Message, vector.Signature);
}
