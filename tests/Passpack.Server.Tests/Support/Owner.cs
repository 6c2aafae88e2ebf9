using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Passpack.Protocol;
using Passpack.Server.Storage;

namespace Passpack.Server.Tests.Support;

/// <summary>
/// Who has the keys of an account, of one epoch: signs for real, and seals nothing, which a server cannot tell. What it makes is the same each time, but for
/// the MAC of a key record.
/// </summary>
internal sealed class Owner
{
    // Signing keys differ; what is sent to nobody may be one.
    private static readonly byte[] s_receivingKey = MakeReceivingKey();

    private readonly byte[] _seed;

    public Owner(string userId, Guid vault, int epoch = 1)
    {
        (UserId, Vault, Epoch) = (userId, vault, epoch);
        _seed = SHA256.HashData(Encoding.UTF8.GetBytes($"{userId}/{vault}/{epoch}"));
        byte[] signing = new byte[AccountIdentity.SigningKeyBytes];
        Ed25519.GeneratePublicKey(_seed, signing);
        Identity = AccountIdentity.Of(userId, signing, s_receivingKey);
    }

    public string UserId { get; }

    public Guid Vault { get; }

    public int Epoch { get; }

    public AccountIdentity Identity { get; }

    /// <summary>The owner of the account of a User ID, whose vault it makes, too.</summary>
    public static Owner Of(string userId) => new(userId, new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(userId)).AsSpan(0, 16)));

    /// <summary>The same account, under the keys of the next epoch.</summary>
    public Owner Next() => new(UserId, Vault, Epoch + 1);

    public byte[] Sign(SignaturePurpose purpose, byte[] message) => Signatures.Sign(_seed, Identity.Fingerprint, purpose, message);

    public KeyRecordContent Content(int generation = 1) =>
        new(generation, Vault, Epoch, $"7#17.8.1#envelope-{generation}", Identity, [.. Enumerable.Range(1, Epoch - 1).Select(EarlierKey)]);

    public KeyRecord Keys(int generation = 1) => Signed(Content(generation));

    public CheckedKeys Checked(int generation = 1) => new(Keys(generation), Content(generation));

    public KeyRecord Signed(KeyRecordContent content)
    {
        var unsigned = new KeyRecord(content.ToBytes(), Make.Bytes(KeyRecord.MacBytes), []);
        return unsigned with { Signature = Sign(SignaturePurpose.KeyRecord, unsigned.SignedMessage()) };
    }

    /// <summary>The manifest of a generation.</summary>
    /// <param name="generation">Its generation.</param>
    /// <param name="bytes">Its bytes in all. Null for few.</param>
    public ManifestLink Manifest(long generation, int? bytes = null) =>
        Manifest(new RecordHeader(Vault, Epoch, RecordStream.None, RecordPart.Manifest, Vault, generation), generation, bytes);

    public ManifestLink Manifest(RecordHeader header, long generation, int? bytes = null)
    {
        byte[] content = Encoding.UTF8.GetBytes($"manifest {generation}");
        byte[] part = [.. Header(header), .. content];
        if (bytes is { } size)
            Array.Resize(ref part, size - 4 - AccountIdentity.FingerprintBytes - 1 - Signatures.SignatureBytes);
        return new ManifestLink(generation, SignedManifest.Make(part, Identity.Fingerprint, message => Sign(SignaturePurpose.Manifest, message)).ToBytes());
    }

    /// <summary>A record with the headers that it has to have, and behind them what it holds.</summary>
    public RecordChange Record(Guid id, long version = 1, byte stream = 1, bool deleted = false, byte[]? body = null, bool resealed = false)
    {
        byte[] content = body ?? Encoding.UTF8.GetBytes($"{stream}/{id}/{version}");
        byte[] Part(RecordPart part) => Header(new RecordHeader(Vault, Epoch, (RecordStream)stream, part, id, version));
        byte[] whole = deleted ? [.. Part(RecordPart.Tombstone), .. content]
            : stream == 1 ? RecordBody.Join(Part(RecordPart.Summary), [.. Part(RecordPart.Secret), .. content])
            : [.. Part(RecordPart.Whole), .. content];
        return new RecordChange(stream, id, version, deleted, SHA256.HashData(whole), whole, resealed);
    }

    /// <summary>A record of another owner as this one's.</summary>
    public RecordChange Adopt(RecordChange record)
    {
        byte[] body = [.. record.Body];
        int first = record.Stream == 1 && !record.Deleted ? 4 : 0;
        foreach (int at in first == 0 ? [0] : new[] { first, first + BinaryPrimitives.ReadInt32BigEndian(body) })
        {
            if (RecordHeader.TryRead(body.AsSpan(at), out RecordHeader header))
                (header with { VaultId = Vault, Epoch = Epoch }).Write(body.AsSpan(at));
        }

        return record with { Body = body, Digest = SHA256.HashData(body) };
    }

    /// <summary>A push onto a vault to which nothing but whole pushes ever happened: generation is revision plus one.</summary>
    public PushRequest Push(long baseRevision, params RecordChange[] records) => Push(
        baseRevision, ManifestName.Of(Manifest(baseRevision + 1)), records);

    public PushRequest Push(long baseRevision, ManifestName head, RecordChange[] records, int? manifestBytes = null) => Signed(
        new PushRequest(Guid.NewGuid(), baseRevision, records, Manifest(head.Generation + 1, manifestBytes), head.Hash, []));

    public PushRequest Signed(PushRequest push) => push with { Signature = Sign(SignaturePurpose.Push, Statements.Push(Vault, push.Digest())) };

    public WakeRequest Wake(ManifestName head, Guid device, byte[] token)
    {
        byte[] hash = SHA256.HashData(token);
        return new WakeRequest(hash, head, Sign(SignaturePurpose.Wake, Statements.Wake(Vault, head, device, hash)));
    }

    public AddKeyFileRequest KeyFile(ManifestName head, DeviceDescription file, byte[] token)
    {
        byte[] hash = SHA256.HashData(token);
        return new AddKeyFileRequest(file, hash, head, Sign(SignaturePurpose.KeyFile, Statements.KeyFile(Vault, head, file.Id, hash)));
    }

    public ConnectByKeyFileRequest ByKeyFile(ManifestName head, DeviceDescription machine, byte[] token)
    {
        WakeRequest wake = Wake(head, machine.Id, token);
        return new ConnectByKeyFileRequest(machine, wake.TokenHash, head, wake.Signature);
    }

    public RemoveAccountRequest Removal(ManifestName head) => new(head, Sign(SignaturePurpose.AccountRemoval, Statements.AccountRemoval(Vault, head)));

    public CancelRemovalRequest Cancelling(Guid removal, ManifestName head) =>
        new(removal, head, Sign(SignaturePurpose.RemovalCancelling, Statements.RemovalCancelling(Vault, head, removal)));

    public RemoveDeviceRequest DeviceRemoval(Guid device, ManifestName head) =>
        new(head, Sign(SignaturePurpose.DeviceRemoval, Statements.DeviceRemoval(Vault, head, device)));

    public PurgeRequest Purge(int epoch, ManifestName head) => new(epoch, head, Sign(SignaturePurpose.Purge, Statements.Purge(Vault, head, epoch)));

    public InviteRequest Invitation(ManifestName head, byte[] hash, DateTimeOffset expires, long? quota = null) =>
        new(hash, expires, head, Sign(SignaturePurpose.Invitation, Statements.Invitation(Vault, head, hash, expires, quota)), quota);

    /// <summary>A request of an administrator.</summary>
    public T Administration<T>(ManifestName head, long number, Func<AdministratorSignature, T> make)
        where T : AdministrationRequest
    {
        byte[] content = make(new AdministratorSignature(head, number, [])).ToContent();
        return make(new AdministratorSignature(
            head, number, Sign(SignaturePurpose.Administration, Statements.Administration(Vault, head, number, content))));
    }

    /// <summary>The set-up of a second factor.</summary>
    public SetUpSecondFactorRequest SecondFactor(ManifestName head, byte[] seed, string[] recoveryCodes, byte[] proof, string? code = null)
    {
        byte[] recovery = [.. recoveryCodes.SelectMany(one => SecondFactors.HashOf(seed, one))];
        return new SetUpSecondFactorRequest(
            seed, recovery, proof, head, Sign(SignaturePurpose.SecondFactor, Statements.SecondFactor(Vault, head, seed, recovery)), code);
    }

    public RemoveSecondFactorRequest SecondFactorRemoval(ManifestName head, byte[] proof, string? code) =>
        new(proof, head, Sign(SignaturePurpose.SecondFactorRemoval, Statements.SecondFactorRemoval(Vault, head)), code);

    public ChangePasswordRequest Signed(ChangePasswordRequest change, byte[] salt) => change with
    {
        Signature = Sign(SignaturePurpose.Password, Statements.Password(Vault, change.Head, salt, change.LoginSalt, change.LoginKdf, change.NewProof)),
    };

    /// <summary>A reset of the Password, by an administrator's code.</summary>
    public ResetPasswordRequest Reset(string userId, string code, ResetBase found, byte[] salt, byte[] newProof)
    {
        ManifestName head = found.Account.Head;
        byte[] statement = Statements.PasswordReset(Vault, head, found.LoginSalt, salt, "17.8.1", newProof, PasswordResets.HashOf(code));
        return new ResetPasswordRequest(userId, code, salt, "17.8.1", newProof, head, Sign(SignaturePurpose.PasswordReset, statement));
    }

    /// <summary>The replacement of this epoch's keys by those of the next.</summary>
    public ReplaceKeysRequest Replacement(int generation, ManifestName head, Guid device, byte[] token, byte[] proof) =>
        Replacement(Next(), Next().Keys(generation), Next().Manifest(head.Generation + 1), head, device, token, proof);

    /// <summary>The replacement of this epoch's keys, of whatever parts.</summary>
    public ReplaceKeysRequest Replacement(
        Owner next, KeyRecord keys, ManifestLink first, ManifestName head, Guid device, byte[] token, byte[] proof)
    {
        ManifestName begin = ManifestName.Of(first);
        Assert(KeyRecordContent.TryRead(keys.Record, out KeyRecordContent? content, out string? fault), fault);
        byte[] statement = Statements.Succession(Vault, head, content!, begin.Hash);
        return new ReplaceKeysRequest(
            keys, proof, new SuccessorRequest(head, Sign(SignaturePurpose.Succession, statement), first, next.Wake(begin, device, token)));
    }

    private static void Assert(bool isRead, string? fault) => Xunit.Assert.True(isRead, fault);

    private byte[] EarlierKey(int epoch)
    {
        byte[] key = new byte[KeyRecordContent.EarlierKeyBytes];
        new RecordHeader(Vault, epoch + 1, RecordStream.None, RecordPart.EarlierKey, Vault, epoch).Write(key);
        return key;
    }

    private static byte[] Header(RecordHeader header)
    {
        byte[] bytes = new byte[RecordHeader.Size];
        header.Write(bytes);
        return bytes;
    }

    private static byte[] MakeReceivingKey()
    {
        byte[] scalar = SHA256.HashData("receiving"u8), x25519 = new byte[32];
        X25519.GeneratePublicKey(scalar, 0, x25519, 0);
        byte[] kem = MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, SHA512.HashData("receiving"u8)).GetPublicKeyEncoded();
        return [.. kem, .. x25519];
    }
}
