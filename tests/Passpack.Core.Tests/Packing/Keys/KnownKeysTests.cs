using System.Diagnostics.CodeAnalysis;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Manifests;

namespace Passpack.Core.Tests.Packing;

/// <summary>Epochs, identities, key records, statements, manifests and pushes of another implementation, byte for byte (Vectors/accounts.py).</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "VaultKeys owns its Account Key.")]
public sealed class KnownKeysTests : IDisposable
{
    private static readonly KeyVectors s_vectors = PackingVectors.All.Keys;
    private readonly VaultKeys _keys = At(3);

    /// <summary>Those of shared vaults have a file of their own: StatementVectorTests, VaultInvitationTests.</summary>
    public static TheoryData<string> Purposes =>
        [.. Enum.GetNames<SignaturePurpose>().Except([nameof(SignaturePurpose.Statement), nameof(SignaturePurpose.InvitationAnswer)])];

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Its_derivations_of_every_epoch_are_ours()
    {
        Assert.Equal([1, 2, 3], s_vectors.Epochs.Select(vector => vector.Epoch));
        foreach (EpochVector vector in s_vectors.Epochs)
        {
            using var epoch = new EpochKeys(SecretBytes.CopyOf(vector.AccountKey), PackingVectors.All.VaultId, vector.Epoch);
            foreach ((string purpose, byte[] expected) in new[]
            {
                ("vault key", vector.VaultKey), ("identity signing", vector.SigningSeed), ("identity receiving", vector.ReceivingSeed),
                ("key record", vector.KeyRecordKey), ("earlier account key", vector.EarlierKeyKey),
            })
            {
                using SecretBytes derived = epoch.OfAccountKey(purpose);
                Assert.Equal(expected, derived.Span);
            }
        }
    }

    [Fact]
    public void Its_earlier_keys_open_and_give_its_identity_of_every_epoch()
    {
        foreach (EpochVector vector in s_vectors.Epochs)
        {
            AccountIdentity identity = _keys.Identity(vector.Epoch, s_vectors.UserId);
            Assert.Equal(vector.Identity, identity.Bytes);
            Assert.Equal(vector.Fingerprint, identity.Fingerprint);
            Assert.Equal(vector.Shown, identity.ShownFingerprint);
            Assert.True(AccountIdentity.TryRead(vector.Identity, out AccountIdentity? read, out string? fault), fault);
            Assert.Equal(s_vectors.UserId, read.UserId);
            using VaultKeys then = _keys.At(vector.Epoch);
            using var same = new VaultKeys(SecretBytes.CopyOf(vector.AccountKey), PackingVectors.All.VaultId, vector.Epoch, [.. s_vectors.EarlierKeys.Take(vector.Epoch - 1)]);
            Assert.True(then.Continues(same) && same.Continues(then));
        }
    }

    [Fact]
    public void The_public_keys_of_the_draft_of_X_Wing_are_ours()
    {
        Assert.Equal(3, s_vectors.XWing.Count);
        Assert.All(s_vectors.XWing, vector => Assert.Equal(vector.PublicKey, XWing.PublicKeyOf(vector.Seed)));
    }

    [Fact]
    public void Its_key_records_are_ours_to_the_byte()
    {
        Assert.Equal([1, 3], s_vectors.KeyRecords.Select(vector => vector.Epoch));
        foreach (KeyRecordVector vector in s_vectors.KeyRecords)
        {
            using VaultKeys keys = At(vector.Epoch);
            KeyRecord made = keys.CreateKeyRecord(vector.Generation, vector.Envelope, s_vectors.UserId);
            Assert.Equal(vector.Record, made.Record);
            Assert.Equal(vector.Mac, made.Mac);
            Assert.Equal(vector.Signature, made.Signature);
            Assert.True(KeyRecordContent.TryRead(vector.Record, out KeyRecordContent? content, out string? fault), fault);
            Assert.Equal((vector.Generation, PackingVectors.All.VaultId, vector.Epoch, vector.Envelope), (content.Generation, content.VaultId, content.Epoch, content.KeyEnvelope));
            Assert.Equal(s_vectors.EarlierKeys.Take(vector.Epoch - 1), content.EarlierKeys);
            Assert.Equal(vector.Record, content.ToBytes());
            Assert.True(keys.IsOurs(vector.ToRecord(), content));
            // Keys of a later epoch know the records of earlier ones.
            Assert.True(_keys.IsOurs(vector.ToRecord(), content));
            using SecretBytes packingKey = SecretBytes.FromChars("correct horse battery staple");
            using SecretBytes opened = KeyEnvelope.Open(EnvelopePurpose.AccountKey, content.KeyEnvelope, packingKey);
            Assert.Equal(s_vectors.Epochs[vector.Epoch - 1].AccountKey, opened.Span);
        }
    }

