using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>The keys of an online account whose server was restored from a backup that is older than them.</summary>
public static partial class OnlineKeys
{
    /// <summary>
    /// Replaces the server's older keys by this machine's. The Account Key is the same in both, so all records stay readable; only the Packing Key
    /// that wraps it differs. A server accepts a key record only with the next generation, so all lost generations are put there one after the other.
    /// </summary>
    /// <param name="signedIn">The login, whose answer has the server's key record.</param>
    /// <param name="login">The account, with the Packing Key that opens the local account.</param>
    /// <param name="local">Of the same vault, with keys of a later generation.</param>
    /// <param name="cancellationToken">Gives up; another attempt goes on at the server's generation.</param>
    /// <returns>The key record that is online now.</returns>
    internal static async Task<KeyRecord> PutBackAsync(SignedIn signedIn, AccountLogin login, AccountRow local, CancellationToken cancellationToken)
    {
        OnlineClient client = signedIn.Client;
        KeyRecord served = signedIn.Answer.Keys;
        (VaultKeys keys, string envelope) = PackingKeys.Open(local, login.PackingKey, login.Folder);
        using VaultKeys _ = keys;
        SyncErrors.RequireKnown(served.PackVersion);
        if (!keys.IsOurs(served))
            throw SyncErrors.NotTrusted(client.Server, "its key record was not made with this account's keys");
        if (PackConversion.IsConvertible(local.PackVersion))
            envelope = PackingKeys.Wrap(keys, login.PackingKey);
        KeyRecord record = served;
        while (record.Generation < local.KeyGeneration)
        {
            record = keys.CreateKeyRecord(record.Generation + 1, envelope);
            byte[] request = JsonSerializer.SerializeToUtf8Bytes(new ReplaceKeysRequest(record, signedIn.Proof.Span.ToArray()),
                ProtocolJson.Default.ReplaceKeysRequest);
            await client.SendAsync(HttpMethod.Put, Routes.KeyRecord, request, cancellationToken).ConfigureAwait(false);
        }
        return record;
    }
}
