using System.Globalization;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Manifests;
using Passpack.Sync.Pulling;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>Checks that a local account's online account is reachable, and is the right one; moves it to another address.</summary>
public static class ServerCheck
{
    // Higher than every revision: the answer tells the account's position and holds no records.
    private const long BehindAll = 1L << 53;

    /// <summary>Asks whether anything answers like a Passpack server at the account's address; needs no key.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotConnected"/>, and errors of the server.</exception>
    public static async Task ReachAsync(AccountFolder folder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        AccountRow account = AccountLink.Read(folder) ?? throw VaultErrors.Missing(folder.VaultFile);
        SyncRun.RequireServer(account);
        using var client = new OnlineClient(OnlineServer.Of(account));
        await client.SendAsync(HttpMethod.Get, Routes.Health, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Asks the account's server whether it accepts this machine's token, and checks that the account there is this one, has the same keys, and is
    /// not behind the last verified state. One request, which changes nothing.
    /// </summary>
    /// <returns>When the server removes the account. Null if no removal is pending.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotConnected"/>, <see cref="ErrorCodes.DeviceRevoked"/>, <see cref="ErrorCodes.PackingKeyChangedOnline"/>, <see
    /// cref="ErrorCodes.PackTooNew"/>, <see cref="ErrorCodes.ServerRolledBack"/>, <see cref="ErrorCodes.ServerTampered"/>, and errors of the server.
    /// </exception>
    public static async Task<DateTimeOffset?> CheckAsync(LocalVault vault, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using SyncRun run = SyncRun.OpenReadOnly(vault);
        VaultHead head = await HeadAsync(run, cancellationToken).ConfigureAwait(false);
        new Pull(run).CheckState(head);
        return head.Removal?.Due;
    }

    /// <summary>
    /// Goes over to another address of the account's server, or to another certificate of it. Before anything is written, the account there has to
    /// prove that it is this one: its newest manifest opens under this account's keys. Whether it went back on the way shows at the next sync.
    /// </summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="server">HTTPS, or on this machine: this machine's token is sent there.</param>
    /// <param name="cancellationToken">Gives up, with nothing changed.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.InsecureTransport"/>, <see cref="ErrorCodes.NotConnected"/>, <see cref="ErrorCodes.DeviceRevoked"/>,
    /// <see cref="ErrorCodes.ServerTampered"/>: another account; <see cref="ErrorCodes.CertificateMismatch"/>; and what the server says.
    /// </exception>
    public static async Task MoveAsync(LocalVault vault, OnlineServer server, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(server);
        using SyncRun run = SyncRun.OpenReadOnly(vault, server);
        await HeadAsync(run, cancellationToken).ConfigureAwait(false);
        using FileStream syncLock = await SyncRun.LockAsync(vault, SyncTimeouts.Default, cancellationToken).ConfigureAwait(false);
        run.InTransaction(() =>
        {
            AccountRow account = AccountRow.Load(run.Connection, run.Keys);
            SyncRun.RequireServer(account);
            string address = run.Client.Server.AbsoluteUri;
            using SecretBytes token = SealedToken.Open(run.Keys, account) ?? throw SyncRun.DamagedToken(account);
            (account with
            {
                Server = address,
                Certificate = run.Client.Certificate?.Stored,
                DeviceToken = SealedToken.Seal(run.Keys, account.DeviceId!.Value, token.Span, address, account.UserId),
            }).SaveLink(run.Connection, run.Keys);
        });
    }

    /// <summary>
    /// Checks that the online account accepts Password and Packing Key, with a key derivation no weaker than this machine saw. Changes nothing.
    /// </summary>
    /// <returns>The login, by which this machine may connect; the caller disposes it.</returns>
    /// <exception cref="PasspackException">As <see cref="Connecting.ConnectAsync(AccountLogin, ConnectOptions, CancellationToken)"/>.</exception>
    internal static async Task<SignedIn> CheckSecretsAsync(AccountLogin login, AccountRow local, CancellationToken cancellationToken)
    {
        SignedIn signedIn = await SignedIn.StartAsync(
            login.Server.KnownTo(local), local.UserId, login.Password, local.LoginKdf, Devices.New(null), cancellationToken, login.SecondFactor)
            .ConfigureAwait(false);
        try
        {
            using VaultKeys keys = signedIn.OpenKeys(login.PackingKey, local.UserId);
            if (local.VaultId == keys.VaultId)
                SyncErrors.RequireNotOlder(signedIn.Client.Server, local, signedIn.Served.Content);
            return signedIn;
        }
        catch
        {
            signedIn.Dispose();
            throw;
        }
    }

    private static async Task<VaultHead> HeadAsync(SyncRun run, CancellationToken cancellationToken)
    {
        ChangePage page = await run.GetAsync(Routes.Changes, string.Create(CultureInfo.InvariantCulture, $"?after={BehindAll}"),
            ChangePage.ReadAsync, cancellationToken).ConfigureAwait(false);
        if (page.Head is not { Manifests: [.., { Sealed: not null } newest] } head || newest.Generation != head.Generation)
            throw run.Client.NotPasspack("it does not say where the account stands");
        return Manifest.Open(run.Keys, run.Identity, newest) is null ? throw run.Tampered("the account there is not made with this account's keys") : head;
    }
}
