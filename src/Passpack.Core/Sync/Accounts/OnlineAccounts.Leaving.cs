using System.Text.Json;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>The ways out of an online account.</summary>
public static partial class OnlineAccounts
{
    // Errors after which a forced disconnect goes on without the server.
    private static readonly HashSet<string> s_serverFailed =
    [
        ErrorCodes.ServerUnreachable, ErrorCodes.ServerRefused, ErrorCodes.ServerTampered, ErrorCodes.ServerRolledBack, ErrorCodes.InsecureTransport,
        ErrorCodes.CertificateMismatch, ErrorCodes.RateLimited, ErrorCodes.AccountLockedOut, ErrorCodes.NotConnected,
    ];

    /// <summary>
    /// Revokes this machine's token; the vault stays as an offline account, and can be connected again, here or elsewhere. Local changes
    /// that were not pushed stay as they are.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="force">
    /// Disconnects even if the server cannot revoke the token; the token then stays valid until another machine revokes it.
    /// </param>
    /// <param name="cancellationToken">Gives up, with nothing changed on this machine.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotConnected"/>: the account is offline already. After an error of the server, too, nothing was changed on this machine.
    /// </exception>
    public static async Task DisconnectAsync(LocalVault vault, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using VaultUse use = vault.Use();
        SyncRun.RequireServer(AccountRow.Load(use.Connection, use.Keys));
        try
        {
            using SyncRun run = await SyncRun.StartAsync(vault, new SyncOptions { IsLeaving = true }, null, cancellationToken).ConfigureAwait(false);
            await FinishPushAsync(run, cancellationToken).ConfigureAwait(false);
            await RevokeAsync(run.Client, run.Account.DeviceId!.Value, cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.DeviceRevoked || (force && s_serverFailed.Contains(e.ErrorId)))
        {
            // The token is revoked already, which is the goal.
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.ServerUnreachable)
        {
            throw new PasspackException(e.ErrorId,
                $"{e.Message} The account {vault.UserId} is still connected. To disconnect this machine alone, use -Force, and revoke its token later with " +
                "Remove-PasspackDevice from another machine.", e) { Target = e.Target };
        }
        using FileStream syncLock = await SyncRun.LockAsync(vault, SyncTimeouts.Default, cancellationToken).ConfigureAwait(false);
        use.Connection.InTransaction(() => VaultDetach.Unlink(use.Connection, use.Keys));
    }

    /// <summary>
    /// Deletes the online account for good, with everything in it. This machine's local account, if it is the online one's, first pulls new online
    /// entries, and then stays as an offline account with all its entries; a sealed copy of it is made before. Other machines keep their entries, and
    /// learn that their tokens are revoked.
    /// </summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="server">The server's address.</param>
    /// <param name="userId">Whose account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">In UTF-8. Opens the account's keys on this machine, which proves that the right account is meant.</param>
    /// <param name="skipPull">Removes the account even if its new records cannot be pulled, because the server fails or cannot be trusted.</param>
    /// <param name="cancellationToken">Gives up before the account is removed.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PasswordRejected"/>: also when it is gone already, by an attempt whose answer was lost; then <see
    /// cref="DisconnectAsync"/> leaves the local account offline. <see cref="ErrorCodes.PackingKeyMismatch"/>, and errors of server and disk.
    /// </exception>
    public static async Task RemoveAsync(
        DataFolder home, OnlineServer server, string userId, SecretBytes password, SecretBytes packingKey, bool skipPull = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(packingKey);
        LoginPassword.Require(password, packingKey);
        ServerAddress.Require(server?.Address);
        AccountFolder folder = home.Account(userId);
        AccountRow? local = folder.Exists ? Load(folder) : null;
        using var client = new OnlineClient(server!.KnownTo(local));
        using SecretBytes proof = (await ProveAsync(client, userId, password, local?.LoginKdf, cancellationToken).ConfigureAwait(false)).Proof;
        // A separate device: if the removal fails, this machine's link must still work.
        DeviceDescription device = NewDevice(null);
        LoginAnswer answer = await SignInAsync(client, userId, proof, device, cancellationToken).ConfigureAwait(false);
        client.Authenticate(answer.DeviceToken);
        try
        {
            VaultKeys keys = OpenKeys(client, answer.Keys, packingKey);
            // Recognised by its keys, not by its address: the server may have moved, or this machine may be disconnected. A local account that was
            // never online needs no pull.
            if (local is { KeyGeneration: > 0 } && local.VaultId == keys.VaultId)
            {
                using LocalVault vault = Open(folder, local, keys);
                CatchUp(client, vault, answer.Keys);
                await RemoveAsync(client, vault, proof, skipPull, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                keys.Dispose();
                await RemoveOnlineAsync(client, proof, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            await TryRevokeAsync(client, device.Id).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes over a Packing Key that was changed online, so that the user need not connect again before.</summary>
    private static void CatchUp(OnlineClient client, LocalVault vault, KeyRecord record)
    {
        using VaultUse use = vault.Use();
        AccountRow local = AccountRow.Load(use.Connection, use.Keys);
        SyncErrors.RequireNotOlder(client.Server, local, record);
        if (record.Generation > local.KeyGeneration)
            (local with { KeyEnvelope = record.KeyEnvelope, KeyGeneration = record.Generation, PackVersion = record.PackVersion }).SaveKeys(use.Connection, use.Keys);
    }

    /// <summary>Removes the online account of an unlocked vault, through an authenticated client that is not the vault's own device.</summary>
    internal static async Task RemoveAsync(OnlineClient client, LocalVault vault, SecretBytes proof, bool skipPull, CancellationToken cancellationToken)
    {
        using SyncRun run = await SyncRun.StartAsync(
            vault, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, null, cancellationToken, client).ConfigureAwait(false);
        if (!skipPull)
        {
            await FinishPushAsync(run, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Sends the push that an interrupted run left, if any. A push that the server refuses for good is dropped.</summary>
    private static async Task FinishPushAsync(SyncRun run, CancellationToken cancellationToken)
    {
        try
        {
            await new Push(run).ResumeAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.IsDefinite)
        {
        }
    }

    /// <summary>
    /// Checks that the online account accepts Password and Packing Key, with a key derivation no weaker than this machine saw. Changes nothing.
    /// </summary>
    /// <exception cref="PasspackException">As <see cref="ConnectAsync(DataFolder, OnlineServer, string, SecretBytes, SecretBytes, string?, bool, string?, CancellationToken)"/>.</exception>
    internal static async Task CheckAsync(
        OnlineServer server, AccountRow local, SecretBytes password, SecretBytes packingKey, CancellationToken cancellationToken)
    {
        LoginPassword.Require(password, packingKey);
        using var client = new OnlineClient(server.KnownTo(local));
        // A separate device, for this check only.
        DeviceDescription device = NewDevice(null);
        using SecretBytes proof = (await ProveAsync(client, local.UserId, password, local.LoginKdf, cancellationToken).ConfigureAwait(false)).Proof;
        LoginAnswer answer = await SignInAsync(client, local.UserId, proof, device, cancellationToken).ConfigureAwait(false);
        client.Authenticate(answer.DeviceToken);
        try
        {
            using VaultKeys keys = OpenKeys(client, answer.Keys, packingKey);
            if (local.VaultId == keys.VaultId)
                SyncErrors.RequireNotOlder(client.Server, local, answer.Keys);
        }
        finally
        {
            await TryRevokeAsync(client, device.Id).ConfigureAwait(false);
        }
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
