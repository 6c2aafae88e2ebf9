using Passpack.Packing.Keys;
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
        SignedIn signedIn = await SignedIn.StartAsync(
            server, login.UserId, login.Password, local?.LoginKdf ?? options.KnownCost, Devices.New(options.DeviceName), cancellationToken)
            .ConfigureAwait(false);
        await using var ending = signedIn.ConfigureAwait(false);
        KeyRecord newest = await NewestAsync(signedIn, login, local, options.AcceptRollback, cancellationToken).ConfigureAwait(false);
        (LocalVault vault, string? aside) = Link(signedIn, login, local, newest);
        if (options.Checkpoint is not null)
            await RequireCheckpointAsync(vault, options.Checkpoint, local, aside, cancellationToken).ConfigureAwait(false);
        signedIn.Keep();
        await Devices.RevokeEarlierAsync(signedIn.Client, vault, newest.VaultId, local?.DeviceId, cancellationToken).ConfigureAwait(false);
        return vault;
    }

    /// <summary>The served key record. If it is older than this machine's keys, these are put there again, or it is refused.</summary>
    private static async Task<KeyRecord> NewestAsync(
        SignedIn signedIn, AccountLogin login, AccountRow? local, bool acceptRollback, CancellationToken cancellationToken)
    {
        KeyRecord served = signedIn.Answer.Keys;
        if (local is null || local.VaultId != served.VaultId || served.Generation >= local.KeyGeneration)
            return served;
        return acceptRollback
            ? await OnlineKeys.PutBackAsync(signedIn, login, local, cancellationToken).ConfigureAwait(false)
            : throw SyncErrors.OlderKeys(signedIn.Client.Server, local, served.Generation);
    }

    /// <summary>Stores the link in this machine's local account, or in a new one.</summary>
    /// <returns>The account, unlocked, and where its earlier vault lies. Null if the vault was not replaced.</returns>
    private static (LocalVault Vault, string? Aside) Link(SignedIn signedIn, AccountLogin login, AccountRow? local, KeyRecord record)
    {
        OnlineClient client = signedIn.Client;
        VaultKeys keys = OnlineKeys.Open(client, record, login.PackingKey);
        try
        {
            if (local is null)
                return (LocalVault.Create(login.Folder, keys, record.KeyEnvelope, Complete, null), null);
            if (local.VaultId == keys.VaultId)
            {
                SyncErrors.RequireNotOlder(client.Server, local, record);
                if (PackConversion.IsConvertible(local.PackVersion))
                    VaultCopies.CopySealed(login.Folder, "before-conversion");
                return (AccountLink.Replace(login.Folder, keys, Complete), null);
            }
            if (local.Server is not null)
            {
                throw new PasspackException(ErrorCodes.PackingKeyMismatch,
                    $"The local account {local.UserId} belongs to another online account than the one on {client.Server}. " +
                    "Nothing was changed. To join this one, leave the other with Disconnect-PasspackAccount first.") { Target = local.UserId };
            }
            return Join(login, local, keys, Complete);
        }
        catch
        {
            keys.Dispose();
            throw;
        }

        AccountRow Complete(AccountRow row) =>
            AccountLink.Complete(row, keys, client, signedIn.Device.Id, signedIn.Answer with { Keys = record }) with { LoginKdf = signedIn.Cost.ToString() };
    }

    private static (LocalVault Vault, string Aside) Join(AccountLogin login, AccountRow local, VaultKeys keys, Func<AccountRow, AccountRow> complete)
    {
        using VaultKeys oldKeys = PackingKeys.Open(local, login.PackingKey, login.Folder).Keys;
        VaultCopies.CopySealed(login.Folder, "before-joining");
        AccountRow row = complete(VaultDetach.NeverOnline(local) with { VaultId = keys.VaultId, Epoch = keys.Epoch });
        string aside = VaultResealing.Replace(login.Folder, oldKeys, keys, row);
        return (new LocalVault(login.Folder, row, keys, VaultLocks.LockForUse(login.Folder), TimeProvider.System), aside);
    }

    /// <summary>Requires that the online history contains the checkpoint, before anything else of the account is accepted.</summary>
    private static async Task RequireCheckpointAsync(
        LocalVault vault, string checkpoint, AccountRow? before, string? aside, CancellationToken cancellationToken)
    {
        try
        {
            await VaultSync.RunAsync(vault, new SyncOptions { WhatIf = true, Checkpoint = checkpoint }, null, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            AccountLink.Undo(vault, before, aside);
            throw;
        }
    }
}
