using System.Security.Cryptography;
using Passpack.Packing.Records;
using Passpack.Protocol;
using static System.FormattableString;

namespace Passpack.Packing.Keys;

/// <summary>
/// The keys of one epoch, and what is derived from them: of an account its Account Key, of a shared vault its Vault Key. docs/pack-format.md, "Epochs" and
/// "The keys of a shared vault". Disposing zeroes all of them.
/// </summary>
internal sealed class EpochKeys : IDisposable
{
    private readonly SecretBytes? _accountKey;
    private readonly byte[] _salt;
    private readonly Lazy<Derived> _derived;

    /// <summary>Takes ownership of the Account Key. The other keys are derived when one is asked for: of most epochs nothing is.</summary>
    public EpochKeys(SecretBytes accountKey, Guid vaultId, int epoch)
    {
        _accountKey = accountKey;
        Epoch = epoch;
        _salt = vaultId.ToByteArray(bigEndian: true);
        _derived = new Lazy<Derived>(() =>
        {
            using SecretBytes vaultKey = OfAccountKey("vault key");
            return new Derived(purpose => KeyDerivation.Subkey(vaultKey, $"passpack/7/{purpose}"));
        });
    }

    /// <summary>Takes ownership of the Vault Key of a shared vault.</summary>
    public EpochKeys(SharedVaultKey vaultKey, Guid vaultId)
    {
        VaultKey = vaultKey;
        Epoch = vaultKey.Epoch.Number;
        _salt = [];
        _derived = new Lazy<Derived>(() => new Derived(purpose => vaultKey.Subkey(purpose, vaultId)));
    }

    public int Epoch { get; }

    /// <summary>The random Vault Key of a shared vault. Null of an account, whose own follows from its Account Key.</summary>
    public SharedVaultKey? VaultKey { get; }

    /// <exception cref="InvalidOperationException">They are a shared vault's: nothing that an Account Key is for is to be had of it.</exception>
    public SecretBytes AccountKey => _accountKey ?? throw new InvalidOperationException("A shared vault has no Account Key.");

    public byte[] NameIndexMac(ReadOnlySpan<byte> message) => HMACSHA256.HashData(_derived.Value.NameIndexKey.Span, message);

    public byte[] ConflictCopyMac(ReadOnlySpan<byte> message) => HMACSHA256.HashData(_derived.Value.ConflictCopyKey.Span, message);

    public byte[] AccountRowMac(ReadOnlySpan<byte> message) => HMACSHA256.HashData(_derived.Value.AccountRowKey.Span, message);

    /// <summary>The ciphers of one part. Null if the stream has no such part.</summary>
    public RecordCiphers? Find(RecordStream stream, RecordPart part) => _derived.Value.Ciphers.GetValueOrDefault((stream, part));

    /// <summary>A key that follows from the Account Key itself; the caller disposes it.</summary>
    public SecretBytes OfAccountKey(string purpose) => KeyDerivation.Subkey(AccountKey, Invariant($"passpack/7/{purpose}/{Epoch}"), _salt);

    public void Dispose()
    {
        _accountKey?.Dispose();
        VaultKey?.Dispose();
        if (_derived.IsValueCreated)
            _derived.Value.Dispose();
    }

    /// <summary>What follows from the Vault Key.</summary>
    private sealed class Derived(Func<string, SecretBytes> subkey) : IDisposable
    {
        public SecretBytes NameIndexKey { get; } = subkey("name index");

        public SecretBytes ConflictCopyKey { get; } = subkey("conflict copy");

        public SecretBytes AccountRowKey { get; } = subkey("account row");

        public Dictionary<(RecordStream, RecordPart), RecordCiphers> Ciphers { get; } = new()
        {
            [(RecordStream.Data, RecordPart.Summary)] = new(subkey("summary")),
            [(RecordStream.Data, RecordPart.Secret)] = new(subkey("secret")),
            [(RecordStream.Data, RecordPart.Tombstone)] = new(subkey("tombstone")),
            [(RecordStream.Tags, RecordPart.Whole)] = new(subkey("tags")),
            [(RecordStream.Favorite, RecordPart.Whole)] = new(subkey("favorites")),
            [(RecordStream.Attachment, RecordPart.Whole)] = new(subkey("attachment")),
            [(RecordStream.Attachment, RecordPart.Tombstone)] = new(subkey("tombstone")),
            [(RecordStream.Contact, RecordPart.Whole)] = new(subkey("contacts")),
            [(RecordStream.Contact, RecordPart.Tombstone)] = new(subkey("tombstone")),
            [(RecordStream.Invitation, RecordPart.Whole)] = new(subkey("invitations")),
            [(RecordStream.Invitation, RecordPart.Tombstone)] = new(subkey("tombstone")),
            [(RecordStream.SharedVault, RecordPart.Whole)] = new(subkey("shared vaults")),
            [(RecordStream.SharedVault, RecordPart.Tombstone)] = new(subkey("tombstone")),
            [(RecordStream.SharedVault, RecordPart.VaultKey)] = new(subkey("shared vault key")),
            [(RecordStream.None, RecordPart.Manifest)] = new(subkey("manifest")),
            [(RecordStream.None, RecordPart.DeviceToken)] = new(subkey("device token")),
            [(RecordStream.None, RecordPart.SyncRecord)] = new(subkey("sync record")),
        };

        public void Dispose()
        {
            NameIndexKey.Dispose();
            ConflictCopyKey.Dispose();
            AccountRowKey.Dispose();
            foreach (RecordCiphers ciphers in Ciphers.Values)
                ciphers.Dispose();
        }
    }
}
