namespace Passpack.Core.Tests.Packing;

/// <summary>Vectors/passpack-formats.json: what Passpack's own Java SDK, 2008 library and PSON library made.</summary>
internal sealed record FormatVectors(
    IReadOnlyList<OldEnvelopeVector> Envelopes,
    IReadOnlyList<BadEnvelopeVector> EnvelopeNegative,
    IReadOnlyList<RsaVector> Rsa,
    IReadOnlyList<HostProofVector> HphAes,
    IReadOnlyList<HashxVector> Hashx,
    IReadOnlyList<MasterKeyVector> HphNotesMasterKey,
    IReadOnlyList<Base64PlusVector> Base64plus)
{
    public static FormatVectors All { get; } = TestVectors.Load<FormatVectors>("passpack-formats.json");
}

internal sealed record OldEnvelopeVector(string Id, int Version, string Password, string Encoded, string? ExpectedPlaintext, bool Lossy, string Framing);

internal sealed record BadEnvelopeVector(string Id, string Encoded, string Password, string Why);

internal sealed record RsaVector(string KeyId, int Version, int Bits, int MaxMessageBytes, string PrivateKey, string PublicKey, IReadOnlyList<RsaMessage> Messages);

internal sealed record RsaMessage(string Plaintext, string? Ciphertext);

internal sealed record HostProofVector(string Id, int Bits, string Key, string Plaintext, string Encoded);

internal sealed record HashxVector(string Input, string Hashx, string HashxFull);

internal sealed record MasterKeyVector(string Password, string HphNotesMasterKeyHex);

internal sealed record Base64PlusVector(string Input, string Encoded, string Decoded);
