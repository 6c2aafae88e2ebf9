using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;

namespace Passpack.Sync.Accounts;

/// <summary>The keys of an online account, as a key record holds them.</summary>
public static partial class OnlineKeys
{
    /// <summary>Opens the keys of the online account; refuses those of another user. The caller disposes them.</summary>
    /// <param name="client">To the server.</param>
    /// <param name="served">What it serves.</param>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="userId">Whose account it has to be, as the user wrote it.</param>
    internal static VaultKeys Open(OnlineClient client, ServedKeys served, SecretBytes packingKey, string userId)
    {
        try
        {
            return Open(client, served, userId, (string envelope, out WrappingKey wrapping) =>
                KeyEnvelope.Open(EnvelopePurpose.AccountKey, envelope, packingKey, out wrapping));
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            throw new PasspackException(e.ErrorId,
                $"The Packing Key does not fit the online account on {client.Server}. Packing Keys are case-sensitive, and spaces count. " +
                "Nothing was changed.", e);
        }
    }

    /// <summary>Opens a key envelope.</summary>
    private delegate SecretBytes Opening(string envelope, out WrappingKey wrapping);

    /// <summary>The same by what was derived from the Packing Key for the served envelope.</summary>
    /// <param name="client">To the server.</param>
    /// <param name="served">What it serves.</param>
    /// <param name="derived">Copied.</param>
    /// <param name="userId">Whose account it has to be.</param>
    internal static VaultKeys OpenDerived(OnlineClient client, ServedKeys served, SecretBytes derived, string userId) => Open(client, served, userId,
        (string envelope, out WrappingKey wrapping) => KeyEnvelope.OpenDerived(envelope, SecretBytes.CopyOf(derived.Span), out wrapping));

    private static VaultKeys Open(OnlineClient client, ServedKeys served, string userId, Opening open)
    {
        KeyRecordContent content = served.Content;
        SecretBytes accountKey;
        WrappingKey wrapping;
        try
        {
            accountKey = open(content.KeyEnvelope, out wrapping);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            throw SyncErrors.NotTrusted(client.Server, "the online keys are damaged", e);
        }
        VaultKeys keys;
        try
        {
            keys = new VaultKeys(accountKey, content.VaultId, content.Epoch, content.EarlierKeys);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            wrapping.Dispose();
            throw SyncErrors.NotTrusted(client.Server, "the online keys are not an account's", e);
        }
        keys.Keep(wrapping);
        if (keys.IsOurs(served.Record, content) && IsOf(content, userId))
            return keys;
        keys.Dispose();
        throw SyncErrors.NotTrusted(client.Server, "its key record was not made with this account's keys");
    }

    // Otherwise two accounts of one Packing Key could be swapped.
    private static bool IsOf(KeyRecordContent content, string userId) => UserIds.Normalize(content.Identity.UserId) == UserIds.Normalize(userId);
}
