using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>Removes an online account.</summary>
public static class AccountRemoval
{
    /// <summary>
    /// Deletes the online account for good, with everything in it. This machine's local account, if it is the online one's, first pulls new online
    /// entries, and then stays as an offline account with all its entries; a sealed copy of it is made before. Other machines keep their entries, and
    /// learn that their tokens are revoked.
    /// </summary>
    /// <param name="login">The account. Its Packing Key opens the account's keys on this machine, which proves that the right account is meant.</param>
    /// <param name="skipPull">Removes the account even if its new records cannot be pulled, because the server fails or cannot be trusted.</param>
    /// <param name="cancellationToken">Gives up before the account is removed.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PasswordRejected"/>: also when it is gone already, by an attempt whose answer was lost; then <see
    /// cref="Disconnecting.DisconnectAsync"/> leaves the local account offline. <see cref="ErrorCodes.PackingKeyMismatch"/>, and errors of server and disk.
    /// </exception>
    public static async Task RemoveAsync(AccountLogin login, bool skipPull = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(login);
        ServerAddress.Require(login.Server?.Address);
        AccountRow? local = AccountLink.Read(login.Folder);
        SignedIn signedIn = await SignedIn.StartAsync(
            login.Server!.KnownTo(local), login.UserId, login.Password, local?.LoginKdf, Devices.New(null), cancellationToken).ConfigureAwait(false);
        await using var ending = signedIn.ConfigureAwait(false);
        VaultKeys keys = signedIn.OpenKeys(login.PackingKey);
        // Recognised by its keys, not by its address: the server may have moved, or this machine may be disconnected. A local account that was
        // never online needs no pull.
        if (local is { KeyGeneration: > 0 } && local.VaultId == keys.VaultId)
        {
            using LocalVault vault = Open(login.Folder, local, keys);
            CatchUp(signedIn.Client, vault, signedIn.Answer.Keys);
            await RemoveAsync(signedIn.Client, vault, signedIn.Proof, skipPull, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            keys.Dispose();
            await RemoveOnlineAsync(signedIn.Client, signedIn.Proof, cancellationToken).ConfigureAwait(false);
        }
        signedIn.Keep();
    }

    /// <summary>Takes over a Packing Key that was changed online, so that the user need not connect again before.</summary>
    private static void CatchUp(OnlineClient client, LocalVault vault, KeyRecord record)
    {
        using VaultUse use = vault.Use();
        AccountRow local = AccountRow.Load(use.Connection, use.Keys);
        SyncErrors.RequireNotOlder(client.Server, local, record);
        if (record.Generation > local.KeyGeneration)
        {
            (local with { KeyEnvelope = record.KeyEnvelope, KeyGeneration = record.Generation, PackVersion = record.PackVersion })
                .SaveKeys(use.Connection, use.Keys);
        }
    }

    /// <summary>Removes the online account of an unlocked vault, through an authenticated client that is not the vault's own device.</summary>
    internal static async Task RemoveAsync(OnlineClient client, LocalVault vault, SecretBytes proof, bool skipPull, CancellationToken cancellationToken)
    {
        using SyncRun run = await SyncRun.StartAsync(
            vault, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, null, cancellationToken, client).ConfigureAwait(false);
        if (!skipPull)
        {
            await Disconnecting.FinishPushAsync(run, cancellationToken).ConfigureAwait(false);
            await VaultSync.PullAsync(run, cancellationToken).ConfigureAwait(false);
        }
        VaultCopies.CopySealed(vault.Folder, "before-removal");
        await RemoveOnlineAsync(client, proof, cancellationToken).ConfigureAwait(false);
        run.InTransaction(() => run.Account = VaultDetach.MakeOffline(run.Connection, run.Keys, run.Now));
    }

    private static async Task RemoveOnlineAsync(OnlineClient client, SecretBytes proof, CancellationToken cancellationToken)
    {
        byte[] request = JsonSerializer.SerializeToUtf8Bytes(new RemoveAccountRequest(proof.Span.ToArray()), ProtocolJson.Default.RemoveAccountRequest);
        await client.SendAsync(HttpMethod.Post, Routes.AccountRemoval, request, cancellationToken).ConfigureAwait(false);
    }

    private static LocalVault Open(AccountFolder folder, AccountRow account, VaultKeys keys)
    {
        try
        {
            return new LocalVault(folder, account, keys, VaultLocks.LockForUse(folder), TimeProvider.System);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }
}
