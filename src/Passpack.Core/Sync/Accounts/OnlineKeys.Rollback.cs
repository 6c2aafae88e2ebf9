using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
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
    /// <param name="client">Authenticated.</param>
    /// <param name="folder">Of the local account.</param>
    /// <param name="local">Of the same vault, with keys of a later generation.</param>
    /// <param name="packingKey">What opens the local account, in UTF-8.</param>
    /// <param name="served">As the server has it.</param>
    /// <param name="proof">Of the Password.</param>
    /// <param name="cancellationToken">Gives up; another attempt goes on at the server's generation.</param>
    /// <returns>The key record that is online now.</returns>
    internal static async Task<KeyRecord> PutBackAsync(
        OnlineClient client, AccountFolder folder, AccountRow local, SecretBytes packingKey, KeyRecord served, SecretBytes proof, CancellationToken cancellationToken)
    {
        (VaultKeys keys, string envelope) = PackingKeys.Open(local, packingKey, folder);
        using VaultKeys _ = keys;
        SyncErrors.RequireKnown(served.PackVersion);
        if (!keys.IsOurs(served))
            throw SyncErrors.NotTrusted(client.Server, "its key record was not made with this account's keys");
        if (PackConversion.IsConvertible(local.PackVersion))
            envelope = PackingKeys.Wrap(keys, packingKey);
        KeyRecord record = served;
        while (record.Generation < local.KeyGeneration)
        {
            record = keys.CreateKeyRecord(record.Generation + 1, envelope);
            byte[] request = JsonSerializer.SerializeToUtf8Bytes(new ReplaceKeysRequest(record, proof.Span.ToArray()), ProtocolJson.Default.ReplaceKeysRequest);
            await client.SendAsync(HttpMethod.Put, Routes.KeyRecord, request, cancellationToken).ConfigureAwait(false);
        }
        return record;
    }
}
