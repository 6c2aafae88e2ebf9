using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Protocol;
using static System.FormattableString;

namespace Passpack.Packing.Keys;

/// <summary>The keys of one epoch: its Account Key, and what is derived from it. docs/pack-format.md, "Epochs". Disposing zeroes all of them.</summary>
internal sealed class EpochKeys : IDisposable
{
    private readonly byte[] _salt;
    private readonly Lazy<Derived> _derived;

    /// <summary>Takes ownership of the Account Key. The other keys are derived when one is asked for: of most epochs nothing is.</summary>
    public EpochKeys(SecretBytes accountKey, Guid vaultId, int epoch)
    {
        AccountKey = accountKey;
        Epoch = epoch;
        _salt = vaultId.ToByteArray(bigEndian: true);
        _derived = new Lazy<Derived>(() =>
        {
            using SecretBytes vaultKey = OfAccountKey("vault key");
            return new Derived(vaultKey);
        });
    }

    public int Epoch { get; }

    public SecretBytes AccountKey { get; }

    public byte[] NameIndexMac(ReadOnlySpan<byte> message) => HMACSHA256.HashData(_derived.Value.NameIndexKey.Span, message);

    public byte[] ConflictCopyMac(ReadOnlySpan<byte> message) => HMACSHA256.HashData(_derived.Value.ConflictCopyKey.Span, message);

    public byte[] AccountRowMac(ReadOnlySpan<byte> message) => HMACSHA256.HashData(_derived.Value.AccountRowKey.Span, message);

    /// <summary>The ciphers of one part. Null if the stream has no such part.</summary>
    public RecordCiphers? Find(RecordStream stream, RecordPart part) => _derived.Value.Ciphers.GetValueOrDefault((stream, part));

    /// <summary>A key that follows from the Account Key itself; the caller disposes it.</summary>
    public SecretBytes OfAccountKey(string purpose) => KeyDerivation.Subkey(AccountKey, Invariant($"passpack/7/{purpose}/{Epoch}"), _salt);

    public void Dispose()
    {
        AccountKey.Dispose();
        if (_derived.IsValueCreated)
            _derived.Value.Dispose();
    }

    /// <summary>What follows from the Vault Key.</summary>
    private sealed class Derived(SecretBytes vaultKey) : IDisposable
    {
        public SecretBytes NameIndexKey { get; } = Subkey(vaultKey, "name index");

        public SecretBytes ConflictCopyKey { get; } = Subkey(vaultKey, "conflict copy");

        public SecretBytes AccountRowKey { get; } = Subkey(vaultKey, "account row");

        public Dictionary<(RecordStream, RecordPart), RecordCiphers> Ciphers { get; } = new()
        {
            [(RecordStream.Data, RecordPart.Summary)] = new(Subkey(vaultKey, "summary")),
            [(RecordStream.Data, RecordPart.Secret)] = new(Subkey(vaultKey, "secret")),
            [(RecordStream.Data, RecordPart.Tombstone)] = new(Subkey(vaultKey, "tombstone")),
            [(RecordStream.Tags, RecordPart.Whole)] = new(Subkey(vaultKey, "tags")),
            [(RecordStream.Favorite, RecordPart.Whole)] = new(Subkey(vaultKey, "favorites")),
            [(RecordStream.Attachment, RecordPart.Whole)] = new(Subkey(vaultKey, "attachment")),
            [(RecordStream.Attachment, RecordPart.Tombstone)] = new(Subkey(vaultKey, "tombstone")),
            [(RecordStream.Contact, RecordPart.Whole)] = new(Subkey(vaultKey, "contacts")),
            [(RecordStream.Contact, RecordPart.Tombstone)] = new(Subkey(vaultKey, "tombstone")),
            [(RecordStream.Invitation, RecordPart.Whole)] = new(Subkey(vaultKey, "invitations")),
            [(RecordStream.Invitation, RecordPart.Tombstone)] = new(Subkey(vaultKey, "tombstone")),
            [(RecordStream.SharedVault, RecordPart.Whole)] = new(Subkey(vaultKey, "shared vaults")),
            [(RecordStream.SharedVault, RecordPart.Tombstone)] = new(Subkey(vaultKey, "tombstone")),
            [(RecordStream.SharedVault, RecordPart.VaultKey)] = new(Subkey(vaultKey, "shared vault key")),
            [(RecordStream.None, RecordPart.Manifest)] = new(Subkey(vaultKey, "manifest")),
            [(RecordStream.None, RecordPart.DeviceToken)] = new(Subkey(vaultKey, "device token")),
            [(RecordStream.None, RecordPart.SyncRecord)] = new(Subkey(vaultKey, "sync record")),
        };

        public void Dispose()
        {
            NameIndexKey.Dispose();
            ConflictCopyKey.Dispose();
            AccountRowKey.Dispose();
            foreach (RecordCiphers ciphers in Ciphers.Values)
                ciphers.Dispose();
        }

        private static SecretBytes Subkey(SecretBytes key, string purpose) => KeyDerivation.Subkey(key, $"passpack/7/{purpose}");
    }
}
