using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Attachments;
using Passpack.Sync.Client;
using Passpack.Sync.Mirroring;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Attachments;
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
        using SignedIn signedIn = await SignedIn.StartAsync(
            login.Server!.KnownTo(local), login.UserId, login.Password, local?.LoginKdf, Devices.New(null), cancellationToken, login.SecondFactor)
            .ConfigureAwait(false);
        VaultKeys keys = signedIn.OpenKeys(login.PackingKey, login.UserId);
        if (local is { KeyGeneration: > 0 } && local.VaultId == keys.VaultId && local.Epoch != keys.Epoch)
        {
            keys.Dispose();
            throw SyncErrors.KeysReplaced(local, isProved: false);
        }
        AccountIdentity identity = signedIn.Served.Content.Identity;
        try
        {
            (await signedIn.WakeAsync(keys, identity, cancellationToken).ConfigureAwait(false)).Dispose();
        }
        catch
        {
            keys.Dispose();
            throw;
        }
        // Recognised by its keys, not by its address: the server may have moved, or this machine may be disconnected. A local account that was
        // never online needs no pull.
        if (local is { KeyGeneration: > 0 } && local.VaultId == keys.VaultId)
        {
            using LocalVault vault = Open(login.Folder, local, keys);
            CatchUp(signedIn.Client, vault, signedIn.Served);
            await RemoveAsync(signedIn.Client, vault, identity, skipPull, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            using VaultKeys ending = keys;
            await RemoveOnlineAsync(signedIn.Client, keys, identity, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Asks for the removal of an online account whose keys are lost, by the Password alone. It takes effect after some days, so that whoever has the keys can
    /// cancel it with <see cref="CancelAsync"/>: every sync of the account's machines warns of it. A second request does not move the date.
    /// </summary>
    /// <param name="server">Where the online account is.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="cancellationToken">Gives up; the server may have taken the request by then.</param>
    /// <param name="secondFactor">A code of the account's second factor, in UTF-8. Null if none is given.</param>
    /// <returns>When the account is removed.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.PasswordRejected"/>, and errors of the server.</exception>
    public static async Task<DateTimeOffset> RequestWithoutKeysAsync(
        OnlineServer server, string userId, SecretBytes password, SecretBytes? secondFactor = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        LoginPassword.Require(password, null);
        using SignedIn signedIn = await SignedIn.StartAsync(
            server, userId, password, null, Devices.New(null), cancellationToken, secondFactor).ConfigureAwait(false);
        PendingRemoval removal = await signedIn.Client.PostAsync(Routes.RemovalWithoutKeys,
            new RemoveWithoutKeysRequest(signedIn.Proof.Span.ToArray(), signedIn.SecondFactor),
            ProtocolJson.Default.RemoveWithoutKeysRequest, ProtocolJson.Default.PendingRemoval, cancellationToken).ConfigureAwait(false);
        return removal.Due;
    }

    /// <summary>
    /// Cancels the removal of the online account that is pending; never done by a sync, because a stolen machine's task would cancel for ever.
    /// </summary>
    /// <param name="vault">Unlocked, and connected.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When the account would have been removed. Null if no removal was pending.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotConnected"/>, and errors of the server.</exception>
    public static async Task<DateTimeOffset?> CancelAsync(LocalVault vault, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using SyncRun run = SyncRun.OpenReadOnly(vault);
        return await SignedRequest.SendAsync<DateTimeOffset?>(run.Client, async served =>
        {
            if (served.Removal is not { } removal)
                return null;
            byte[] signature = run.Keys.Sign(run.Identity, SignaturePurpose.RemovalCancelling,
                Statements.RemovalCancelling(run.Account.VaultId, served.Head, removal.Id));
            byte[] request = JsonSerializer.SerializeToUtf8Bytes(
                new CancelRemovalRequest(removal.Id, served.Head, signature), ProtocolJson.Default.CancelRemovalRequest);
            await run.Client.SendAsync(HttpMethod.Post, Routes.RemovalCancelling, request, cancellationToken).ConfigureAwait(false);
            return removal.Due;
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes over a Packing Key that was changed online, so that the user need not connect again before.</summary>
    private static void CatchUp(OnlineClient client, LocalVault vault, ServedKeys served)
    {
        KeyRecordContent record = served.Content;
        using VaultUse use = vault.Use();
        use.Connection.InTransaction(() =>
        {
            AccountRow local = AccountRow.Load(use.Connection, use.Keys);
            SyncErrors.RequireNotOlder(client.Server, local, record);
            if (record.Generation <= local.KeyGeneration)
                return;
            local.With(served.Stored).SaveKeys(use.Connection, use.Keys);
        });
    }

    /// <summary>Removes the online account of an unlocked vault, through an authenticated client that is not the vault's own device.</summary>
    internal static async Task RemoveAsync(OnlineClient client, LocalVault vault, AccountIdentity identity, bool skipPull, CancellationToken cancellationToken)
    {
        using SyncRun run = await SyncRun.StartAsync(
            vault, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, null, cancellationToken, client).ConfigureAwait(false);
        if (!skipPull)
        {
            await Disconnecting.FinishPushAsync(run, cancellationToken).ConfigureAwait(false);
            await VaultSync.PullAsync(run, cancellationToken).ConfigureAwait(false);
            // What is only online would be gone.
            if (Mirror.Chunks(run.Connection).Count > 0)
            {
                using AttachmentStore store = AttachmentStore.Open(vault.Folder, run.Keys.VaultId);
                await AttachmentDownload.FetchNamedAsync(run, store, cancellationToken).ConfigureAwait(false);
            }
        }
        VaultCopies.CopySealed(vault.Folder, "before-removal");
        await RemoveOnlineAsync(client, run.Keys, identity, cancellationToken).ConfigureAwait(false);
        run.InTransaction(() => run.Account = VaultDetach.MakeOffline(run.Connection, run.Keys, run.Now));
    }

    private static Task RemoveOnlineAsync(OnlineClient client, VaultKeys keys, AccountIdentity identity, CancellationToken cancellationToken) =>
        SignedRequest.SendAsync(client, HttpMethod.Post, Routes.AccountRemoval, head => new RemoveAccountRequest(
            head, keys.Sign(identity, SignaturePurpose.AccountRemoval, Statements.AccountRemoval(keys.VaultId, head))),
            ProtocolJson.Default.RemoveAccountRequest, cancellationToken);

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
