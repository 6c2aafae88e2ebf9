using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Passpack.Core.Tests.Packing;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sync.Manifests;

namespace Passpack.Core.Tests.Fuzzing;

/// <summary>What a server says of keys, and what is signed. Whatever is read has to be those bytes and no others.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "VaultKeys owns its Account Key.")]
internal static class KeyFuzzReaders
{
    private static readonly KeyVectors s_vectors = PackingVectors.All.Keys;
    private static readonly byte[][] s_numbers = [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 50], [0, 0, 0, 51], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0]];
    private static readonly string[] s_json =
    [
        "{", "}", "[", "]", ",", ":", "null", "true", "\"\"", "\"left\":{", "\"generation\":", "\"streams\":[", "{\"stream\":1,\"count\":1,\"hash\":", "\\u0000", "\\ud800", "1e9", "-0", "1.0",
    ];
    private static readonly VaultKeys s_keys = new(SecretBytes.CopyOf(PackingVectors.All.AccountKey), PackingVectors.All.VaultId, 3, s_vectors.EarlierKeys);

    public static FuzzReader KeyRecords => new()
    {
        Name = "key record",
        Seeds = [.. s_vectors.KeyRecords.Select(vector => vector.Record)],
        Tokens = [.. s_numbers, [0, 0, 0, 7], s_vectors.EarlierKeys[0], s_vectors.Epochs[0].Identity, "7#account#"u8.ToArray()],
        Read = input => Require(KeyRecordContent.TryRead(input, out KeyRecordContent? read, out string? fault), fault, () => read!.ToBytes(), input),
        ErrorIds = [ErrorCodes.ServerRefused],
    };

    public static FuzzReader Identities => new()
    {
        Name = "identity",
        Seeds = [.. s_vectors.Epochs.Select(vector => vector.Identity)],
        Tokens = [[1, 0, 0], [1, 0xFF, 0xFF], [2], [0xC3], [0xED, 0xA0, 0x80], new byte[32], [1, .. new byte[31]], s_vectors.Epochs[0].Identity[^32..]],
        Read = input => Require(
            AccountIdentity.TryRead(input, out AccountIdentity? read, out string? fault), fault,
            () => AccountIdentity.Of(read!.UserId, read.SigningKey, read.ReceivingKey).Bytes.ToArray(), input),
        ErrorIds = [ErrorCodes.ServerRefused],
    };

    public static FuzzReader Statements => new()
    {
        Name = "statement of a shared vault",
        Seeds = [.. TestVectors.Load<StatementFile>("sharing.json").Statements.Select(vector => vector.Bytes)],
        Tokens = [.. s_numbers, [1], [2], [3], [9], new byte[8], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 4, 0xD9], s_vectors.Epochs[0].Identity],
        Read = input => Require(
            SignedStatement.TryRead(input, out SignedStatement? read, out string? fault), fault,
            () => SignedStatement.Make(read!.Content, _ => read.Bytes[^Signatures.SignatureBytes..].ToArray()).Bytes.ToArray(), input),
        ErrorIds = [ErrorCodes.ServerRefused],
    };

    /// <summary>Every second one is signed, so that what is behind the signature is read, too.</summary>
    public static FuzzReader Manifests => new()
    {
        Name = "manifest",
        Seeds = [.. s_vectors.Manifests.All.Select(vector => vector.Manifest)],
        Tokens = [.. s_numbers, [0, 0, 0], [1]],
        Read = input =>
        {
            SignedManifest? framed = SignedManifest.Read(input);
            Manifest? read = Manifest.Open(s_keys, Identity, new ManifestLink(GenerationOf(framed), input));
            Require(read is not null, "it does not open", () => framed!.ToBytes(), input);
        },
        Mend = input => SignedManifest.Read(input) is { } manifest
            ? SignedManifest.Make(manifest.SealedPart, Identity.Fingerprint, message => s_keys.Sign(Identity, SignaturePurpose.Manifest, message)).ToBytes() : input,
        ErrorIds = [ErrorCodes.ServerRefused],
    };

    public static FuzzReader ManifestTexts => new()
    {
        Name = "manifest, behind its seal",
        Seeds = [.. s_vectors.Manifests.All.Select(vector => Plaintext(vector))],
        Tokens = [.. s_json.Select(Encoding.UTF8.GetBytes)],
        Read = input =>
        {
            if (ManifestText.Read(input) is not { } read)
                throw Refused("it is no manifest");
            if (ManifestText.Read(ManifestText.Write(read)) is not { } again || again.Generation != read.Generation || !ManifestSums.Equal(again.Streams, read.Streams))
                throw new InvalidOperationException("It is not what was written.");
        },
        ErrorIds = [ErrorCodes.ServerRefused],
    };

    private static AccountIdentity Identity => s_keys.Identity(3, s_vectors.UserId);

    private static long GenerationOf(SignedManifest? manifest) => manifest?.SealedPart.Length >= RecordHeader.Size
        ? BinaryPrimitives.ReadInt64BigEndian(manifest.SealedPart.AsSpan(39)) : 1;

    private static byte[] Plaintext(ManifestVector vector)
    {
        Assert.True(s_keys.TryOpen(RecordStream.None, RecordPart.Manifest, s_keys.VaultId, vector.Generation, SignedManifest.Read(vector.Manifest)!.SealedPart, out OpenedRecord opened));
        byte[] plaintext = opened.Span.ToArray();
        opened.Dispose();
        return plaintext;
    }

    private static void Require(bool isSound, string? fault, Func<byte[]> write, byte[] input)
    {
        if (!isSound)
            throw Refused(fault!);
        if (!write().AsSpan().SequenceEqual(input))
            throw new InvalidOperationException("Other bytes read as the same.");
    }

    private sealed record StatementFile(IReadOnlyList<StatementFile.Vector> Statements)
    {
        public sealed record Vector(byte[] Bytes);
    }

    private static PasspackException Refused(string fault) => new(ErrorCodes.ServerRefused, fault);
}
