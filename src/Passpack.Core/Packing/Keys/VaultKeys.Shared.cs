using Passpack.Packing.Records;

namespace Passpack.Packing.Keys;

/// <summary>The keys of a shared vault: random, one an epoch, each of them held to what the vault's log commits to. docs/pack-format.md.</summary>
public sealed partial class VaultKeys
{
    private readonly object _adding = new();
    private readonly SecretBytes? _rowKey;

    private VaultKeys(SharedVaultKey key, Guid vaultId, SecretBytes rowKey)
    {
        VaultId = vaultId;
        EarlierKeys = [];
        _rowKey = rowKey;
        _present = new EpochKeys(key, vaultId);
        _epochs = _epochs.Add(_present.Epoch, _present);
    }

    /// <summary>Whether they are a shared vault's: then there is no Account Key, no identity and no key record.</summary>
    public bool IsShared => _rowKey is not null;

    /// <summary>The keys of a shared vault, as one of its accounts has them. Takes ownership of the key.</summary>
    /// <param name="vaultId">The shared vault's.</param>
    /// <param name="key">Of the present epoch; it was held to the log's commitment.</param>
    /// <param name="account">The account's own: whoever else is a member cannot authenticate what this account's machines keep of the vault.</param>
    public static VaultKeys OfShared(Guid vaultId, SharedVaultKey key, VaultKeys account)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(account);
        using Use use = new(account);
        // Of epoch 1, which every later Account Key leads to: new keys of the account leave the files of its shared vaults as they are.
        return new VaultKeys(key, vaultId, account._epochs[1].OfAccountKey("shared vault row"));
    }

    /// <summary>Adds the key of another epoch, and takes ownership. What is sealed goes on to be of the present epoch.</summary>
    /// <param name="key">It was held to the log's commitment.</param>
    public void Add(SharedVaultKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        using Use use = new(this);
        lock (_adding)
        {
            if (!IsShared || _epochs.ContainsKey(key.Epoch.Number))
                key.Dispose();
            else
                _epochs = _epochs.Add(key.Epoch.Number, new EpochKeys(key, VaultId));
        }
    }

    /// <summary>Whether the key of an epoch is there.</summary>
    public bool Has(int epoch) => _epochs.ContainsKey(epoch);

    /// <summary>Makes another epoch, whose key is there, the present one.</summary>
    /// <exception cref="InvalidOperationException">They are an account's, whose present epoch is the newest that its Account Key opens.</exception>
    public void GoTo(int epoch)
    {
        if (!IsShared)
            throw new InvalidOperationException("The present epoch of an account does not change under its keys.");
        using Use use = new(this);
        _present = _epochs[epoch];
    }

    /// <summary>The Vault Key of an epoch of a shared vault, to wrap it for a member or to chain it; the caller disposes it.</summary>
    public SharedVaultKey CopyOf(int epoch)
    {
        using Use use = new(this);
        return _epochs[epoch].VaultKey?.Copy() ?? throw new InvalidOperationException("An account has no Vault Key of its own.");
    }

    /// <summary>Unwraps the key of a shared vault that was wrapped for this account, under whichever of its identities.</summary>
    /// <param name="wrapped">As it was served.</param>
    /// <param name="epoch">Of which epoch it has to be, as the log says.</param>
    /// <param name="vaultId">The shared vault's.</param>
    /// <param name="userId">As the account was registered.</param>
    /// <returns>Null if it was wrapped for somebody else, or is not the key that the log commits to.</returns>
    public SharedVaultKey? TryUnwrap(ReadOnlySpan<byte> wrapped, SharedEpoch epoch, Guid vaultId, string userId)
    {
        using Use use = new(this);
        foreach (EpochKeys keys in _epochs.Values.Reverse())
        {
            using SecretBytes seed = keys.OfAccountKey("identity receiving");
            if (SharedVaultKey.TryUnwrap(wrapped, epoch, vaultId, Identity(keys.Epoch, userId), seed) is { } opened)
                return opened;
        }
        return null;
    }
}
