using System.Security.Cryptography;
using Passpack.Packing;
using Passpack.Protocol;
using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>Registers online accounts, and connects this machine to them.</summary>
public static partial class OnlineAccounts
{
    /// <summary>
    /// Registers an online account, with the keys of this machine's offline account of the same User ID if there is one, and sets up
    /// this machine for it.
    /// </summary>
    /// <returns>The local account, unlocked.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.AccountExists"/> (online, or connected here already), <see cref="ErrorCodes.KeyTooWeak"/>,
    /// <see cref="ErrorCodes.PackingKeyMismatch"/> (of the offline account), and what server and disk say.
    /// </exception>
    public static async Task<LocalVault> RegisterAsync(
        DataFolder home, Uri server, string userId, SecretBytes password, SecretBytes packingKey, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(password);
        PackingKeys.Check(packingKey, password);
        using var client = new OnlineClient(server);
        AccountFolder folder = home.Account(userId);
        AccountRow? offline = ReadOffline(folder);
        VaultKeys keys;
        string envelope;
        if (offline is null)
        {
            keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), epoch: 1);
            envelope = PackingKeys.Wrap(keys, packingKey);
        }
        else
        {
            PackConversion.DemandAligned(offline);
            (keys, envelope) = PackingKeys.Open(offline, packingKey, folder);
        }
        try
        {
            if (offline is not null && PackConversion.IsConvertible(offline.PackVersion))
            {
                envelope = PackingKeys.Wrap(keys, packingKey);
                VaultFiles.CopySealed(folder, "before-conversion");
            }
            var device = new DeviceDescription(Guid.NewGuid(), DeviceName());
            Manifest manifest = FirstManifest(device.Id);
            ManifestLink link = manifest.Seal(keys);
            byte[] salt = RandomNumberGenerator.GetBytes(KeyDerivation.SaltBytes);
            using SecretBytes proof = KeyDerivation.LoginProof(password, salt, KdfParameters.Current);
            KeyRecord record = keys.CreateKeyRecord(generation: 1, envelope);
            LoginAnswer answer = await client.PostAsync(Routes.Accounts,
                new RegisterRequest(userId.Trim(), salt, KdfParameters.Current.ToString(), proof.Span.ToArray(), record, link, device),
                ProtocolJson.Default.RegisterRequest, ProtocolJson.Default.LoginAnswer, cancellationToken).ConfigureAwait(false);
            CheckToken(client, answer);
            Func<AccountRow, AccountRow> complete = row => Linked(row, keys, client, answer, device.Id, record) with
            {
                LoginKdf = KdfParameters.Current.ToString(),
                Revision = manifest.Revision,
                Generation = manifest.Generation,
                ManifestHash = Manifest.HashOf(link),
                DeviceCounter = manifest.Counter,
            };
            // One that was disconnected from another online account starts anew with this one.
            return offline is null ? LocalVault.Create(folder, keys, envelope, complete, null) : Relink(folder, keys, complete, startAnew: true);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sets up this machine from an existing online account, or renews the link of its local account. An offline account with other
    /// keys joins: after a sealed copy of it, its entries are sealed anew under the online keys.
    /// </summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="server">Where the online account is.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="checkpoint">What the served history has to hold; null: whatever it is.</param>
    /// <param name="acceptRollback">
    /// The server was restored from a backup of its own: where its keys are earlier ones than this machine's, this machine's go there again.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The local account, unlocked, not yet synced.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.PasswordRejected"/>, <see cref="ErrorCodes.PackingKeyMismatch"/>, <see cref="ErrorCodes.ServerTampered"/>,
    /// <see cref="ErrorCodes.PackTooNew"/>, and what server and disk say.
    /// </exception>
    public static async Task<LocalVault> ConnectAsync(
        DataFolder home, Uri server, string userId, SecretBytes password, SecretBytes packingKey, string? checkpoint = null,
        bool acceptRollback = false, CancellationToken cancellationToken = default) =>
        await ConnectAsync(home, server, userId, password, packingKey, checkpoint, acceptRollback, null, cancellationToken).ConfigureAwait(false);

    /// <summary>The same, for one whose local account was set aside.</summary>
    /// <param name="home">Where local accounts are.</param>
    /// <param name="server">Where the online account is.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="checkpoint">What the served history has to hold; null: whatever it is.</param>
    /// <param name="acceptRollback">The server was restored from a backup of its own.</param>
    /// <param name="knownCost">What the account that was set aside knew of the cost of the proof of the Password; null: nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<LocalVault> ConnectAsync(
        DataFolder home, Uri server, string userId, SecretBytes password, SecretBytes packingKey, string? checkpoint, bool acceptRollback, string? knownCost,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(packingKey);
        _ = Checkpoint.Parse(checkpoint);
        using var client = new OnlineClient(server);
        AccountFolder folder = home.Account(userId);
        AccountRow? local = folder.Exists ? Load(folder) : null;
        if (local is not null)
            PackConversion.DemandAligned(local);
        Guid device = local?.DeviceId ?? Guid.NewGuid();
        (SecretBytes proved, KdfParameters cost) = await ProveAsync(client, userId, password, local?.LoginKdf ?? knownCost, cancellationToken).ConfigureAwait(false);
        using SecretBytes proof = proved;
        LoginAnswer answer = await SignInAsync(client, userId, proof, new DeviceDescription(device, DeviceName()), cancellationToken).ConfigureAwait(false);
        if (local is not null && local.VaultId == answer.Keys.VaultId && answer.Keys.Generation < local.KeyGeneration)
        {
            client.Authenticate(answer.DeviceToken);
            answer = answer with
            {
                Keys = acceptRollback
                    ? await OnlineKeys.PutBackAsync(client, folder, local, packingKey, answer.Keys, proof, cancellationToken).ConfigureAwait(false)
                    : throw OlderKeys(client, local, answer.Keys.Generation),
            };
        }
        VaultKeys keys = OpenKeys(client, answer.Keys, packingKey);
        try
        {
            if (local is not null && local.VaultId != keys.VaultId && local.Server is not null)
            {
                throw new PasspackException(ErrorCodes.PackingKeyMismatch,
                    $"The local account {userId} belongs to another online account than the one on {client.Server}. Nothing was changed. To join this one, " +
                    "leave the other with Disconnect-PasspackAccount first.") { Target = userId };
            }
            if (local is not null && local.VaultId == keys.VaultId)
            {
                DemandNotOlder(client, local, answer.Keys);
                if (PackConversion.IsConvertible(local.PackVersion))
                    VaultFiles.CopySealed(folder, "before-conversion");
            }
            Func<AccountRow, AccountRow> complete = row => Linked(row, keys, client, answer, device, answer.Keys) with { LoginKdf = cost.ToString() };
            string? aside = null;
            LocalVault vault = local is null ? LocalVault.Create(folder, keys, answer.Keys.KeyEnvelope, complete, null)
                : local.VaultId == keys.VaultId ? Relink(folder, keys, complete)
                : Join(folder, local, keys, packingKey, complete, out aside);
            await RevokeSetAsideAsync(client, answer, folder, vault, device, cancellationToken).ConfigureAwait(false);
            if (checkpoint is not null)
                await DemandCheckpointAsync(vault, checkpoint, local, aside, cancellationToken).ConfigureAwait(false);
            return vault;
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>Derives the proof of the Password as the server asks for it; never at a lower cost than it last did.</summary>
    /// <param name="client">To the server.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="known">What it last asked for; null: that is not known.</param>
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
            throw Tampered(client, $"it asks for a proof of the Password with key derivation parameters {OnlineClient.Printable(parameters.Kdf, 20)}", e);
        }
        if (known is not null && kdf.IsWeakerThan(KdfParameters.Parse(known)))
            throw Tampered(client, $"it asks for a weaker proof of the Password ({kdf}) than it did before ({known})");
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

    /// <summary>The keys of the online account, if they are this user's.</summary>
    internal static VaultKeys OpenKeys(OnlineClient client, KeyRecord record, SecretBytes packingKey)
    {
        DemandKnown(record.PackVersion);
        SecretBytes accountKey;
        WrappingKey wrapping;
        try
        {
            accountKey = KeyEnvelope.Open(record.KeyEnvelope, packingKey, out wrapping);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            throw new PasspackException(e.ErrorId,
                $"The Packing Key does not fit the online account on {client.Server}. Packing Keys are case-sensitive, and spaces count. Nothing was changed.", e);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            throw Tampered(client, "the online keys are damaged", e);
        }
        if (accountKey.Length != KeyDerivation.KeyBytes || record.Epoch < 1)
        {
            accountKey.Dispose();
            wrapping.Dispose();
            throw Tampered(client, "the online keys are not an account's");
        }
        var keys = new VaultKeys(accountKey, record.VaultId, record.Epoch);
        keys.Keep(wrapping);
        if (keys.IsOurs(record))
            return keys;
        keys.Dispose();
        throw Tampered(client, "its key record was not made with this account's keys");
    }

    internal static AccountRow Linked(AccountRow row, VaultKeys keys, OnlineClient client, LoginAnswer answer, Guid device, KeyRecord record) => row with
    {
        KeyEnvelope = record.KeyEnvelope,
        KeyGeneration = record.Generation,
        PackVersion = record.PackVersion,
        NextKeyEnvelope = null,
        OnlineError = null,
        Server = client.Server.AbsoluteUri,
        DeviceId = device,
        DeviceToken = keys.Seal(RecordStream.None, RecordPart.DeviceToken, device, 1, answer.DeviceToken),
    };

    /// <summary>The account of this machine as it is, with another link.</summary>
    private static LocalVault Relink(AccountFolder folder, VaultKeys keys, Func<AccountRow, AccountRow> complete, bool startAnew = false)
    {
        FileStream useLock = VaultFiles.LockForUse(folder);
        try
        {
            using VaultConnection connection = VaultFiles.Open(folder);
            connection.BeginImmediate();
            AccountRow row = startAnew
                ? VaultDetach.MakeOffline(connection, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds())
                : AccountRow.Load(connection);
            row = complete(row);
            row.Save(connection);
            connection.Commit();
            return new LocalVault(folder, row, keys, useLock, TimeProvider.System);
        }
        catch
        {
            useLock.Dispose();
            throw;
        }
    }

    private static LocalVault Join(AccountFolder folder, AccountRow local, VaultKeys keys, SecretBytes packingKey, Func<AccountRow, AccountRow> complete, out string aside)
    {
        using VaultKeys oldKeys = PackingKeys.Open(local, packingKey, folder).Keys;
        VaultFiles.CopySealed(folder, "before-joining");
        AccountRow row = complete(VaultDetach.NeverOnline(local) with { VaultId = keys.VaultId, Epoch = keys.Epoch });
        aside = VaultResealing.Replace(folder, oldKeys, keys, row);
        return new LocalVault(folder, row, keys, VaultFiles.LockForUse(folder), TimeProvider.System);
    }

    private static AccountRow? ReadOffline(AccountFolder folder)
    {
        if (!folder.Exists)
            return null;
        AccountRow row = Load(folder);
        if (row.Server is null)
            return row;
        throw new PasspackException(ErrorCodes.AccountExists,
            $"The local account {folder.UserId} is connected to {row.Server} already. Use Connect-PasspackAccount to renew the link.") { Target = folder.UserId };
    }

    private static AccountRow Load(AccountFolder folder)
    {
        using FileStream? _ = VaultFiles.LockForReading(folder);
        using VaultConnection connection = VaultFiles.Open(folder);
        return AccountRow.Load(connection);
    }

    internal static Manifest FirstManifest(Guid device) => new() { Generation = 1, Revision = 0, Previous = [], Device = device, Counter = 1, Streams = [] };

    private static string DeviceName()
    {
        string name = $"{Environment.MachineName} ({Environment.UserName})";
        return name.Length <= Limits.DeviceNameLength ? name : name[..Limits.DeviceNameLength];
    }

    internal static PasspackException Tampered(OnlineClient client, string how, Exception? inner = null) =>
        new(ErrorCodes.ServerTampered, $"{client.Server} cannot be trusted: {how}. Nothing was changed on this machine.", inner) { Target = client.Server };
}
