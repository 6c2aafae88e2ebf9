using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>Disconnects this machine from an online account.</summary>
public static class Disconnecting
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
            await Devices.RevokeAsync(run.Client, run.Keys, run.Identity, run.Account.DeviceId!.Value, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Sends the push that an interrupted run left, if any. A push that the server refuses for good is dropped.</summary>
    internal static async Task FinishPushAsync(SyncRun run, CancellationToken cancellationToken)
    {
        try
        {
            await new Push(run).ResumeAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PasspackException e) when (e.IsDefinite)
        {
        }
    }
}
