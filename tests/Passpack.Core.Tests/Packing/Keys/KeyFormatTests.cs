using System.Diagnostics.CodeAnalysis;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

/// <summary>Key records, identities, manifests and records sealed anew, of any content.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "VaultKeys owns its Account Key.")]
public sealed class KeyFormatTests : IDisposable
{
    private static readonly AccountIdentity s_identity = Identity(PackingVectors.All.Keys.Epochs[2].Identity);
    private readonly VaultKeys _keys = new(SecretBytes.CopyOf(PackingVectors.All.AccountKey), PackingVectors.All.VaultId, 3, PackingVectors.All.Keys.EarlierKeys);

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Any_key_record_makes_the_round_trip() => Prop.ForAll<NonNegativeInt, Guid, byte[]>((number, vault, text) =>
    {
        int epoch = 1 + (number.Get % KeyRecordContent.LastEpoch);
        string envelope = "7#" + string.Concat((text ?? []).Select(b => (char)(b & 0x7F)));
        byte[][] earlier = [.. Enumerable.Range(1, epoch - 1).Select(e => Bytes(e + number.Get, KeyRecordContent.EarlierKeyBytes))];
        var content = new KeyRecordContent(number.Get, vault == Guid.Empty ? Guid.NewGuid() : vault, epoch, envelope, s_identity, earlier);
        byte[] bytes = content.ToBytes();
        Assert.True(KeyRecordContent.TryRead(bytes, out KeyRecordContent? read, out string? fault), fault);
        Assert.Equal((content.Generation, content.VaultId, content.Epoch, content.KeyEnvelope), (read.Generation, read.VaultId, read.Epoch, read.KeyEnvelope));
        Assert.Equal(content.Identity.Bytes, read.Identity.Bytes);
        Assert.Equal(content.EarlierKeys, read.EarlierKeys);
        Assert.Equal(bytes, read.ToBytes());
        Assert.Equal(content.Hash(), read.Hash());
    }).Holds();

    [Fact]
    public void Whatever_reads_as_a_key_record_has_those_bytes_and_no_others()
    {
        byte[] sound = PackingVectors.All.Keys.KeyRecords[1].Record;
        Prop.ForAll<NonNegativeInt, byte>((at, value) =>
        {
            byte[] altered = [.. sound];
            altered[at.Get % sound.Length] = value;
            return !KeyRecordContent.TryRead(altered, out KeyRecordContent? read, out _) || read.ToBytes().AsSpan().SequenceEqual(altered);
        }).Holds();
    }

