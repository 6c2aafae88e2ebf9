using System.Collections.Concurrent;
using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Passpack.Packing.Records;
using Passpack.Protocol;
using static System.FormattableString;

namespace Passpack.Packing.Keys;

/// <summary>Epochs, the identity of each, and the key record. docs/pack-format.md.</summary>
public sealed partial class VaultKeys
{
    private readonly ConcurrentDictionary<int, AccountIdentity> _identities = new();

    /// <summary>The keys of the next epoch, under which the present Account Key is sealed. The caller disposes them.</summary>
    /// <param name="accountKey">32 random bytes; the new object takes ownership.</param>
    public VaultKeys Next(SecretBytes accountKey)
    {
        using Use use = new(this);
        byte[] earlier;
        using (SecretBytes key = EarlierKeyKey(accountKey, Epoch + 1))
        using (var cipher = new RecordCipher(key))
            earlier = cipher.Seal(EarlierKeyHeader(Epoch), _present.AccountKey.Span);
        return new VaultKeys(accountKey, VaultId, Epoch + 1, [.. EarlierKeys, earlier]);
    }

    /// <summary>The keys as they were in an earlier epoch, or now. The caller disposes them.</summary>
    public VaultKeys At(int epoch)
    {
        using Use use = new(this);
        EpochKeys keys = Find(epoch) ?? throw new ArgumentOutOfRangeException(nameof(epoch));
        return new VaultKeys(SecretBytes.CopyOf(keys.AccountKey.Span), VaultId, epoch, [.. EarlierKeys.Take(epoch - 1)]);
    }

    /// <summary>The account's identity of an epoch up to the present one. Deriving it costs about a millisecond, once an epoch.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="userId">As it was registered.</param>
    public AccountIdentity Identity(int epoch, string userId)
    {
        if (_identities.TryGetValue(epoch, out AccountIdentity? known) && known.UserId == userId)
            return known;
        using Use use = new(this);
        EpochKeys keys = Find(epoch) ?? throw new ArgumentOutOfRangeException(nameof(epoch));
        using SecretBytes signing = keys.OfAccountKey("identity signing"), receiving = keys.OfAccountKey("identity receiving");
        byte[] verifying = new byte[AccountIdentity.SigningKeyBytes];
        Ed25519.GeneratePublicKey(signing.Span, verifying);
        return _identities[epoch] = AccountIdentity.Of(userId, verifying, XWing.PublicKeyOf(receiving.Span));
    }

    /// <summary>Signs a message as the identity of the present epoch.</summary>
    public byte[] Sign(AccountIdentity identity, SignaturePurpose purpose, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(identity);
        using Use use = new(this);
        using SecretBytes seed = _present.OfAccountKey("identity signing");
        return Signatures.Sign(seed.Span, identity.Fingerprint, purpose, message);
    }

    /// <summary>The key record of this account's keys.</summary>
    /// <param name="generation">From 1.</param>
    /// <param name="keyEnvelope">Of the present Account Key.</param>
    /// <param name="userId">As it was registered.</param>
    public KeyRecord CreateKeyRecord(int generation, string keyEnvelope, string userId)
    {
        AccountIdentity identity = Identity(Epoch, userId);
        byte[] bytes = new KeyRecordContent(generation, VaultId, Epoch, keyEnvelope, identity, EarlierKeys).ToBytes();
        var record = new KeyRecord(bytes, KeyRecordMac(Epoch, bytes), []);
        return record with { Signature = Sign(identity, SignaturePurpose.KeyRecord, record.SignedMessage()) };
    }

    /// <summary>
    /// Whether a key record was made under an Account Key of this account, of an epoch up to the present one: its MAC, its vault, and the identity that
    /// follows from the key.
    /// </summary>
    public bool IsOurs(KeyRecord record, KeyRecordContent content)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(content);
        return content.VaultId == VaultId && content.Epoch <= Epoch
            && CryptographicOperations.FixedTimeEquals(record.Mac, KeyRecordMac(content.Epoch, record.Record))
            && content.Identity.Bytes.SequenceEqual(Identity(content.Epoch, content.Identity.UserId).Bytes)
            && Signatures.Verify(content.Identity, SignaturePurpose.KeyRecord, record.SignedMessage(), record.Signature);
    }

    /// <summary>Whether these keys hold every Account Key of earlier ones.</summary>
    internal bool Continues(VaultKeys earlier)
    {
        using Use use = new(this), other = new(earlier);
        return VaultId == earlier.VaultId && Epoch >= earlier.Epoch && earlier._epochs.Values.Zip(_epochs.Values).All(pair =>
            CryptographicOperations.FixedTimeEquals(pair.First.AccountKey.Span, pair.Second.AccountKey.Span));
    }

    private byte[] KeyRecordMac(int epoch, byte[] record)
    {
        using Use use = new(this);
        using SecretBytes key = Find(epoch)!.OfAccountKey("key record");
        return HMACSHA256.HashData(key.Span, record);
    }

    // From the newest to the oldest: each opens under a key of the next.
    private void OpenEarlier()
    {
        SecretBytes next = _present.AccountKey;
        for (int epoch = Epoch - 1; epoch >= 1; epoch--)
        {
            using SecretBytes key = EarlierKeyKey(next, epoch + 1);
            using var cipher = new RecordCipher(key);
            if (!cipher.TryOpen(EarlierKeyHeader(epoch), EarlierKeys[epoch - 1], out OpenedRecord opened) || opened.Span.Length != KeyDerivation.KeyBytes)
            {
                opened.Dispose();
                throw new PasspackException(ErrorCodes.VaultDamaged, $"The Account Key of epoch {epoch} does not open under the one after it.");
            }
            SecretBytes accountKey = SecretBytes.CopyOf(opened.Span);
            opened.Dispose();
            _epochs = _epochs.Add(epoch, new EpochKeys(accountKey, VaultId, epoch));
            next = accountKey;
        }
    }

    private SecretBytes EarlierKeyKey(SecretBytes accountKey, int epoch) =>
        KeyDerivation.Subkey(accountKey, Invariant($"passpack/7/earlier account key/{epoch}"), VaultId.ToByteArray(bigEndian: true));

    private RecordHeader EarlierKeyHeader(int epoch) => new(VaultId, epoch + 1, RecordStream.None, RecordPart.EarlierKey, VaultId, epoch);
}
