using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;

namespace Passpack.Sync.Accounts;

/// <summary>The keys of an online account, as a key record holds them.</summary>
public static partial class OnlineKeys
{
    /// <summary>Opens the keys of the online account; refuses those of another user. The caller disposes them.</summary>
    internal static VaultKeys Open(OnlineClient client, KeyRecord record, SecretBytes packingKey)
    {
        SyncErrors.RequireKnown(record.PackVersion);
        SecretBytes accountKey;
        WrappingKey wrapping;
        try
        {
            accountKey = KeyEnvelope.Open(EnvelopePurpose.AccountKey, record.KeyEnvelope, packingKey, out wrapping);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            throw new PasspackException(e.ErrorId,
                $"The Packing Key does not fit the online account on {client.Server}. Packing Keys are case-sensitive, and spaces count. " +
                "Nothing was changed.", e);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            throw SyncErrors.NotTrusted(client.Server, "the online keys are damaged", e);
        }
        if (accountKey.Length != KeyDerivation.KeyBytes || record.Epoch < 1)
        {
            accountKey.Dispose();
            wrapping.Dispose();
            throw SyncErrors.NotTrusted(client.Server, "the online keys are not an account's");
        }
        var keys = new VaultKeys(accountKey, record.VaultId, record.Epoch);
        keys.Keep(wrapping);
        if (keys.IsOurs(record))
            return keys;
        keys.Dispose();
        throw SyncErrors.NotTrusted(client.Server, "its key record was not made with this account's keys");
    }
}
