using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Packing;

/// <summary>What another implementation of version 7 made, byte for byte (Vectors/make-packing-v7.py).</summary>
public sealed class KnownAnswerTests : IDisposable
{
    private static readonly PackingVectors s_vectors = PackingVectors.All;
    private readonly VaultKeys _keys = new(SecretBytes.CopyOf(s_vectors.AccountKey), s_vectors.VaultId, s_vectors.Epoch, s_vectors.Keys.EarlierKeys);

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Its_envelopes_open()
    {
        foreach (EnvelopeVector vector in s_vectors.Envelopes)
        {
            using SecretBytes packingKey = SecretBytes.FromChars(vector.PackingKey);
            EnvelopePurpose purpose = vector.Purpose switch
            {
                "account" => EnvelopePurpose.AccountKey,
                "backup" => EnvelopePurpose.BackupKey,
                _ => EnvelopePurpose.Text,
            };
            using SecretBytes opened = KeyEnvelope.Open(purpose, vector.Envelope, packingKey);
            Assert.Equal(vector.Plaintext, opened.Span);
        }
    }

    [Fact]
    public void Its_records_of_every_purpose_open()
    {
        foreach (RecordVector vector in s_vectors.Records)
        {
            Assert.True(_keys.TryOpen((RecordStream)vector.Stream, (RecordPart)vector.Part, vector.Id, vector.Version, vector.Record, out OpenedRecord opened));
            Assert.Equal(vector.Plaintext, opened.Span);
            Assert.Equal(vector.Record.Length, RecordCipher.SealedSize(vector.Plaintext.Length));
            opened.Dispose();
        }
        Assert.Equal(8, s_vectors.Records.Select(vector => (vector.Stream, vector.Part)).Distinct().Count());
    }

    [Fact]
    public void Its_keyed_values_are_ours()
    {
        Assert.All(s_vectors.NameKeys, vector => Assert.Equal(vector.Key, _keys.NameKey(vector.Name)));
        Assert.Equal(s_vectors.ConflictCopy.Copy, _keys.ConflictCopyId(s_vectors.ConflictCopy.Id, s_vectors.ConflictCopy.Digest));
    }

    [Fact]
    public void Its_hash_of_a_set_is_ours()
    {
        SetHashVector vector = s_vectors.SetHash;
        var hash = new SetHash();
        Assert.Equal(vector.Empty, hash.Digest());
        foreach (byte[] element in vector.Elements)
            hash.Add(element);
        Assert.Equal(vector.All, hash.Digest());
        hash.Remove(vector.Elements[0]);
        Assert.Equal(vector.WithoutFirst, hash.Digest());
    }

    [Fact]
    public void Its_body_and_digest_are_ours()
    {
        BodyVector vector = s_vectors.Body;
        Assert.Equal(vector.Body, RecordBody.Join(vector.Summary, vector.Secret));
        Assert.Equal(vector.Digest, RecordBody.Digest(vector.Body));
        Assert.Equal(vector.Digest, RecordBody.Digest(vector.Summary, vector.Secret));
    }
}
