using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

/// <summary>What the other implementation made of epochs, identities and signatures (Vectors/accounts.py).</summary>
internal sealed record KeyVectors(
    string UserId,
    IReadOnlyList<byte[]> EarlierKeys,
    IReadOnlyList<EpochVector> Epochs,
    IReadOnlyList<XWingVector> XWing,
    IReadOnlyList<KeyRecordVector> KeyRecords,
    StatementVectors Statements,
    ManifestVectors Manifests,
    PushVector Push,
    IReadOnlyList<ResealedVector> Resealed);

internal sealed record EpochVector(
    int Epoch, byte[] AccountKey, byte[] VaultKey, byte[] SigningSeed, byte[] ReceivingSeed, byte[] KeyRecordKey, byte[] EarlierKeyKey, byte[] Identity,
    byte[] Fingerprint, string Shown);

internal sealed record XWingVector(byte[] Seed, byte[] PublicKey);

internal sealed record KeyRecordVector(int Epoch, int Generation, string Envelope, byte[] Record, byte[] Mac, byte[] Signature)
{
    public KeyRecord ToRecord() => new(Record, Mac, Signature);
}

internal sealed record StatementVectors(
    long HeadGeneration, byte[] HeadHash, byte[] NextRecord, byte[] FirstManifest, byte[] Salt, byte[] NewSalt, string NewKdf, byte[] NewProof, Guid Device,
    Guid Removal, byte[] TokenHash, byte[] PushDigest, byte[] Seed, byte[] Recovery, byte[] Invitation, long Expires, string ActUserId, long ActNumber,
    long ActQuota, IReadOnlyList<ActVector> Acts, byte[] InvitationWithQuota, IReadOnlyList<StatementVector> All)
{
    public byte[] ContentOf(AdministrationAct act) => Acts.Single(vector => vector.Act == $"{act}").Content;
}

internal sealed record ActVector(string Act, byte[] Content);

internal sealed record StatementVector(string Purpose, int Epoch, byte[] Message, byte[] Signature);

internal sealed record ManifestVectors(long Revision, byte[] Previous, Guid Device, long Counter, IReadOnlyList<StreamVector> Streams, IReadOnlyList<ManifestVector> All);

internal sealed record StreamVector(byte Stream, long Count, byte[] Hash);

internal sealed record ManifestVector(string Name, int Epoch, long Generation, bool Successor, bool Left, byte[] Manifest, byte[] Hash);

internal sealed record PushVector(
    Guid PushId, long BaseRevision, byte[] Previous, long Generation, byte[] Manifest, IReadOnlyList<PushedVector> Records, byte[] Digest, byte[] Signature);

internal sealed record PushedVector(byte Stream, int Flags, Guid Id, long Version, byte[] Body);

internal sealed record ResealedVector(string Name, byte Stream, bool Deleted, Guid Id, long Version, byte[] Before, byte[] After);

/// <summary>What has to be refused, each sound but for one thing (Vectors/refusals.py).</summary>
internal sealed record RefusalVectors(
    SignatureRefusals Signatures, IReadOnlyList<RefusalVector> Identities, IReadOnlyList<RefusalVector> KeyRecords, ManifestRefusals Manifests);

internal sealed record SignatureRefusals(SignatureVector Sound, IReadOnlyList<SignatureVector> All);

internal sealed record SignatureVector(string? Name, string UserId, byte[] SigningKey, string Purpose, byte[] Message, byte[] Signature);

internal sealed record RefusalVector(string Name, string Reason, byte[] Bytes);

internal sealed record ManifestRefusals(byte[] Sound, long Generation, IReadOnlyList<ManifestRefusal> All);

internal sealed record ManifestRefusal(string Name, string Reason, long Generation, byte[] Manifest);
