using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;
using static System.FormattableString;

namespace Passpack.Packing.Keys;

/// <summary>
/// The keys of an unlocked account: the Account Key, the Vault Key derived from it for one epoch, and a subkey for every purpose. Thread-safe.
/// Disposing zeroes all of them; every later use throws <see cref="ErrorCodes.VaultLocked"/>.
/// </summary>
public sealed class VaultKeys : IDisposable
{
    /// <summary>Bytes of a key in the index of names.</summary>
    public const int NameKeyBytes = 16;

    private readonly SecretBytes _accountKey;
    private readonly SecretBytes _nameIndexKey;
    private readonly SecretBytes _manifestSumKey;
    private readonly SecretBytes _conflictCopyKey;
    private readonly SecretBytes _accountRowKey;
    private WrappingKey? _wrapping;
    private readonly Dictionary<(RecordStream, RecordPart), CipherPool> _ciphers;

    private int _disposed;

    // One for this object until it is disposed, and one for every use under way; whoever releases the last one zeroes the keys. So no thread seals a
    // record under a key of zeros while another thread locks the account.
    private int _uses = 1;

    /// <summary>Derives every key.</summary>
    /// <param name="accountKey">32 bytes. This object takes ownership and zeroes them.</param>
    /// <param name="vaultId">The vault.</param>
    /// <param name="epoch">The epoch of the vault's keys, from 1.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>: the envelope's content is not an Account Key.</exception>
    public VaultKeys(SecretBytes accountKey, Guid vaultId, int epoch)
    {
        ArgumentNullException.ThrowIfNull(accountKey);
        if (accountKey.Length != KeyDerivation.KeyBytes)
        {
            accountKey.Dispose();
            throw new PasspackException(ErrorCodes.VaultDamaged, "The key envelope holds something else than an Account Key.");
        }
        _accountKey = accountKey;
        VaultId = vaultId;
        Epoch = epoch;
        using SecretBytes vaultKey = KeyDerivation.Subkey(accountKey, Invariant($"passpack/7/vault key/{epoch}"), vaultId.ToByteArray(bigEndian: true));
        _nameIndexKey = KeyDerivation.Subkey(vaultKey, "passpack/7/name index");
        _manifestSumKey = KeyDerivation.Subkey(vaultKey, "passpack/7/manifest sum");
        _conflictCopyKey = KeyDerivation.Subkey(vaultKey, "passpack/7/conflict copy");
        _accountRowKey = KeyDerivation.Subkey(vaultKey, "passpack/7/account row");
        _ciphers = new()
        {
            [(RecordStream.Data, RecordPart.Summary)] = Pool("summary"),
            [(RecordStream.Data, RecordPart.Secret)] = Pool("secret"),
            [(RecordStream.Data, RecordPart.Tombstone)] = Pool("tombstone"),
            [(RecordStream.Tags, RecordPart.Whole)] = Pool("tags"),
            [(RecordStream.Favorite, RecordPart.Whole)] = Pool("favorites"),
            [(RecordStream.None, RecordPart.Manifest)] = Pool("manifest"),
            [(RecordStream.None, RecordPart.DeviceToken)] = Pool("device token"),
            [(RecordStream.None, RecordPart.SyncRecord)] = Pool("sync record"),
        };

        CipherPool Pool(string purpose) => new(KeyDerivation.Subkey(vaultKey, $"passpack/7/{purpose}"));
    }

    /// <summary>The vault whose keys these are.</summary>
    public Guid VaultId { get; }

    /// <summary>The epoch of the keys.</summary>
    public int Epoch { get; }

    /// <summary>Seals a plaintext as one part of a record.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RecordTooLarge"/>: over <see cref="Limits.PartPlaintextBytes"/>.</exception>
    public byte[] Seal(RecordStream stream, RecordPart part, Guid id, long version, ReadOnlySpan<byte> plaintext)
    {
        if (plaintext.Length > Limits.PartPlaintextBytes)
        {
            throw new PasspackException(ErrorCodes.RecordTooLarge,
                $"The entry is too large: {plaintext.Length:N0} bytes, of at most {Limits.PartPlaintextBytes:N0}. " +
                "Shorten its notes or extra fields.") { Target = id };
        }
        using Use use = new(this);
        CipherPool pool = _ciphers[(stream, part)];
        RecordCipher cipher = pool.Rent();
        try
        {
            return cipher.Seal(new RecordHeader(VaultId, Epoch, stream, part, id, version), plaintext);
        }
        finally
        {
            pool.Return(cipher);
        }
    }

    /// <summary>
    /// Opens one part of a record. False if it is damaged, is another part, record or version, or belongs to a stream without such a part.
    /// </summary>
    public bool TryOpen(RecordStream stream, RecordPart part, Guid id, long version, scoped ReadOnlySpan<byte> record, out OpenedRecord plaintext)
    {
        using Use use = new(this);
        if (!_ciphers.TryGetValue((stream, part), out CipherPool? pool))
        {
            plaintext = default;
            return false;
        }
        RecordCipher cipher = pool.Rent();
        try
        {
            return cipher.TryOpen(new RecordHeader(VaultId, Epoch, stream, part, id, version), record, out plaintext);
        }
        finally
        {
            pool.Return(cipher);
        }
    }

    /// <summary>The index key of a name: HMAC-SHA-256 of the name in normalization form C and lower case, cut to 16 bytes.</summary>
    public byte[] NameKey(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Mac(_nameIndexKey, Encoding.UTF8.GetBytes(Fold(name)))[..NameKeyBytes];
    }

    /// <summary>HMAC-SHA-256 under the manifest key: the term that a live record adds to the sum of its stream.</summary>
    public byte[] ManifestTerm(ReadOnlySpan<byte> claim) => Mac(_manifestSumKey, claim);