    [Fact]
    public void What_an_administrator_signs_is_ours_to_the_byte()
    {
        StatementVectors of = s_vectors.Statements;
        var by = new AdministratorSignature(new ManifestName(of.HeadGeneration, of.HeadHash), of.ActNumber, []);
        Dictionary<AdministrationAct, AdministrationRequest> requests = new()
        {
            [AdministrationAct.ReadStatus] = new ReadStatusRequest(by),
            [AdministrationAct.ListAccounts] = new ListAccountsRequest(by, 7, of.ActUserId),
            [AdministrationAct.ReadEvents] = new ReadServerEventsRequest(by, 7),
            [AdministrationAct.ListInvitations] = new ListInvitationsRequest(by, of.Invitation),
            [AdministrationAct.RemoveInvitation] = new RemoveInvitationRequest(by, of.Invitation),
            [AdministrationAct.ChangeAccount] = new ChangeAccountRequest(by, of.ActUserId, true, new QuotaChange(of.ActQuota), false),
            [AdministrationAct.ResetAccount] = new ResetAccountRequest(by, of.ActUserId, true, false, true, of.TokenHash),
            [AdministrationAct.RemoveAccount] = new RemoveServerAccountRequest(by, of.ActUserId),
        };
        Assert.Equal(Enum.GetValues<AdministrationAct>(), requests.Keys);
        Assert.All(requests, request => Assert.Equal(of.ContentOf(request.Key), request.Value.ToContent()));
        Assert.Equal(of.InvitationWithQuota, Statements.Invitation(
            PackingVectors.All.VaultId, by.Head, of.Invitation, DateTimeOffset.FromUnixTimeMilliseconds(of.Expires), of.ActQuota));
    }

    [Theory]
    [MemberData(nameof(Purposes))]
    public void Its_signed_statement_is_ours_to_the_byte(string name)
    {
        SignaturePurpose purpose = Enum.Parse<SignaturePurpose>(name);
        StatementVectors of = s_vectors.Statements;
        Guid vault = PackingVectors.All.VaultId;
        var head = new ManifestName(of.HeadGeneration, of.HeadHash);
        Assert.True(KeyRecordContent.TryRead(of.NextRecord, out KeyRecordContent? next, out string? fault), fault);
        (int epoch, byte[] expected, byte[] signature) = purpose switch
        {
            SignaturePurpose.Manifest => (3, SignedManifest.Read(s_vectors.Manifests.All[1].Manifest)!.SignedMessage(), s_vectors.Manifests.All[1].Manifest[^64..]),
            SignaturePurpose.KeyRecord => (3, s_vectors.KeyRecords[1].ToRecord().SignedMessage(), s_vectors.KeyRecords[1].Signature),
            _ => of.All.Single(vector => vector.Purpose == name) is var vector ? (vector.Epoch, vector.Message, vector.Signature) : default,
        };
        byte[] message = purpose switch
        {
            SignaturePurpose.Manifest => s_vectors.Manifests.All[1].Manifest[..^64],
            SignaturePurpose.Push => Statements.Push(vault, of.PushDigest),
            SignaturePurpose.KeyRecord => [.. s_vectors.KeyRecords[1].Record, .. s_vectors.KeyRecords[1].Mac],
            SignaturePurpose.Succession => Statements.Succession(vault, head, next, of.FirstManifest),
            SignaturePurpose.Password => Statements.Password(vault, head, of.Salt, of.NewSalt, of.NewKdf, of.NewProof),
            SignaturePurpose.DeviceRemoval => Statements.DeviceRemoval(vault, head, of.Device),
            SignaturePurpose.AccountRemoval => Statements.AccountRemoval(vault, head),
            SignaturePurpose.RemovalCancelling => Statements.RemovalCancelling(vault, head, of.Removal),
            SignaturePurpose.Purge => Statements.Purge(vault, head, 3),
            SignaturePurpose.SecondFactor => Statements.SecondFactor(vault, head, of.Seed, of.Recovery),
            SignaturePurpose.SecondFactorRemoval => Statements.SecondFactorRemoval(vault, head),
            SignaturePurpose.Invitation => Statements.Invitation(vault, head, of.Invitation, DateTimeOffset.FromUnixTimeMilliseconds(of.Expires)),
            SignaturePurpose.Administration => Statements.Administration(vault, head, of.ActNumber, of.ContentOf(AdministrationAct.ChangeAccount)),
            SignaturePurpose.PasswordReset => Statements.PasswordReset(vault, head, of.Salt, of.NewSalt, of.NewKdf, of.NewProof, of.TokenHash),
            SignaturePurpose.KeyFile => Statements.KeyFile(vault, head, of.Device, of.TokenHash),
            _ => Statements.Wake(vault, head, of.Device, of.TokenHash),
        };
        Assert.Equal(expected, message);
        using VaultKeys keys = At(epoch);
        AccountIdentity identity = keys.Identity(epoch, s_vectors.UserId);
        Assert.Equal(signature, keys.Sign(identity, purpose, message));
        foreach (SignaturePurpose other in Enum.GetValues<SignaturePurpose>())
            Assert.Equal(other == purpose, Signatures.Verify(identity, other, message, signature));
    }

