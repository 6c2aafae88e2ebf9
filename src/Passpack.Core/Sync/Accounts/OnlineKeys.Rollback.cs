using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
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
    internal static async Task<ServedKeys> PutBackAsync(SignedIn signedIn, AccountLogin login, AccountRow local, CancellationToken cancellationToken)
    {
        OnlineClient client = signedIn.Client;
        ServedKeys served = signedIn.Served;
        (VaultKeys keys, string envelope) = PackingKeys.Open(local, login.PackingKey, login.Folder);
        using VaultKeys _ = keys;
        if (!keys.IsOurs(served.Record, served.Content))
            throw SyncErrors.NotTrusted(client.Server, "its key record was not made with this account's keys");
        if (PackConversion.IsConvertible(local.PackVersion))
            envelope = PackingKeys.Wrap(keys, login.PackingKey);
        StoredKeyRecord record = served.Stored;
        using (VaultKeys then = keys.At(served.Content.Epoch))
            (await signedIn.WakeAsync(then, served.Content.Identity, cancellationToken).ConfigureAwait(false)).Dispose();
        if (record.Content.Epoch < local.Epoch)
            record = await RepeatReplacementsAsync(signedIn, keys, envelope, login.PackingKey, cancellationToken).ConfigureAwait(false);
        while (record.Content.Generation < local.KeyGeneration)
        {
            record = Record(keys, record.Content.Generation + 1, envelope, served.Content.Identity.UserId);
            byte[] request = JsonSerializer.SerializeToUtf8Bytes(
                new ReplaceKeysRequest(record.Record, signedIn.Proof.Span.ToArray(), SecondFactor: signedIn.SecondFactor),
                ProtocolJson.Default.ReplaceKeysRequest);
            await client.SendAsync(HttpMethod.Put, Routes.KeyRecord, request, cancellationToken).ConfigureAwait(false);
        }
        return served with { Record = record.Record, Content = record.Content };
    }

    /// <summary>
    /// Repeats the replacements that the server lost, one epoch at a time, each with its first manifest over the records that the server has.
    /// </summary>
    private static async Task<StoredKeyRecord> RepeatReplacementsAsync(
        SignedIn signedIn, VaultKeys keys, string envelope, SecretBytes packingKey, CancellationToken cancellationToken)
    {
        OnlineClient client = signedIn.Client;
        KeyRecordContent served = signedIn.Served.Content;
        string userId = served.Identity.UserId;
        var present = new Owned(keys.At(served.Epoch));
        StoredKeyRecord record = signedIn.Served.Stored;
        try
        {
            (ManifestName head, Manifest newest) = await ReadHeadAsync(client, present.Keys, served.Identity, cancellationToken).ConfigureAwait(false);
            for (int epoch = served.Epoch + 1; epoch <= keys.Epoch; epoch++)
            {
                var next = new Owned(keys.At(epoch));
                using Owned before = present;
                present = next;
                StoredKeyRecord following = Record(next.Keys, record.Content.Generation + 1,
                    epoch == keys.Epoch ? envelope : PackingKeys.Wrap(next.Keys, packingKey), userId);
                using SecretBytes token = SecretBytes.Random(SealedToken.TokenBytes);
                Manifest first = newest with
                {
                    Generation = head.Generation + 1,
                    Revision = newest.Revision + 1,
                    Previous = head.Hash,
                    Device = signedIn.Device.Id,
                    Counter = epoch - served.Epoch,
                    Left = null,
                    Successor = true,
                };
                Replacement replacement = Succeed(
                    before.Keys, record.Content.Identity, next.Keys, following, head, first, System.Security.Cryptography.SHA256.HashData(token.Span));
                byte[] request = JsonSerializer.SerializeToUtf8Bytes(
                    new ReplaceKeysRequest(following.Record, signedIn.Proof.Span.ToArray(), replacement.Request, signedIn.SecondFactor),
                    ProtocolJson.Default.ReplaceKeysRequest);
                await client.SendAsync(HttpMethod.Put, Routes.KeyRecord, request, cancellationToken).ConfigureAwait(false);
                client.Authenticate(token.Span);
                (record, newest, head) = (following, first, new ManifestName(replacement.Position.Generation, replacement.Position.Hash));
            }
            return record;
        }
        finally
        {
            present.Dispose();
        }
    }

    private static async Task<(ManifestName Name, Manifest Manifest)> ReadHeadAsync(
        OnlineClient client, VaultKeys keys, AccountIdentity identity, CancellationToken cancellationToken)
    {
        ManifestName name = (await ServedKeys.ReadAsync(client, cancellationToken).ConfigureAwait(false)).Head;
        return await ReadManifestAsync(client, keys.VaultId, name.Generation, cancellationToken).ConfigureAwait(false) is { } link
            && ManifestName.Of(link).IsSame(name) && Manifest.Open(keys, identity, link) is { } manifest
            ? (name, manifest)
            : throw SyncErrors.NotTrusted(client.Server, "its newest manifest is not one of this account");
    }
}
