using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Accounts;

/// <summary>Connects this machine to an existing online account.</summary>
public static partial class OnlineAccounts
{
    /// <summary>
    /// Sets up this machine from an existing online account, or renews the link of its local account. An offline account with other
    /// keys joins: after a sealed copy of it, its entries are sealed anew under the online keys.
    /// </summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="server">Where the online account is.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="checkpoint">A checkpoint that the served history has to contain. Null if any history is accepted.</param>
    /// <param name="acceptRollback">
    /// Accepts that the server was restored from a backup: if its keys are older than this machine's, this machine's are put there again.
    /// </param>
    /// <param name="deviceName">
    /// The name of this machine in the online account's list of devices. Null if it is made of machine name, user and four digits.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The local account, unlocked, not yet synced.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PasswordRejected"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.ServerTampered"/>, <see
    /// cref="ErrorCodes.PackTooNew"/>, and errors of server and disk.
    /// </exception>
    public static async Task<LocalVault> ConnectAsync(
        DataFolder home, OnlineServer server, string userId, SecretBytes password, SecretBytes packingKey, string? checkpoint = null,
        bool acceptRollback = false, string? deviceName = null, CancellationToken cancellationToken = default) =>
        await ConnectAsync(home, server, userId, password, packingKey, checkpoint, acceptRollback, null, deviceName, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// As the public overload, for a reset: the local account was set aside, and the last cost of the Password's proof is known from it.
    /// </summary>
    internal static async Task<LocalVault> ConnectAsync(
        DataFolder home, OnlineServer server, string userId, SecretBytes password, SecretBytes packingKey, string? checkpoint, bool acceptRollback, string? knownCost,
        string? deviceName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(packingKey);
        LoginPassword.Require(password, packingKey);
        _ = Checkpoint.Parse(checkpoint);
        ServerAddress.Require(server?.Address);
        AccountFolder folder = home.Account(userId);
        AccountRow? local = folder.Exists ? Load(folder) : null;
        using var client = new OnlineClient(server!.KnownTo(local));
        if (local is not null)
            PackConversion.RequireAligned(local);
        (SecretBytes proved, KdfParameters cost) = await ProveAsync(client, userId, password, local?.LoginKdf ?? knownCost, cancellationToken).ConfigureAwait(false);
        using SecretBytes proof = proved;
        // Always a new device: if connecting fails, this machine's present link must still work.
        DeviceDescription device = NewDevice(deviceName);
        LoginAnswer answer = await SignInAsync(client, userId, proof, device, cancellationToken).ConfigureAwait(false);
        client.Authenticate(answer.DeviceToken);
        LocalVault vault;
        try
        {
            answer = answer with { Keys = await NewestAsync(answer.Keys).ConfigureAwait(false) };
            vault = Link(client, folder, local, answer, device.Id, packingKey, cost, out string? aside);
            if (checkpoint is not null)
                await RequireCheckpointAsync(vault, checkpoint, local, aside, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await TryRevokeAsync(client, device.Id).ConfigureAwait(false);
            throw;
        }
        await RevokeEarlierAsync(client, vault, answer.Keys.VaultId, local?.DeviceId, cancellationToken).ConfigureAwait(false);
        return vault;

        async Task<KeyRecord> NewestAsync(KeyRecord served)
        {
            if (local is null || local.VaultId != served.VaultId || served.Generation >= local.KeyGeneration)
                return served;
            return acceptRollback
                ? await OnlineKeys.PutBackAsync(client, folder, local, packingKey, served, proof, cancellationToken).ConfigureAwait(false)
                : throw SyncErrors.OlderKeys(client.Server, local, served.Generation);
        }
    }

    /// <summary>Stores the link in this machine's local account, or in a new one.</summary>
    private static LocalVault Link(
        OnlineClient client, AccountFolder folder, AccountRow? local, LoginAnswer answer, Guid device, SecretBytes packingKey, KdfParameters cost, out string? aside)
    {
        aside = null;
        VaultKeys keys = OpenKeys(client, answer.Keys, packingKey);
        try
        {
            Func<AccountRow, AccountRow> complete = row => Linked(row, keys, client, answer, device, answer.Keys) with { LoginKdf = cost.ToString() };
            if (local is null)
                return LocalVault.Create(folder, keys, answer.Keys.KeyEnvelope, complete, null);
            if (local.VaultId == keys.VaultId)
            {
                SyncErrors.RequireNotOlder(client.Server, local, answer.Keys);
                if (PackConversion.IsConvertible(local.PackVersion))
                    VaultCopies.CopySealed(folder, "before-conversion");
                return Relink(folder, keys, complete);
            }
            if (local.Server is not null)
            {
                throw new PasspackException(ErrorCodes.PackingKeyMismatch,
                    $"The local account {local.UserId} belongs to another online account than the one on {client.Server}. Nothing was changed. To join this one, " +
                    "leave the other with Disconnect-PasspackAccount first.") { Target = local.UserId };
            }
            return Join(folder, local, keys, packingKey, complete, out aside);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>Derives the proof of the Password with the server's parameters; refuses a lower cost than the server asked for last.</summary>
    /// <param name="client">To the server.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="known">The cost that the server asked for last. Null if it is unknown.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The proof, and its cost.</returns>
    internal static async Task<(SecretBytes Proof, KdfParameters Cost)> ProveAsync(
        OnlineClient client, string userId, SecretBytes password, string? known, CancellationToken cancellationToken)
    {
        LoginParameters parameters = await client.PostAsync(Routes.LoginParameters, new LoginParametersRequest(userId.Trim()),
            ProtocolJson.Default.LoginParametersRequest, ProtocolJson.Default.LoginParameters, cancellationToken).ConfigureAwait(false);
        if (parameters.Kdf is null || parameters.Salt is not { Length: KeyDerivation.SaltBytes })
            throw client.NotPasspack("its login parameters are incomplete");
        KdfParameters kdf;
        try
        {
            kdf = KdfParameters.Parse(parameters.Kdf);
        }
        catch (PasspackException e)
        {
            throw SyncErrors.NotTrusted(client.Server, $"it asks for a proof of the Password with key derivation parameters {PrintableText.Of(parameters.Kdf, 20)}", e);
        }
        if (known is not null && kdf.IsWeakerThan(KdfParameters.Parse(known)))
            throw SyncErrors.NotTrusted(client.Server, $"it asks for a weaker proof of the Password ({kdf}) than it did before ({known})");
        return (KeyDerivation.LoginProof(password, parameters.Salt, kdf), kdf);
    }

    private static async Task<LoginAnswer> SignInAsync(
        OnlineClient client, string userId, SecretBytes proof, DeviceDescription device, CancellationToken cancellationToken)
    {
        LoginAnswer answer = await client.PostAsync(Routes.Login, new LoginRequest(userId.Trim(), proof.Span.ToArray(), device),
            ProtocolJson.Default.LoginRequest, ProtocolJson.Default.LoginAnswer, cancellationToken).ConfigureAwait(false);
        CheckToken(client, answer);
        return answer.Keys?.KeyEnvelope is null || answer.Keys.Mac is null ? throw client.NotPasspack("its answer to the login is incomplete") : answer;
    }

    /// <summary>Opens the keys of the online account; refuses those of another user.</summary>
    internal static VaultKeys OpenKeys(OnlineClient client, KeyRecord record, SecretBytes packingKey)
    {
        SyncErrors.RequireKnown(record.PackVersion);
        SecretBytes accountKey;
        WrappingKey wrapping;
        try
        {
            accountKey = KeyEnvelope.Open(EnvelopePurpose.AccountKey, record.KeyEnvelope, packingKey, out wrapping);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            throw new PasspackException(e.ErrorId,
                $"The Packing Key does not fit the online account on {client.Server}. Packing Keys are case-sensitive, and spaces count. Nothing was changed.", e);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            throw SyncErrors.NotTrusted(client.Server, "the online keys are damaged", e);
        }
        if (accountKey.Length != KeyDerivation.KeyBytes || record.Epoch < 1)
        {
            accountKey.Dispose();
            wrapping.Dispose();
            throw SyncErrors.NotTrusted(client.Server, "the online keys are not an account's");
        }
        var keys = new VaultKeys(accountKey, record.VaultId, record.Epoch);
        keys.Keep(wrapping);
        if (keys.IsOurs(record))
            return keys;
        keys.Dispose();
        throw SyncErrors.NotTrusted(client.Server, "its key record was not made with this account's keys");
    }

    private static LocalVault Join(AccountFolder folder, AccountRow local, VaultKeys keys, SecretBytes packingKey, Func<AccountRow, AccountRow> complete, out string aside)
    {
        using VaultKeys oldKeys = PackingKeys.Open(local, packingKey, folder).Keys;
        VaultCopies.CopySealed(folder, "before-joining");
        AccountRow row = complete(VaultDetach.NeverOnline(local) with { VaultId = keys.VaultId, Epoch = keys.Epoch });
        aside = VaultResealing.Replace(folder, oldKeys, keys, row);
        return new LocalVault(folder, row, keys, VaultLocks.LockForUse(folder), TimeProvider.System);
    }
}