    [Fact]
    public void Its_manifests_open_and_have_its_names()
    {
        ManifestVectors of = s_vectors.Manifests;
        foreach (ManifestVector vector in of.All)
        {
            var link = new ManifestLink(vector.Generation, vector.Manifest);
            Assert.Equal(vector.Hash, Manifest.HashOf(link));
            Assert.Equal(vector.Epoch, Manifest.ClaimedEpoch(link));
            Manifest? manifest = Manifest.Open(_keys, _keys.Identity(3, s_vectors.UserId), link);
            Assert.NotNull(manifest);
            Assert.Equal((vector.Generation, of.Revision, of.Device, of.Counter), (manifest.Generation, manifest.Revision, manifest.Device, manifest.Counter));
            Assert.Equal((vector.Epoch, vector.Successor, vector.Left), (manifest.Epoch, manifest.Successor, manifest.Left is not null));
            Assert.Equal(of.Previous, manifest.Previous);
            Assert.Equal(of.Streams.Select(sum => (sum.Stream, sum.Count, Convert.ToHexString(sum.Hash))), manifest.Streams.Select(sum => (sum.Stream, sum.Count, Convert.ToHexString(sum.Hash))));
            Assert.Equal(vector.Manifest, SignedManifest.Read(vector.Manifest)!.ToBytes());
        }
    }

    [Fact]
    public void Its_digest_of_a_push_and_its_signature_are_ours()
    {
        PushVector vector = s_vectors.Push;
        var push = new PushRequest(vector.PushId, vector.BaseRevision,
            [.. vector.Records.Select(record => new RecordChange(record.Stream, record.Id, record.Version, (record.Flags & 1) != 0, RecordBody.Digest(record.Body), record.Body, (record.Flags & 2) != 0))],
            new ManifestLink(vector.Generation, vector.Manifest), vector.Previous, vector.Signature);
        Assert.Equal(vector.Digest, push.Digest());
        Assert.True(Signatures.Verify(_keys.Identity(3, s_vectors.UserId), SignaturePurpose.Push, Statements.Push(PackingVectors.All.VaultId, vector.Digest), push.Signature));
    }

    [Fact]
    public void Its_records_sealed_anew_are_the_same_as_before()
    {
        Assert.Equal(4, s_vectors.Resealed.Count);
        foreach (ResealedVector vector in s_vectors.Resealed)
        {
            var before = new RecordChange(vector.Stream, vector.Id, vector.Version, vector.Deleted, RecordBody.Digest(vector.Before), vector.Before);
            RecordChange after = before with { Version = vector.Version + 1, Body = vector.After, Digest = RecordBody.Digest(vector.After) };
            Assert.True(ResealedRecord.IsSame(_keys, before, after), vector.Name);
            Assert.Equal((1, 3), (ResealedRecord.EpochOf(vector.Stream, vector.Deleted, vector.Before), ResealedRecord.EpochOf(vector.Stream, vector.Deleted, vector.After)));
            RecordChange? ours = ResealedRecord.Seal(_keys, before, vector.Version + 1);
            Assert.NotNull(ours);
            Assert.True(ResealedRecord.IsSame(_keys, after, ours) && ResealedRecord.IsSame(_keys, before, ours), vector.Name);
        }
    }

    private static VaultKeys At(int epoch) => new(
        SecretBytes.CopyOf(s_vectors.Epochs[epoch - 1].AccountKey), PackingVectors.All.VaultId, epoch, [.. s_vectors.EarlierKeys.Take(epoch - 1)]);
}
