using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>How a machine is connected to an online account.</summary>
public sealed record ConnectOptions
{
    /// <summary>A checkpoint that the served history has to contain. Null if any history is accepted.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Accepts that the server was restored from a backup: if its keys are older than this machine's, this machine's are put there again.</summary>
    public bool AcceptRollback { get; init; }

    /// <summary>The name of this machine in the online account's list of devices. Null if it is made of machine name, user and four digits.</summary>
    public string? DeviceName { get; init; }

    /// <summary>The cost of the Password's proof that a local account knew before it was set aside. Null if none was.</summary>
    internal string? KnownCost { get; init; }
}

/// <summary>Connects this machine to an existing online account.</summary>
public static class Connecting
{
    /// <summary>
    /// Sets up this machine from an existing online account, or renews the link of its local account. An offline account with other
    /// keys joins: after a sealed copy of it, its entries are sealed anew under the online keys.
    /// </summary>
    /// <param name="login">The account.</param>
    /// <param name="options">How. Null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The local account, unlocked, not yet synced.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PasswordRejected"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.ServerTampered"/>, <see
    /// cref="ErrorCodes.PackTooNew"/>, and errors of server and disk.
    /// </exception>
    public static async Task<LocalVault> ConnectAsync(AccountLogin login, ConnectOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(login);
        options ??= new ConnectOptions();
        _ = Checkpoint.Parse(options.Checkpoint);
        ServerAddress.Require(login.Server?.Address);
        AccountRow? local = AccountLink.Read(login.Folder);
        OnlineServer server = login.Server!.KnownTo(local);
        if (local is not null)
            PackConversion.RequireAligned(local);
        using SignedIn signedIn = await SignedIn.StartAsync(
            server, login.UserId, login.Password, local?.LoginKdf ?? options.KnownCost, Devices.New(options.DeviceName), cancellationToken,
            login.SecondFactor).ConfigureAwait(false);
        return await ConnectAsync(signedIn, login, local, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Connects by a login that was made before, with its one code of a second factor.</summary>
    /// <param name="signedIn">The login. The caller disposes it.</param>
    /// <param name="login">The account.</param>
    /// <param name="local">This machine's account. Null if there is none.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<LocalVault> ConnectAsync(
        SignedIn signedIn, AccountLogin login, AccountRow? local, ConnectOptions options, CancellationToken cancellationToken)
    {
        ServedKeys newest = await NewestAsync(signedIn, login, local, options.AcceptRollback, cancellationToken).ConfigureAwait(false);
        VaultKeys keys = OnlineKeys.Open(signedIn.Client, newest, login.PackingKey, login.UserId);
        AccountIdentity identity = newest.Content.Identity;
        (LocalVault vault, string? aside) = await LinkAsync(
            signedIn, login, local, newest, keys, Checkpoint.Parse(options.Checkpoint), cancellationToken).ConfigureAwait(false);
        // The online history has to contain the checkpoint, before anything else of the account is accepted.
        if (options.Checkpoint is not null)
        {
            try
            {
                await VaultSync.RunAsync(vault, new SyncOptions { WhatIf = true, Checkpoint = options.Checkpoint }, null,
                    cancellationToken).ConfigureAwait(false);
            }
            catch when (local is not null && IsBehind(local, keys))
            {
                vault.Dispose();
                throw;
            }
            catch
            {
                await Devices.TryRevokeAsync(signedIn.Client, keys, identity, signedIn.Device.Id).ConfigureAwait(false);
                AccountLink.Undo(vault, local, aside);
                throw;
            }
        }
        await Devices.RevokeEarlierAsync(signedIn.Client, vault, keys, identity, local?.DeviceId, cancellationToken).ConfigureAwait(false);
        return vault;
    }

    /// <summary>The served key record. If it is older than this machine's keys, these are put there again, or it is refused.</summary>
    private static async Task<ServedKeys> NewestAsync(
        SignedIn signedIn, AccountLogin login, AccountRow? local, bool acceptRollback, CancellationToken cancellationToken)
    {
        ServedKeys served = signedIn.Served;
        if (local is null || local.VaultId != served.Content.VaultId || served.Content.Generation >= local.KeyGeneration)
            return served;
        return acceptRollback
            ? await OnlineKeys.PutBackAsync(signedIn, login, local, cancellationToken).ConfigureAwait(false)
            : throw SyncErrors.OlderKeys(signedIn.Client.Server, local, served.Content.Generation);
    }

    /// <summary>Stores the link in this machine's local account, or in a new one.</summary>
    /// <returns>The account, unlocked, and where its earlier vault lies. Null if the vault was not replaced.</returns>
    private static async Task<(LocalVault Vault, string? Aside)> LinkAsync(
        SignedIn signedIn, AccountLogin login, AccountRow? local, ServedKeys newest, VaultKeys keys, Checkpoint? checkpoint,
            CancellationToken cancellationToken)
    {
        OnlineClient client = signedIn.Client;
        SecretBytes? token = null;
        try
        {
            if (local is { Server: not null } && local.VaultId != keys.VaultId)
            {
                throw new PasspackException(ErrorCodes.PackingKeyMismatch,
                    $"The local account {local.UserId} belongs to another online account than the one on {client.Server}. " +
                    "Nothing was changed. To join this one, leave the other with Disconnect-PasspackAccount first.") { Target = local.UserId };
            }
            if (local is not null && local.VaultId == keys.VaultId)
                RequireSuccession(signedIn, login, local, newest, keys, checkpoint is not null);
            token = await signedIn.WakeAsync(keys, newest.Content.Identity, cancellationToken).ConfigureAwait(false);
            // What vouches for later keys is looked at before anything here is sealed under them: nothing leads back from there.
            if (checkpoint is not null && local is not null && IsBehind(local, keys))
                await OnlineKeys.RequireCheckpointAsync(client, keys, newest.Content.Identity, checkpoint, cancellationToken).ConfigureAwait(false);
            if (local is null)
                return (LocalVault.Create(login.Folder, keys, newest.Content.KeyEnvelope, Complete, null), null);
            if (local.VaultId == keys.VaultId)
            {
                if (PackConversion.IsConvertible(local.PackVersion))
                    VaultCopies.CopySealed(login.Folder, "before-conversion");
                else if (local.Epoch < keys.Epoch)
                    VaultCopies.CopySealed(login.Folder, "before-new-keys");
                return (AccountLink.Replace(login.Folder, keys, Complete), null);
            }
            return Join(login, local, keys, Complete);
        }
        catch
        {
            if (token is not null)
                await Devices.TryRevokeAsync(client, keys, newest.Content.Identity, signedIn.Device.Id).ConfigureAwait(false);
            keys.Dispose();
            throw;
        }
        finally
        {
            token?.Dispose();
        }

        AccountRow Complete(AccountRow row) =>
            AccountLink.Complete(row, keys, newest.Stored, client, signedIn.Device.Id, token!.Span) with
            {
                LoginKdf = signedIn.Cost.ToString(),
                // Whether a machine that replaced the keys came to the end of sealing everything anew, one look at the records tells.
                IsResealing = keys.Epoch > 1,
            };
    }

    /// <summary>
    /// Refuses keys that are older than this machine's; and later ones that somebody who has this machine's Packing Key could have made, unless a checkpoint
    /// vouches for them.
    /// </summary>
    private static void RequireSuccession(SignedIn signedIn, AccountLogin login, AccountRow local, ServedKeys newest, VaultKeys keys, bool hasCheckpoint)
    {
        SyncErrors.RequireNotOlder(signedIn.Client.Server, local, newest.Content);
        if (local.Epoch == keys.Epoch)
            return;
        using VaultKeys before = keys.At(local.Epoch);
        if (local.Epoch + 1 == keys.Epoch && local.Identity is { } own && !newest.IsSuccessorOf(before, own))
            throw SyncErrors.NotTrusted(signedIn.Client.Server, "its keys were not named as the next ones by this account");
        if (!hasCheckpoint && local.NextKeyRecord?.IsSame(newest.Record) is not true && OnlineKeys.OpensThisMachine(local, login.PackingKey, login.Folder))
            throw OnlineKeys.NotVouchedFor(local);
    }

    private static bool IsBehind(AccountRow local, VaultKeys keys) => local.VaultId == keys.VaultId && local.Epoch < keys.Epoch;

    private static (LocalVault Vault, string Aside) Join(AccountLogin login, AccountRow local, VaultKeys keys, Func<AccountRow, AccountRow> complete)
    {
        using VaultKeys oldKeys = PackingKeys.Open(local, login.PackingKey, login.Folder).Keys;
        VaultCopies.CopySealed(login.Folder, "before-joining");
        AccountRow row = complete(VaultDetach.NeverOnline(local) with { VaultId = keys.VaultId });
        string aside = VaultResealing.Replace(login.Folder, oldKeys, keys, row);
        return (new LocalVault(login.Folder, row, keys, VaultLocks.LockForUse(login.Folder), TimeProvider.System), aside);
    }
}