    /// <summary>HMAC-SHA-256 of a vault's account row.</summary>
    public byte[] AccountRowMac(ReadOnlySpan<byte> row) => Mac(_accountRowKey, row);

    /// <summary>The id of the copy that a conflict makes of an entry: the same on every machine that meets the same conflict.</summary>
    public Guid ConflictCopyId(Guid entryId, ReadOnlySpan<byte> losingDigest) =>
        new(Mac(_conflictCopyKey, [.. entryId.ToByteArray(bigEndian: true), .. losingDigest]).AsSpan(..16), bigEndian: true);

    /// <summary>The key record of this account's keys.</summary>
    public KeyRecord CreateKeyRecord(int generation, string keyEnvelope)
    {
        var record = new KeyRecord(generation, KeyEnvelope.PackVersion, VaultId, Epoch, keyEnvelope, []);
        return record with { Mac = KeyRecordMac(record) };
    }

    /// <summary>Whether a key record was made under this Account Key, for this vault.</summary>
    public bool IsOurs(KeyRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.VaultId == VaultId && CryptographicOperations.FixedTimeEquals(record.Mac, KeyRecordMac(record));
    }

    /// <summary>Wraps the Account Key anew.</summary>
    public string WrapAccountKey(WrappingKey wrappingKey)
    {
        using Use use = new(this);
        return KeyEnvelope.Seal(EnvelopePurpose.AccountKey, wrappingKey, _accountKey.Span);
    }

    /// <summary>
    /// Keeps the wrapping key and takes ownership, so that a backup can be sealed for the Packing Key while the account is unlocked.
    /// </summary>
    internal void Keep(WrappingKey wrapping) => Interlocked.Exchange(ref _wrapping, wrapping)?.Dispose();

    /// <summary>
    /// Seals a backup's key for the Packing Key that unlocked the account; a backup must not contain the Account Key. Null if the account was not
    /// unlocked by a Packing Key, or <paramref name="keyEnvelope"/> shows that the Packing Key has been changed since.
    /// </summary>
    /// <param name="secret">The backup's key.</param>
    /// <param name="keyEnvelope">The account's present key envelope.</param>
    public string? WrapForPackingKey(SecretBytes secret, string keyEnvelope)
    {
        ArgumentNullException.ThrowIfNull(secret);
        using Use use = new(this);
        bool isCurrent = !KeyEnvelope.IsCurrent(keyEnvelope) || (_wrapping is not null && KeyEnvelope.IsOfSalt(keyEnvelope, _wrapping.Salt));
        return _wrapping is not null && isCurrent ? KeyEnvelope.Seal(EnvelopePurpose.BackupKey, _wrapping, secret.Span) : null;
    }

    /// <summary>Opens a key that <see cref="WrapForPackingKey"/> sealed. Null if it was sealed for another Packing Key.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultDamaged"/>: the envelope was altered.</exception>
    public SecretBytes? TryUnwrapForPackingKey(string envelope)
    {
        using Use use = new(this);
        return _wrapping is not null && KeyEnvelope.IsOfSalt(envelope, _wrapping.Salt)
            ? KeyEnvelope.Open(EnvelopePurpose.BackupKey, envelope, _wrapping)
            : null;
    }

    /// <summary>Allows no further use. The keys are zeroed now or, if uses are under way, when the last one ends.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            EndUse();
    }

    private void BeginUse()
    {
        int uses = Volatile.Read(ref _uses);
        while (Volatile.Read(ref _disposed) == 0 && uses > 0)
        {
            int seen = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
            if (seen == uses)
                return;
            uses = seen;
        }
        throw new PasspackException(ErrorCodes.VaultLocked, "The vault was locked. Unlock it and try again.");
    }

    private void EndUse()
    {
        if (Interlocked.Decrement(ref _uses) > 0)
            return;
        _accountKey.Dispose();
        _nameIndexKey.Dispose();
        _manifestSumKey.Dispose();
        _conflictCopyKey.Dispose();
        _accountRowKey.Dispose();
        _wrapping?.Dispose();
        foreach (CipherPool pool in _ciphers.Values)
            pool.Dispose();
    }

    internal static string Fold(string name) => ComposedText.Of(name).ToLowerInvariant();

    private byte[] KeyRecordMac(KeyRecord record)
    {
        using Use use = new(this);
        using SecretBytes key = KeyDerivation.Subkey(_accountKey, "passpack/7/key record");
        string fields = Invariant($"{record.Generation}\n{record.PackVersion}\n{record.VaultId:N}\n{record.Epoch}\n{record.KeyEnvelope}");
        return HMACSHA256.HashData(key.Span, Encoding.UTF8.GetBytes(fields));
    }

    private byte[] Mac(SecretBytes key, ReadOnlySpan<byte> message)
    {
        using Use use = new(this);
        return HMACSHA256.HashData(key.Span, message);
    }

    /// <summary>Keeps the keys from being zeroed for as long as it lives.</summary>
    private readonly ref struct Use
    {
        private readonly VaultKeys _keys;

        public Use(VaultKeys keys)
        {
            keys.BeginUse();
            _keys = keys;
        }

        public void Dispose() => _keys.EndUse();
    }

    /// <summary>AesGcm is not thread-safe and expensive to make, so every thread takes a free one.</summary>
    private sealed class CipherPool(SecretBytes key) : IDisposable
    {
        private readonly ConcurrentBag<RecordCipher> _free = [];

        public RecordCipher Rent() => _free.TryTake(out RecordCipher? cipher) ? cipher : new RecordCipher(key);

        public void Return(RecordCipher cipher) => _free.Add(cipher);

        public void Dispose()
        {
            key.Dispose();
            while (_free.TryTake(out RecordCipher? cipher))
                cipher.Dispose();
        }
    }
}
