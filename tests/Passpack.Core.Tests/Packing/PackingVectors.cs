namespace Passpack.Core.Tests.Packing;

/// <summary>Vectors/packing-v7.json: what another implementation made (make-packing-v7.py).</summary>
internal sealed record PackingVectors(
    IReadOnlyList<ScryptVector> ScryptRfc7914,
    IReadOnlyList<HkdfVector> Hkdf,
    LoginProofVector LoginProof,
    IReadOnlyList<EnvelopeVector> Envelopes,
    byte[] AccountKey,
    Guid VaultId,
    int Epoch,
    IReadOnlyList<RecordVector> Records,
    IReadOnlyList<NameKeyVector> NameKeys,
    SetHashVector SetHash,
    ConflictCopyVector ConflictCopy,
    KeyVectors Keys,
    RefusalVectors Refusals,
    BodyVector Body)
{
    public static PackingVectors All { get; } = TestVectors.Load<PackingVectors>("packing-v7.json");
}

internal sealed record ScryptVector(string Secret, byte[] Salt, int Log2N, int R, int P, byte[] Derived);

internal sealed record HkdfVector(byte[] Key, byte[] Salt, string Info, byte[] Derived);

internal sealed record LoginProofVector(string Password, byte[] Salt, string Kdf, byte[] Proof);

internal sealed record EnvelopeVector(string Name, string Purpose, string PackingKey, byte[] Plaintext, string Envelope);

internal sealed record RecordVector(byte Stream, byte Part, Guid Id, long Version, byte[] Plaintext, byte[] Record);

internal sealed record NameKeyVector(string Name, byte[] Key);

internal sealed record SetHashVector(IReadOnlyList<byte[]> Elements, byte[] Empty, byte[] All, byte[] WithoutFirst);

internal sealed record ConflictCopyVector(Guid Id, byte[] Digest, Guid Copy);

internal sealed record BodyVector(byte[] Summary, byte[] Secret, byte[] Body, byte[] Digest);