    [Fact]
    public void Any_User_ID_makes_the_round_trip_in_an_identity() => Prop.ForAll<string>(text =>
    {
        // FsCheck makes halves of surrogate pairs, which no registered User ID has.
        string userId = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""));
        AccountIdentity made = _keys.Identity(2, userId), read = Identity(made.Bytes);
        Assert.Equal((userId, userId), (made.UserId, read.UserId));
        Assert.Equal(made.Bytes, read.Bytes);
        Assert.Equal(made.Fingerprint, read.Fingerprint);
        Assert.Equal(made.SigningKey, read.SigningKey);
        Assert.Equal(made.ReceivingKey, read.ReceivingKey);
        Assert.NotEqual(made.Fingerprint, _keys.Identity(2, userId + "x").Fingerprint);
        Assert.Equal(49, read.ShownFingerprint.Length);
        Assert.StartsWith(read.ShownFingerprint.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(read.Fingerprint), StringComparison.Ordinal);
    }).Holds();

    [Fact]
    public void Any_manifest_makes_the_round_trip_and_its_signature_covers_all_before_it() => Prop.ForAll<byte[], NonNegativeInt>((sealedPart, seed) =>
    {
        byte[]? signed = null;
        var manifest = SignedManifest.Make(sealedPart ?? [], Bytes(seed.Get, 32), message =>
        {
            signed = message;
            return Bytes(seed.Get + 1, 64);
        });
        byte[] bytes = manifest.ToBytes();
        SignedManifest? read = SignedManifest.Read(bytes);
        Assert.NotNull(read);
        Assert.Equal(manifest.SealedPart, read.SealedPart);
        Assert.Equal(manifest.Signer, read.Signer);
        Assert.Equal(manifest.Signature, read.Signature);
        Assert.Equal(signed, read.SignedMessage());
        Assert.Equal(bytes[..^64], signed);
        for (int length = 0; length < bytes.Length; length++)
            Assert.Null(SignedManifest.Read(bytes.AsSpan(..length)));
        Assert.Null(SignedManifest.Read([.. bytes, 0]));
    }).Holds();

    [Fact]
    public void Any_record_sealed_anew_has_its_plaintext_and_opens_as_nothing_else() =>
        Prop.ForAll<byte[], byte[], (Guid Id, PositiveInt Version, NonNegativeInt Kind)>((one, two, of) =>
    {
        (byte stream, bool deleted) = new (byte, bool)[] { (1, false), (1, true), (2, false), (3, false) }[of.Kind.Get % 4];
        int epoch = 1 + (of.Kind.Get % 3);
        using VaultKeys then = _keys.At(epoch);
        RecordChange before = Make(then, stream, deleted, of.Id, of.Version.Get, one ?? [], two ?? []);
        long version = of.Version.Get + 1L;
        RecordChange? after = ResealedRecord.Seal(_keys, before, version);
        Assert.NotNull(after);
        Assert.Equal((before.Stream, before.Id, before.Deleted, version, true), (after.Stream, after.Id, after.Deleted, after.Version, after.Resealed));
        Assert.Equal(RecordBody.Digest(after.Body), after.Digest);
        Assert.NotEqual(before.Digest, after.Digest);
        Assert.Equal((epoch, 3), (ResealedRecord.EpochOf(stream, deleted, before.Body), ResealedRecord.EpochOf(stream, deleted, after.Body)));
        Assert.True(ResealedRecord.IsSame(_keys, before, after));
        // Not as another record, version, stream or state; and earlier keys do not open it.
        Assert.False(ResealedRecord.IsSame(_keys, before, after with { Version = version + 1 }));
        Assert.False(ResealedRecord.IsSame(_keys, before, after with { Id = Guid.NewGuid() }));
        Assert.False(ResealedRecord.IsSame(_keys, before, after with { Deleted = !deleted }));
        Assert.False(ResealedRecord.IsSame(_keys, before with { Stream = 250 }, after with { Stream = 250 }));
        Assert.Null(ResealedRecord.Seal(_keys, before with { Version = version }, version + 1));
        Assert.Null(ResealedRecord.Seal(_keys, before with { Id = Guid.NewGuid() }, version));
        Assert.Null(ResealedRecord.Seal(_keys, before with { Body = before.Body[..^1] }, version));
        if (epoch < 3)
            Assert.False(ResealedRecord.IsSame(then, before, after));
        // Another plaintext is a change, however it is sealed.
        Assert.False(ResealedRecord.IsSame(_keys, before, Make(_keys, stream, deleted, of.Id, version, [.. one ?? [], 1], two ?? [])));
        if (stream == 1 && !deleted)
            Assert.False(ResealedRecord.IsSame(_keys, before, Make(_keys, stream, deleted, of.Id, version, one ?? [], [.. two ?? [], 1])));
    }).Holds();

    private static RecordChange Make(VaultKeys keys, byte stream, bool deleted, Guid id, long version, byte[] one, byte[] two)
    {
        byte[] Seal(RecordPart part, byte[] plaintext) => keys.Seal((RecordStream)stream, part, id, version, plaintext);
        byte[] body = deleted ? Seal(RecordPart.Tombstone, one)
            : stream == 1 ? RecordBody.Join(Seal(RecordPart.Summary, one), Seal(RecordPart.Secret, two)) : Seal(RecordPart.Whole, one);
        return new RecordChange(stream, id, version, deleted, RecordBody.Digest(body), body);
    }

    private static AccountIdentity Identity(ReadOnlySpan<byte> bytes)
    {
        Assert.True(AccountIdentity.TryRead(bytes, out AccountIdentity? identity, out string? fault), fault);
        return identity;
    }

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
