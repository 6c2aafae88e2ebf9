using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Packing.Keys;

/// <summary>
/// The keys of an unlocked vault: of an account's own the Account Keys of all epochs up to the present one, of a shared one the Vault Keys of the epochs that
/// its log names; and what follows from them. Thread-safe. Disposing zeroes all of them; every later use throws <see cref="ErrorCodes.VaultLocked"/>.
/// </summary>
public sealed partial class VaultKeys : IDisposable
{
    /// <summary>Bytes of a key in the index of names.</summary>
    public const int NameKeyBytes = 16;

    // By number. Of an account from 1 on; of a shared vault they need not be consecutive, and others come while it is unlocked.
    private volatile ImmutableSortedDictionary<int, EpochKeys> _epochs = ImmutableSortedDictionary<int, EpochKeys>.Empty;
    private volatile EpochKeys _present;
    private WrappingKey? _wrapping;

    private int _disposed;

    // One for this object until it is disposed, and one for every use under way; whoever releases the last one zeroes the keys. So no thread seals a
    // record under a key of zeros while another thread locks the account.
    private int _uses = 1;

    /// <summary>Derives the keys.</summary>
    /// <param name="accountKey">32 bytes, of the epoch. This object takes ownership and zeroes them.</param>
    /// <param name="vaultId">The vault.</param>
    /// <param name="epoch">The present epoch, from 1.</param>
    /// <param name="earlierKeys">The sealed Account Keys of the epochs before it, from 1 on.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.VaultDamaged"/>: the envelope's content is not an Account Key, or an earlier one does not open.
    /// </exception>
    public VaultKeys(SecretBytes accountKey, Guid vaultId, int epoch, IReadOnlyList<byte[]>? earlierKeys = null)
    {
        ArgumentNullException.ThrowIfNull(accountKey);
        EarlierKeys = earlierKeys ?? [];
        if (accountKey.Length != KeyDerivation.KeyBytes || epoch < 1 || epoch > KeyRecordContent.LastEpoch || EarlierKeys.Count != epoch - 1)
        {
            accountKey.Dispose();
            throw new PasspackException(ErrorCodes.VaultDamaged, "The key envelope holds something else than an Account Key.");
        }
        VaultId = vaultId;
        _present = new EpochKeys(accountKey, vaultId, epoch);
        _epochs = _epochs.Add(epoch, _present);
        try
        {
            OpenEarlier();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The vault whose keys these are.</summary>
    public Guid VaultId { get; }

    /// <summary>The present epoch: the number of the key under which everything new is sealed.</summary>
    public int Epoch => _present.Epoch;

    /// <summary>The Account Keys of the epochs before the present one, from 1 on, each sealed under a key of the next.</summary>
    public IReadOnlyList<byte[]> EarlierKeys { get; }

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
        EpochKeys present = _present;
        RecordCiphers ciphers = present.Find(stream, part) ?? throw new ArgumentOutOfRangeException(nameof(part));
        return ciphers.Seal(new RecordHeader(VaultId, present.Epoch, stream, part, id, version), plaintext);
    }

    /// <summary>
    /// Opens one part of a record, under the epoch that its header names. False if it is damaged, is another part, record or version, belongs to a stream
    /// without such a part, or is of an epoch whose key is not there.
    /// </summary>
    public bool TryOpen(RecordStream stream, RecordPart part, Guid id, long version, scoped ReadOnlySpan<byte> record, out OpenedRecord plaintext)
    {
        using Use use = new(this);
        if (RecordHeader.TryRead(record, out RecordHeader header) && Find(header.Epoch)?.Find(stream, part) is { } ciphers)
            return ciphers.TryOpen(new RecordHeader(VaultId, header.Epoch, stream, part, id, version), record, out plaintext);
        plaintext = default;
        return false;
    }

    /// <summary>The index key of a name: HMAC-SHA-256 of the name in normalization form C and lower case, cut to 16 bytes.</summary>
    public byte[] NameKey(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using Use use = new(this);
        return _present.NameIndexMac(Encoding.UTF8.GetBytes(Fold(name)))[..NameKeyBytes];
    }

    /// <summary>HMAC-SHA-256 of a vault's account row.</summary>
    public byte[] AccountRowMac(ReadOnlySpan<byte> row)
    {
        using Use use = new(this);
        return _rowKey is null ? _present.AccountRowMac(row) : HMACSHA256.HashData(_rowKey.Span, row);
    }

    /// <summary>
    /// The id of the copy that a conflict makes of an entry: the same on every machine that meets the same conflict, whatever its present epoch.
    /// </summary>
    public Guid ConflictCopyId(Guid entryId, ReadOnlySpan<byte> losingDigest)
    {
        using Use use = new(this);
        return new Guid(_epochs.Values.First().ConflictCopyMac([.. entryId.ToByteArray(bigEndian: true), .. losingDigest]).AsSpan(..16), bigEndian: true);
    }

    /// <summary>Wraps the Account Key anew.</summary>
    public string WrapAccountKey(WrappingKey wrappingKey)
    {
        using Use use = new(this);
        return KeyEnvelope.Seal(EnvelopePurpose.AccountKey, wrappingKey, _present.AccountKey.Span);
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
        _wrapping?.Dispose();
        _rowKey?.Dispose();
        foreach (EpochKeys epoch in _epochs.Values)
            epoch.Dispose();
    }

    internal static string Fold(string name) => ComposedText.Of(name).ToLowerInvariant();

    private EpochKeys? Find(int epoch) => _epochs.GetValueOrDefault(epoch);

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
}
