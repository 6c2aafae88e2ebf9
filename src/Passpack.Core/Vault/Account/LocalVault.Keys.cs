using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Account;

/// <summary>Another Packing Key, or other keys, for an account that is offline.</summary>
public sealed partial class LocalVault
{
    /// <summary>Converts the vault to the current pack version, if it is of an earlier one and was unlocked by its Packing Key.</summary>
    /// <param name="connection">Of the vault, without a transaction.</param>
    /// <returns>What was done, in a sentence. Null if there was nothing to do.</returns>
    internal string? Convert(VaultConnection connection) => PackConversion.Convert(Folder, connection, _keys, OpenedEnvelope, ConvertedEnvelope, Clock);

    /// <summary>Changes the Packing Key of an offline account: its Account Key is wrapped anew, in one transaction. It may be locked.</summary>
    /// <exception cref="ArgumentException">The new Packing Key is the old one.</exception>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyTooWeak"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.PackMisaligned"/>;
    /// <see cref="ErrorCodes.VaultInUse"/>: another process connected it, or changed its Packing Key, just now. Nothing was changed.
    /// </exception>
    public static void ChangePackingKey(DataFolder folder, string userId, SecretBytes packingKey, SecretBytes newPackingKey, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(packingKey);
        PackingKeys.Check(newPackingKey);
        PackingKeys.CheckNew(packingKey, newPackingKey, "Packing Key");
        using LocalVault vault = Unlock(folder, userId, packingKey, clock);
        using VaultUse use = vault.Use();
        PackConversion.RequireAligned(AccountRow.Load(use.Connection, use.Keys));
        string envelope = PackingKeys.Wrap(use.Keys, newPackingKey);
        bool converted = vault.Convert(use.Connection) is not null;
        use.Connection.BeginImmediate();
        AccountRow account = AccountRow.Load(use.Connection, use.Keys);
        // During an interrupted change there are two envelopes; the Packing Key may have opened either.
        string expected = converted ? vault.ConvertedEnvelope! : vault.OpenedEnvelope!;
        if (account.Server is not null || (account.KeyEnvelope != expected && account.NextKeyRecord?.Content.KeyEnvelope != expected))
            throw VaultErrors.InUse(vault.Path);
        (account with { KeyEnvelope = envelope, NextKeyRecord = null, NextToken = null, PackVersion = KeyEnvelope.PackVersion }).Save(use.Connection, use.Keys);
        use.Connection.Commit();
    }

    /// <summary>
    /// Goes over to the keys of a later epoch, which this object owns from now on. Who still uses the earlier ones is told that the vault was locked.
    /// </summary>
    /// <param name="keys">Of the row that was saved.</param>
    /// <param name="envelope">The one that holds them.</param>
    internal void Adopt(VaultKeys keys, string envelope)
    {
        VaultKeys before;
        lock (_gate)
        {
            before = _keys;
            _keys = keys;
            OpenedEnvelope = envelope;
            ConvertedEnvelope = null;
        }
        before.Dispose();
    }

    /// <summary>Replaces the keys of an offline account: a new Account Key, in one transaction, after a sealed copy. It stays unlocked.</summary>
    /// <param name="newPackingKey">In UTF-8. A new one, because whoever has the vault and the Packing Key before would open the new envelope, too.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.KeyTooWeak"/>, <see cref="ErrorCodes.PackMisaligned"/>; <see cref="ErrorCodes.NotConnected"/>: its online account has
    /// the keys, too;
    /// <see cref="ErrorCodes.VaultInUse"/>. Nothing was changed.
    /// </exception>
    internal void ReplaceKeysOffline(SecretBytes newPackingKey)
    {
        PackingKeys.Check(newPackingKey);
        using VaultUse use = Use();
        Convert(use.Connection);
        AccountRow before = AccountRow.Load(use.Connection, use.Keys);
        PackConversion.RequireAligned(before);
        RequireReplaceable(before);
        VaultCopies.CopySealed(Folder, "before-new-keys", Clock);
        VaultKeys keys = use.Keys.Next(SecretBytes.Random(KeyDerivation.KeyBytes));
        try
        {
            string envelope = PackingKeys.Wrap(keys, newPackingKey);
            use.Connection.BeginImmediate();
            AccountRow account = AccountRow.Load(use.Connection, use.Keys);
            if (account.Server is not null || account.KeyEnvelope != before.KeyEnvelope)
                throw VaultErrors.InUse(Path);
            EpochChange.Apply(use.Connection, keys, account with
            {
                Epoch = keys.Epoch,
                EarlierKeys = keys.EarlierKeys,
                PackVersion = KeyEnvelope.PackVersion,
                KeyEnvelope = envelope,
                NextKeyRecord = null,
                NextToken = null,
            });
            Failpoints.Hit("new keys in the transaction");
            use.Connection.Commit();
            Adopt(keys, envelope);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>Refuses an account whose keys cannot be replaced once more, or not without its server.</summary>
    internal static void RequireReplaceable(AccountRow account)
    {
        if (account.Epoch >= KeyRecordContent.LastEpoch)
        {
            throw new PasspackException(ErrorCodes.ReadOnly,
                $"The keys of {account.UserId} were replaced {KeyRecordContent.LastEpoch - 1} times, which is as often as an account takes. " +
                "Export its entries into " +
                "a new account.") { Target = account.UserId };
        }
        if (account is { Server: null, KeyGeneration: > 0 })
        {
            throw new PasspackException(ErrorCodes.NotConnected,
                $"The local account {account.UserId} was disconnected from its online account, which has its keys, too. " +
                "Connect it with Connect-PasspackAccount, " +
                "and replace the keys of both. Nothing was changed.") { Target = account.UserId };
        }
    }
}
