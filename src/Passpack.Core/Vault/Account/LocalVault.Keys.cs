using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Vault.Account;

/// <summary>Another Packing Key for an account that is offline.</summary>
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
        if (account.Server is not null || (account.KeyEnvelope != expected && account.NextKeyEnvelope != expected))
            throw VaultErrors.InUse(vault.Path);
        (account with { KeyEnvelope = envelope, NextKeyEnvelope = null, PackVersion = KeyEnvelope.PackVersion }).Save(use.Connection, use.Keys);
        use.Connection.Commit();
    }
}
